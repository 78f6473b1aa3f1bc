"""Processes that work for another one: how many at once, and that none outlives it."""
