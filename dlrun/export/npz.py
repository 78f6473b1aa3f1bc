"""A network as plain arrays in one .npz file, for anyone with NumPy.

features (n_in,)                        the names of what W1 multiplies: the columns of numbers, `NAME=(missing)` that is 1
                                        where a number was missing, `NAME=word` that is 1 where the word stands
x_columns (n,)                          the columns of numbers: the first n of the features
x_fill (n,)                             what stands in for missing numbers, if the run imputes them
x_mean, x_divisor (n,) or (1,)          their normalization: (x − x_mean) / x_divisor
W1 (n_in, n_out), b1 (n_out,), W2, …    the dense layers; no b where batch norm follows
gamma1, beta1, mean1, var1              batch norm behind W1, running averages corrected for their start
y_mean, y_deviation                     regression: prediction · y_deviation + y_mean
classes                                 classification: the names, in the order of the outputs
"""

import io
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.data.preparation import Preparation
from dlrun.nn.layers import BatchNorm
from dlrun.nn.network import Network
from dlrun.rundir.files import write_atomically


def write_npz(network: Network, preparation: Preparation, path: Path) -> dict[str, tuple[int, ...]]:
    """Write the file and return the shape of every array in it.

    Errors: DlrunError if it cannot be written.
    """
    arrays = {**_data(preparation), **_parameters(network)}
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    write_atomically(path, memory.getvalue())
    return {name: np.shape(array) for name, array in arrays.items()}


def _parameters(network: Network) -> dict[str, Any]:
    arrays: dict[str, Any] = {name: view.value for name, view in network.params.views.items()}
    for placed in network.placed:
        if isinstance(placed.layer, BatchNorm):
            stats = (network.params.stat_views[name + placed.label] for name in ("mean", "var", "count"))
            arrays[f"mean{placed.label}"], arrays[f"var{placed.label}"] = placed.layer.running(*stats)
    return arrays


def _data(preparation: Preparation) -> dict[str, Any]:
    normalization, scale = preparation.normalization, preparation.target_scale
    arrays: dict[str, Any] = {
        "features": np.array(preparation.features, dtype=np.str_),
        "x_columns": np.array(preparation.numbers, dtype=np.str_),
        "x_mean": normalization.mean,
        "x_divisor": normalization.divisor,
    }
    if preparation.imputation:
        arrays["x_fill"] = preparation.imputation.fill
    if scale:
        arrays |= {"y_mean": np.array(scale.mean), "y_deviation": np.array(scale.deviation)}
    if preparation.classes:
        arrays["classes"] = np.array(preparation.classes.names)
    return arrays
