"""Numbers in, verdict out: what the errors of a run say is wrong with it."""
