"""Data: from a source to the arrays a network trains on, one step a file: load, encode, split, normalize, batch."""
