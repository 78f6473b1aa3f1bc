"""One spec, one run directory: prepare, start, train, judge, and look again later."""
