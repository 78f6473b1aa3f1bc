"""What people look at: the diagnosis in the terminal, the report of a run."""
