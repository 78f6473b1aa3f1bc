"""What can be known of an experiment before it runs: layers, memory, meanings, advice, schedule, time. Nothing is written."""
