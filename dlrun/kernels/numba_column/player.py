"""The player: makes the calls of a tape one after another, without coming back to Python between them.

A call is a row of whole numbers: which kernel, at which addresses its arrays are, how large they are. What a kernel computes is
said where it is defined; here each is only found and called.
"""

from typing import Any

from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.kernels.numba_column import activations, layers, losses
from dlrun.kernels.numba_column.blas import product
from dlrun.kernels.numba_column.compiling import compiled

# what a row's first number says; losses come last
LOOK, PRODUCT, ADD_BIAS, BIAS_GRADIENT, COPY, RELU, RELU_BACKWARD, LEAKY_RELU, SLOPES_BACKWARD = range(9)
SOFTMAX, SIGMOID, SQUARED_ERROR, ABSOLUTE, HUBER = range(9, 14)

A_TURNED, B_TURNED = 1, 2  # of the arrays of a product: those that lie in memory as their transposes do


@intrinsic
def _pointer(typing_context: Any, address: Any, like: Any) -> Any:
    """Make an address a pointer to numbers of an array's type."""
    made: Any = types.CPointer(like.dtype)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(made))

    return made(types.int64, like), generate


@compiled
def _matrix(address: int, like: Any, m: int, n: int) -> Any:
    """Return the array (m, n) of like's type that is at this address."""
    return carray(_pointer(address, like), (m, n))  # type: ignore[call-arg]


@compiled
def _vector(address: int, like: Any, n: int) -> Any:
    """Return the array (n,) of like's type that is at this address."""
    return carray(_pointer(address, like), n)  # type: ignore[call-arg]


@compiled
def play(
    rows: IntArray, numbers: Array, addresses: IntArray, sides: BoolArray, labels: IntArray, x: Array, y: Any, look: bool,
) -> tuple[float, float, bool]:  # fmt: skip
    """Make the calls; return the mean loss, the sum of errors, and whether everything looked at was finite.

    addresses[0] and [1] become those of the mini-batch, x and y. sides and labels are empty: the types of masks and of classes.
    """
    loss, errors, finite = 0.0, 0.0, True
    addresses[0], addresses[1] = x.ctypes.data, y.ctypes.data
    for r in range(len(rows)):
        kernel, m, n = rows[r, 0], rows[r, 5], rows[r, 6]
        a, b, c, d = addresses[rows[r, 1]], addresses[rows[r, 2]], addresses[rows[r, 3]], addresses[rows[r, 4]]
        if kernel == LOOK:
            finite &= not look or _all_finite(_vector(a, x, n))
        elif kernel == PRODUCT:
            product(x.itemsize, a, b, c, m, n, rows[r, 7], rows[r, 8] & A_TURNED != 0, rows[r, 8] & B_TURNED != 0)
        elif kernel < SOFTMAX:
            _call(kernel, _matrix(a, x, m, n), b, c, d, numbers[r], sides)
        else:
            loss, errors = _measure(kernel, _matrix(a, x, m, n), b, _matrix(c, x, m, n), d, numbers[r], labels)
    return loss, errors, finite


@compiled
def _call(kernel: int, a: Array, b: int, c: int, d: int, number: float, sides: BoolArray) -> None:
    """Make the call of a layer on a (m, n)."""
    m, n = a.shape
    if kernel == ADD_BIAS:
        layers.add_bias(a, _vector(b, a, n))
    elif kernel == BIAS_GRADIENT:
        layers.bias_gradient(a, _vector(b, a, n))
    elif kernel == COPY:
        _matrix(b, a, m, n)[:] = a
    elif kernel == RELU:
        if b:
            activations.relu_in_place(a, _vector(b, a, n), _matrix(c, sides, m, n))
        else:
            activations.relu_in_place(a, None, _matrix(c, sides, m, n))
    elif kernel == RELU_BACKWARD:
        activations.relu_backward(a, _matrix(b, sides, m, n), None)
        if c:
            layers.bias_gradient(a, _vector(c, a, n))
    elif kernel == LEAKY_RELU:
        if b:
            activations.leaky_relu_in_place(a, _vector(b, a, n), _matrix(c, sides, m, n), _matrix(d, a, m, n), number)
        else:
            activations.leaky_relu_in_place(a, None, _matrix(c, sides, m, n), _matrix(d, a, m, n), number)
    elif kernel == SLOPES_BACKWARD:
        activations.slopes_backward(a, _matrix(b, a, m, n), None)
        if c:
            layers.bias_gradient(a, _vector(c, a, n))


@compiled
def _measure(kernel: int, z: Array, y: int, dz: Array, d: int, number: float, labels: IntArray) -> tuple[float, float]:
    """Make the call of a loss on logits z (m, n)."""
    m = len(z)
    if kernel == SOFTMAX:
        return losses.softmax_loss(z, _vector(y, labels, m), dz, _vector(d, z, m), number, None)
    if kernel == SIGMOID:
        return losses.sigmoid_loss(z, _vector(y, labels, m), dz, number, None)
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
