"""How an array of NumPy lies in memory as Python sees it, which NumPy promises to those who compile against it: PyArrayObject.

It is read by compiled code, which is called with arrays as they are: asking one for its address takes as long as a kernel.
"""

import ctypes

import numpy as np

# words of 64 bits: count of references, type, then these; of dimensions and strides, where they are
DATA, DIMENSIONS, STRIDES, ARRAY = 2, 4, 5, 6


def is_as_told() -> bool:
    """Say whether arrays lie in memory so; in a Python with other objects, as that without the global lock, they do not."""
    if ctypes.sizeof(ctypes.c_void_p) != 8 or object.__basicsize__ != 8 * DATA:
        return False
    probe = np.zeros((2, 3))
    words = (ctypes.c_int64 * ARRAY).from_address(id(probe))
    if words[DATA] != probe.ctypes.data:
        return False
    pairs = [tuple((ctypes.c_int64 * 2).from_address(words[place])) for place in (DIMENSIONS, STRIDES)]
    return pairs == [probe.shape, probe.strides]
