"""Fully connected networks: parameters, layers, losses, penalties, optimizers, schedules, and the gradient check."""
