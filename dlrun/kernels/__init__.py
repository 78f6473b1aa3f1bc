"""Elementwise kernels: one table of functions, one column for each way to compute them."""

from dlrun.kernels.numpy_column import NUMPY
from dlrun.kernels.table import Kernels, LossScratch

__all__ = ["NUMPY", "Kernels", "LossScratch"]
