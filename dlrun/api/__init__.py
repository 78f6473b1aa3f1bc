"""dlrun from Python: `dlrun.train`, `dlrun.load` and the `Run` they return."""
