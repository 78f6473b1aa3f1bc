"""The player: makes the calls of a tape one after another, without coming back to Python between them.

A call is a row of whole numbers: which kernel, at which addresses its arrays are, how large they are. What a kernel computes is
said where it is defined; here each is only found and called.
"""

from typing import Any

from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

from dlrun.arrays import Array, IntArray
from dlrun.kernels.numba_column import activations, layers, losses, updates
from dlrun.kernels.numba_column.blas import product, squared_norm
from dlrun.kernels.numba_column.compiling import compiled

# what the first number of a row says, in groups, each with a function here
LOOK, SQUARED_NORM, PRODUCT = range(3)
ADD_BIAS, BIAS_GRADIENT, COPY, DROPOUT, DROPOUT_BACKWARD, RELU, RELU_BACKWARD, LEAKY_RELU, SLOPES_BACKWARD = range(3, 12)
ADD_L2_GRADIENT, ADD_L1_GRADIENT = range(19, 21)
BATCH_MOMENTS, RUNNING_MOMENTS, INVERSE_DEVIATION, BATCH_NORM = range(12, 16)
BATCH_NORM_GRADIENTS, BATCH_NORM_GAIN, BATCH_NORM_BACKWARD = range(16, 19)
SOFTMAX, SIGMOID, SQUARED_ERROR, ABSOLUTE, HUBER = range(21, 26)

SIDES, LABELS = types.boolean, types.int64
A_TURNED, B_TURNED = 1, 2  # of the arrays of a product: those that lie in memory as their transposes do


@intrinsic
def _pointer(typing_context: Any, address: Any, kind: Any) -> Any:
    """Make an address a pointer to numbers of a type: that of an array, or a type itself."""
    made: Any = types.CPointer(kind.dtype)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(made))

    return made(types.int64, kind), generate


@compiled
def _matrix(address: int, kind: Any, m: int, n: int) -> Any:
    """Return the array (m, n) that is at this address."""
    return carray(_pointer(address, kind), (m, n))  # type: ignore[call-arg]


@compiled
def _vector(address: int, kind: Any, n: int) -> Any:
    """Return the array (n,) that is at this address."""
    return carray(_pointer(address, kind), n)  # type: ignore[call-arg]


@compiled
def play(
    rows: IntArray, numbers: Array, addresses: IntArray, x: Array, y: Array | IntArray, look: bool,
) -> tuple[float, float, float, bool]:  # fmt: skip
    """Make the calls; return mean loss, sum of errors, squared norm, and whether everything looked at was finite.

    addresses[0] and [1] become those of the mini-batch, x and y.
    """
    loss, errors, norm, finite = 0.0, 0.0, 0.0, True
    addresses[0], addresses[1] = x.ctypes.data, y.ctypes.data
    for r in range(len(rows)):
        kernel, m, n, k, turned = rows[r, 0], rows[r, 7], rows[r, 8], rows[r, 9], rows[r, 10]
        a, b, c = addresses[rows[r, 1]], addresses[rows[r, 2]], addresses[rows[r, 3]]
        d, e, f = addresses[rows[r, 4]], addresses[rows[r, 5]], addresses[rows[r, 6]]
        if kernel == LOOK:
            finite &= not look or _all_finite(_vector(a, x, n))
        elif kernel == SQUARED_NORM:
            norm = squared_norm(x.itemsize, a, n)
        elif kernel == PRODUCT:
            product(x.itemsize, a, b, c, m, n, k, turned & A_TURNED != 0, turned & B_TURNED != 0)
        elif kernel < BATCH_MOMENTS:
            _pass_on(kernel, _matrix(a, x, m, n), b, c, d, numbers[r])
        elif kernel < ADD_L2_GRADIENT:
            _normalize(kernel, _matrix(a, x, m, n), b, c, d, e, f, numbers[r])
        elif kernel < SOFTMAX:
            _penalize(kernel, _vector(a, x, n), _vector(b, x, n), numbers[r])
        else:
            loss, errors = _measure(kernel, _matrix(a, x, m, n), b, _matrix(c, x, m, n), d, numbers[r])
    return loss, errors, norm, finite


@compiled
def _pass_on(kernel: int, a: Array, b: int, c: int, d: int, number: float) -> None:
    """Make the call of a bias, an activation or dropout on a (m, n)."""
    m, n = a.shape
    if kernel == ADD_BIAS:
        layers.add_bias(a, _vector(b, a, n))
    elif kernel == BIAS_GRADIENT:
        layers.bias_gradient(a, _vector(b, a, n))
    elif kernel == DROPOUT:
        layers.dropout_in_place(a, _matrix(b, a, m, n), number)
    elif kernel == DROPOUT_BACKWARD:
        layers.dropout_backward(a, _matrix(b, a, m, n))
    elif kernel == COPY:
        _copy(a, _matrix(b, a, m, n))
    elif kernel == RELU:
        if b:
            activations.relu_in_place(a, _vector(b, a, n), _matrix(c, SIDES, m, n))
        else:
            activations.relu_in_place(a, None, _matrix(c, SIDES, m, n))
    elif kernel == RELU_BACKWARD:
        activations.relu_backward(a, _matrix(b, SIDES, m, n), None)
        if c:
            layers.bias_gradient(a, _vector(c, a, n))
    elif kernel == LEAKY_RELU:
        if b:
            activations.leaky_relu_in_place(a, _vector(b, a, n), _matrix(c, SIDES, m, n), _matrix(d, a, m, n), number)
        else:
            activations.leaky_relu_in_place(a, None, _matrix(c, SIDES, m, n), _matrix(d, a, m, n), number)
    elif kernel == SLOPES_BACKWARD:
        activations.slopes_backward(a, _matrix(b, a, m, n), None)
        if c:
            layers.bias_gradient(a, _vector(c, a, n))


@compiled
def _copy(x: Array, out: Array) -> None:
    """Copy x (m, n): the assignment of a slice would take three seconds to compile."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j]


@compiled
def _normalize(kernel: int, a: Array, b: int, c: int, d: int, e: int, f: int, number: float) -> None:
    """Make a call of batch norm on a (m, n), or, of what there is one of a unit, on a (1, n)."""
    (m, n), units = a.shape, _vector(a.ctypes.data, a, a.size)
    if kernel == BATCH_MOMENTS:
        layers.batch_moments(a, a, _vector(b, a, n), _vector(c, a, n))
    elif kernel == RUNNING_MOMENTS:
        layers.running_moments(units, _vector(b, a, n), _vector(c, a, n), _vector(d, a, n), _vector(e, a, 1), units, number)
    elif kernel == INVERSE_DEVIATION:
        layers.inverse_deviation(units, _vector(b, a, n), number)
    elif kernel == BATCH_NORM:
        z_norm, mean, inverse = _matrix(b, a, m, n), _vector(c, a, n), _vector(d, a, n)
        layers.batch_norm_in_place(a, z_norm, mean, inverse, _vector(e, a, n), _vector(f, a, n))
    elif kernel == BATCH_NORM_GRADIENTS:
        layers.batch_norm_gradients(a, _matrix(b, a, m, n), _vector(c, a, n), _vector(d, a, n))
    elif kernel == BATCH_NORM_GAIN:
        layers.batch_norm_gain(units, _vector(b, a, n), _vector(c, a, n))
    elif kernel == BATCH_NORM_BACKWARD:
        layers.batch_norm_backward(a, _matrix(b, a, m, n), _vector(c, a, n), _vector(d, a, n), _vector(e, a, n))


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
        return losses.softmax_loss(z, _vector(y, LABELS, m), dz, _vector(d, z, m), number, None)
    if kernel == SIGMOID:
        return losses.sigmoid_loss(z, _vector(y, LABELS, m), dz, number, None)
    if kernel == SQUARED_ERROR:
        return losses.squared_loss(z, _vector(y, z, m), dz)
    if kernel == ABSOLUTE:
        return losses.absolute_loss(z, _vector(y, z, m), dz)
    return losses.huber_loss(z, _vector(y, z, m), dz, number)


@compiled
def _all_finite(values: Array) -> bool:
    """Say whether all values are finite: x − x is 0 for those alone."""
    others = 0
    for i in range(values.size):
        others += values[i] - values[i] != 0
    return others == 0
