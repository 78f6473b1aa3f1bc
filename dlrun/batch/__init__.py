"""Many specs, one after the other or side by side: each a run of its own, and one word at the end."""
