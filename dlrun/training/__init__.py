"""Training: the loop, everything that changes while it runs, and when it stops early."""
