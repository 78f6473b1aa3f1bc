"""dlrun from Python: `dlrun.train`, `dlrun.resume`, `dlrun.load` and the `Run` they return."""
