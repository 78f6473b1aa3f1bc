"""Runs side by side on the same dev examples: in what they differ, and whether it matters."""
