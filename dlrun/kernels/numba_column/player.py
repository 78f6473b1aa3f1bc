"""The player: makes the calls of a tape one after another, without coming back to Python between them.

A call is a row of whole numbers, as dlrun/kernels/playing/calls.py has it. What a kernel computes is said where it is defined;
here it is only found and called.
"""

from numba import types

from dlrun.arrays import Array, IntArray
from dlrun.kernels.numba_column import activations, layers, losses, updates
from dlrun.kernels.numba_column.addresses import matrix_at, vector_at
from dlrun.kernels.numba_column.blas import squared_norm
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.numba_column.crew import product
from dlrun.kernels.playing import calls

SIDES, LABELS = types.boolean, types.int64


@compiled
def play(
    rows: IntArray, numbers: Array, addresses: IntArray, kind: Array, look: bool, desk: IntArray, figures: Array,
) -> tuple[float, float, float, bool]:  # fmt: skip
    """Make the calls; return mean loss, sum of errors, squared norm, and whether everything looked at was finite.

    kind is an array of the network's type; desk and figures are those of a team.
    """
    loss, errors, norm, finite = 0.0, 0.0, 0.0, True
    for r in range(len(rows)):
        kernel, m, n, k, turned = rows[r, 0], rows[r, 7], rows[r, 8], rows[r, 9], rows[r, 10]
        a, b, c = addresses[rows[r, 1]], addresses[rows[r, 2]], addresses[rows[r, 3]]
        d, e, f = addresses[rows[r, 4]], addresses[rows[r, 5]], addresses[rows[r, 6]]
        if kernel == calls.LOOK:
            finite &= not look or _all_finite(vector_at(a, kind, n))
        elif kernel == calls.SQUARED_NORM:
            norm = squared_norm(kind.itemsize, a, n)
        elif kernel == calls.PRODUCT:
            product(desk, figures, vector_at(a, kind, 0), a, b, c, m, n, k, turned)
        elif kernel < calls.BATCH_MOMENTS:
            _pass_on(kernel, matrix_at(a, kind, m, n), b, c, d, numbers[r])
        elif kernel < calls.ADD_L2_GRADIENT:
            _normalize(kernel, matrix_at(a, kind, m, n), b, c, d, e, f, numbers[r])
        elif kernel < calls.SOFTMAX:
            _penalize(kernel, vector_at(a, kind, n), vector_at(b, kind, n), numbers[r])
        else:
            loss, errors = _measure(kernel, matrix_at(a, kind, m, n), b, matrix_at(c, kind, m, n), d, numbers[r])
    return loss, errors, norm, finite


@compiled
def _pass_on(kernel: int, a: Array, b: int, c: int, d: int, number: float) -> None:
    """Make the call of a bias, an activation or dropout on a (m, n)."""
    m, n = a.shape
    if kernel == calls.ADD_BIAS:
        layers.add_bias(a, vector_at(b, a, n))
    elif kernel == calls.BIAS_GRADIENT:
        layers.bias_gradient(a, vector_at(b, a, n))
    elif kernel == calls.DROPOUT:
        layers.dropout_in_place(a, matrix_at(b, a, m, n), number)
    elif kernel == calls.DROPOUT_BACKWARD:
        layers.dropout_backward(a, matrix_at(b, a, m, n))
    elif kernel == calls.COPY:
        _copy(a, matrix_at(b, a, m, n))
    elif kernel == calls.RELU:
        if b:
            activations.relu_in_place(a, vector_at(b, a, n), matrix_at(c, SIDES, m, n))
        else:
            activations.relu_in_place(a, None, matrix_at(c, SIDES, m, n))
    elif kernel == calls.RELU_BACKWARD:
        activations.relu_backward(a, matrix_at(b, SIDES, m, n), None)
        if c:
            layers.bias_gradient(a, vector_at(c, a, n))
    elif kernel == calls.LEAKY_RELU:
        if b:
            activations.leaky_relu_in_place(a, vector_at(b, a, n), matrix_at(c, SIDES, m, n), matrix_at(d, a, m, n), number)
        else:
            activations.leaky_relu_in_place(a, None, matrix_at(c, SIDES, m, n), matrix_at(d, a, m, n), number)
    elif kernel == calls.SLOPES_BACKWARD:
        activations.slopes_backward(a, matrix_at(b, a, m, n), None)
        if c:
            layers.bias_gradient(a, vector_at(c, a, n))


@compiled
def _copy(x: Array, out: Array) -> None:
    """Copy x (m, n): the assignment of a slice would take three seconds to compile."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j]


@compiled
def _normalize(kernel: int, a: Array, b: int, c: int, d: int, e: int, f: int, number: float) -> None:
    """Make a call of batch norm on a (m, n), or, of what there is one of a unit, on a (1, n)."""
    (m, n), units = a.shape, vector_at(a.ctypes.data, a, a.size)
    if kernel == calls.BATCH_MOMENTS:
        layers.batch_moments(a, a, vector_at(b, a, n), vector_at(c, a, n))
    elif kernel == calls.RUNNING_MOMENTS:
        layers.running_moments(
            units, vector_at(b, a, n), vector_at(c, a, n), vector_at(d, a, n), vector_at(e, a, 1), units, number
        )
    elif kernel == calls.INVERSE_DEVIATION:
        layers.inverse_deviation(units, vector_at(b, a, n), number)
    elif kernel == calls.BATCH_NORM:
        z_norm, mean, inverse = matrix_at(b, a, m, n), vector_at(c, a, n), vector_at(d, a, n)
        layers.batch_norm_in_place(a, z_norm, mean, inverse, vector_at(e, a, n), vector_at(f, a, n))
    elif kernel == calls.BATCH_NORM_GRADIENTS:
        layers.batch_norm_gradients(a, matrix_at(b, a, m, n), vector_at(c, a, n), vector_at(d, a, n))
    elif kernel == calls.BATCH_NORM_GAIN:
        layers.batch_norm_gain(units, vector_at(b, a, n), vector_at(c, a, n))
    elif kernel == calls.BATCH_NORM_BACKWARD:
        layers.batch_norm_backward(a, matrix_at(b, a, m, n), vector_at(c, a, n), vector_at(d, a, n), vector_at(e, a, n))


@compiled
def _penalize(kernel: int, w: Array, dw: Array, number: float) -> None:
    """Make the call of a penalty on weights w (n,), which needs no scratch."""
    if kernel == calls.ADD_L2_GRADIENT:
        updates.add_l2_gradient(w, dw, dw, number)
    else:
        updates.add_l1_gradient(w, dw, dw, number)


@compiled
def _measure(kernel: int, z: Array, y: int, dz: Array, d: int, number: float) -> tuple[float, float]:
    """Make the call of a loss on logits z (m, n)."""
    m = len(z)
    if kernel == calls.SOFTMAX:
        return losses.softmax_loss(z, vector_at(y, LABELS, m), dz, vector_at(d, z, m), number, None)
    if kernel == calls.SIGMOID:
        return losses.sigmoid_loss(z, vector_at(y, LABELS, m), dz, number, None)
    if kernel == calls.SQUARED_ERROR:
        return losses.squared_loss(z, vector_at(y, z, m), dz)
    if kernel == calls.ABSOLUTE:
        return losses.absolute_loss(z, vector_at(y, z, m), dz)
    return losses.huber_loss(z, vector_at(y, z, m), dz, number)


@compiled
def _all_finite(values: Array) -> bool:
    """Say whether all values are finite: x − x is 0 for those alone."""
    others = 0
    for i in range(values.size):
        others += values[i] - values[i] != 0
    return others == 0
