"""Playing: the steps of a training in machine code that Numba has made once, entered without importing Numba."""
