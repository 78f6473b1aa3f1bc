"""Many runs of one experiment: with other seeds, or on other folds of its data."""
