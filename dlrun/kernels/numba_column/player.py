"""The player: makes the calls of a tape one after another, without coming back to Python between them.

A call is a row of whole numbers: which kernel, at which addresses its arrays are, how large they are. What a kernel computes is
said where it is defined; here each is only found and called.
"""

from numba import types

from dlrun.arrays import Array, IntArray
from dlrun.kernels.numba_column import activations, layers, losses, updates
from dlrun.kernels.numba_column.addresses import matrix_at, vector_at
from dlrun.kernels.numba_column.blas import squared_norm
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.numba_column.team import product

# what the first number of a row says, in groups, each with a function here
LOOK, SQUARED_NORM, PRODUCT = range(3)
ADD_BIAS, BIAS_GRADIENT, COPY, DROPOUT, DROPOUT_BACKWARD, RELU, RELU_BACKWARD, LEAKY_RELU, SLOPES_BACKWARD = range(3, 12)
ADD_L2_GRADIENT, ADD_L1_GRADIENT = range(19, 21)
BATCH_MOMENTS, RUNNING_MOMENTS, INVERSE_DEVIATION, BATCH_NORM = range(12, 16)
BATCH_NORM_GRADIENTS, BATCH_NORM_GAIN, BATCH_NORM_BACKWARD = range(16, 19)
SOFTMAX, SIGMOID, SQUARED_ERROR, ABSOLUTE, HUBER = range(21, 26)

SIDES, LABELS = types.boolean, types.int64


@compiled
def play(
    rows: IntArray, numbers: Array, addresses: IntArray, x: Array, y: Array | IntArray, look: bool,
    desk: IntArray, figures: Array,
) -> tuple[float, float, float, bool]:  # fmt: skip
    """Make the calls; return mean loss, sum of errors, squared norm, and whether everything looked at was finite.

    addresses[0] and [1] become those of the mini-batch, x and y; desk and figures are those of a team.
    """
    loss, errors, norm, finite = 0.0, 0.0, 0.0, True
    addresses[0], addresses[1] = x.ctypes.data, y.ctypes.data
    for r in range(len(rows)):
        kernel, m, n, k, turned = rows[r, 0], rows[r, 7], rows[r, 8], rows[r, 9], rows[r, 10]
        a, b, c = addresses[rows[r, 1]], addresses[rows[r, 2]], addresses[rows[r, 3]]
        d, e, f = addresses[rows[r, 4]], addresses[rows[r, 5]], addresses[rows[r, 6]]
        if kernel == LOOK:
            finite &= not look or _all_finite(vector_at(a, x, n))
        elif kernel == SQUARED_NORM:
            norm = squared_norm(x.itemsize, a, n)
        elif kernel == PRODUCT:
            product(desk, figures, vector_at(a, x, 0), a, b, c, m, n, k, turned)
        elif kernel < BATCH_MOMENTS:
            _pass_on(kernel, matrix_at(a, x, m, n), b, c, d, numbers[r])
        elif kernel < ADD_L2_GRADIENT:
            _normalize(kernel, matrix_at(a, x, m, n), b, c, d, e, f, numbers[r])
        elif kernel < SOFTMAX:
            _penalize(kernel, vector_at(a, x, n), vector_at(b, x, n), numbers[r])
        else:
            loss, errors = _measure(kernel, matrix_at(a, x, m, n), b, matrix_at(c, x, m, n), d, numbers[r])
    return loss, errors, norm, finite


@compiled
def _pass_on(kernel: int, a: Array, b: int, c: int, d: int, number: float) -> None:
    """Make the call of a bias, an activation or dropout on a (m, n)."""
    m, n = a.shape
    if kernel == ADD_BIAS:
        layers.add_bias(a, vector_at(b, a, n))
    elif kernel == BIAS_GRADIENT:
        layers.bias_gradient(a, vector_at(b, a, n))
    elif kernel == DROPOUT:
        layers.dropout_in_place(a, matrix_at(b, a, m, n), number)
    elif kernel == DROPOUT_BACKWARD:
        layers.dropout_backward(a, matrix_at(b, a, m, n))
    elif kernel == COPY:
        _copy(a, matrix_at(b, a, m, n))
    elif kernel == RELU:
        if b:
            activations.relu_in_place(a, vector_at(b, a, n), matrix_at(c, SIDES, m, n))
        else:
            activations.relu_in_place(a, None, matrix_at(c, SIDES, m, n))
    elif kernel == RELU_BACKWARD:
        activations.relu_backward(a, matrix_at(b, SIDES, m, n), None)
        if c:
            layers.bias_gradient(a, vector_at(c, a, n))
    elif kernel == LEAKY_RELU:
        if b:
            activations.leaky_relu_in_place(a, vector_at(b, a, n), matrix_at(c, SIDES, m, n), matrix_at(d, a, m, n), number)
        else:
            activations.leaky_relu_in_place(a, None, matrix_at(c, SIDES, m, n), matrix_at(d, a, m, n), number)
    elif kernel == SLOPES_BACKWARD:
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
    if kernel == BATCH_MOMENTS:
        layers.batch_moments(a, a, vector_at(b, a, n), vector_at(c, a, n))
    elif kernel == RUNNING_MOMENTS:
        layers.running_moments(
            units, vector_at(b, a, n), vector_at(c, a, n), vector_at(d, a, n), vector_at(e, a, 1), units, number
        )
    elif kernel == INVERSE_DEVIATION:
        layers.inverse_deviation(units, vector_at(b, a, n), number)
    elif kernel == BATCH_NORM:
        z_norm, mean, inverse = matrix_at(b, a, m, n), vector_at(c, a, n), vector_at(d, a, n)
        layers.batch_norm_in_place(a, z_norm, mean, inverse, vector_at(e, a, n), vector_at(f, a, n))
    elif kernel == BATCH_NORM_GRADIENTS:
        layers.batch_norm_gradients(a, matrix_at(b, a, m, n), vector_at(c, a, n), vector_at(d, a, n))
    elif kernel == BATCH_NORM_GAIN:
        layers.batch_norm_gain(units, vector_at(b, a, n), vector_at(c, a, n))
    elif kernel == BATCH_NORM_BACKWARD:
        layers.batch_norm_backward(a, matrix_at(b, a, m, n), vector_at(c, a, n), vector_at(d, a, n), vector_at(e, a, n))


@compiled
def _penalize(kernel: int, w: Array, dw: Array, number: float) -> None:
    """Make the call of a penalty on weights w (n,), which needs no scratch."""
    if kernel == ADD_L2_GRADIENT:
        updates.add_l2_gradient(w, dw, dw, number)
    else:
        updates.add_l1_gradient(w, dw, dw, number)


@compiled
def _measure(kernel: int, z: Array, y: int, dz: Array, d: int, number: float) -> tuple[float, float]:
    """Make the call of a loss on logits z (m, n)."""
    m = len(z)
    if kernel == SOFTMAX:
        return losses.softmax_loss(z, vector_at(y, LABELS, m), dz, vector_at(d, z, m), number, None)
    if kernel == SIGMOID:
        return losses.sigmoid_loss(z, vector_at(y, LABELS, m), dz, number, None)
    if kernel == SQUARED_ERROR:
        return losses.squared_loss(z, vector_at(y, z, m), dz)
    if kernel == ABSOLUTE:
        return losses.absolute_loss(z, vector_at(y, z, m), dz)
    return losses.huber_loss(z, vector_at(y, z, m), dz, number)


@compiled
def _all_finite(values: Array) -> bool:
    """Say whether all values are finite: x − x is 0 for those alone."""
    others = 0
    for i in range(values.size):
        others += values[i] - values[i] != 0
    return others == 0
