"""A call of every kernel in every form the network knows: what the laws of both columns run over.

Matrices are what the network passes: the first rows of larger buffers. What stands behind these rows is NaN, and stays it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from dlrun.arrays import Array, BoolArray, IntArray, aligned_zeros
from dlrun.kernels import Kernels, LossScratch

SHAPES = [(1, 1), (1, 7), (9, 1), (13, 5), (33, 17), (3, 261)]  # the last is wider than sums are kept for at once
SPARE = 3  # rows of a buffer behind those in use
ROUNDINGS = 16  # of the largest number that enters or leaves: the longest expression, gelu's slope, comes to 12


class Room:
    """Random arguments for m examples of n units, equal for equal seeds. Half of all numbers are whole quarters: 0, and ties."""

    def __init__(self, m: int, n: int, dtype: npt.DTypeLike, seed: int = 0) -> None:
        self.m, self.n, self.rng = m, n, np.random.default_rng(seed)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.buffers: list[Array] = []

    @property
    def is_kept(self) -> bool:
        """Whether nobody wrote behind the rows in use."""
        return all(np.isnan(buffer[self.m :]).all() for buffer in self.buffers)

    def matrix(self, n: int | None = None) -> Array:
        """Return (m, n)."""
        shape = self.m, n or self.n
        buffer = aligned_zeros((self.m + SPARE, shape[1]), self.dtype)
        buffer[self.m :] = np.nan
        buffer[: self.m] = self.numbers(shape)
        self.buffers.append(buffer)
        return buffer[: self.m]

    def numbers(self, shape: tuple[int, ...]) -> Array:
        """Draw any numbers up to about 10."""
        return np.where(self.rng.random(shape) < 0.5, self.rng.integers(-8, 9, shape) / 4, 3 * self.rng.standard_normal(shape))

    def square(self) -> Array:
        """Return (n, n), as weights are."""
        return self.numbers((self.n, self.n)).astype(self.dtype)

    def single(self) -> Array:
        """Return (m, 1): the output of a network that has one."""
        return self.matrix(1)

    def units(self) -> Array:
        """Return (n,), as biases are, or all parameters."""
        return self.numbers((self.n,)).astype(self.dtype)

    def positive(self) -> Array:
        """Return (n,) above zero: averages of squares, inverse deviations."""
        return self.rng.uniform(0.1, 3, self.n).astype(self.dtype)

    def count(self) -> Array:
        """Return (1,), a whole number: how many mini-batches there have been."""
        return np.full(1, 7, self.dtype)

    def examples(self) -> Array:
        """Return (m,) within 0 and 1, some 0: targets, probabilities of the second class, weights."""
        return (self.rng.random(self.m) * self.rng.integers(0, 2, self.m)).astype(self.dtype)

    def sides(self) -> BoolArray:
        """Return (m, n) of yes and no."""
        return self.rng.random((self.m, self.n)) > 0.5

    def classes(self) -> IntArray:
        """Return (m,) of n classes."""
        return self.rng.integers(0, self.n, self.m)

    def rows(self) -> IntArray:
        """Return (m,) of m rows, some twice, in any order."""
        return self.rng.integers(0, self.m, self.m)

    def bits(self) -> IntArray:
        """Return (m,) of two classes."""
        return self.rng.integers(0, 2, self.m)

    def probabilities(self) -> Array:
        """Return (m, n), of n classes."""
        return self.rng.dirichlet(np.ones(self.n), self.m).astype(self.dtype)

    def scratch(self) -> LossScratch:
        """Return room for the loss of n outputs and a larger batch."""
        return LossScratch.for_batches(self.m + SPARE, self.n, self.dtype)

    def generator(self) -> np.random.Generator:
        """Return a generator that is not the room's own."""
        return np.random.default_rng(1)


Word: TypeAlias = str | float | None  # a method of the room; "first", the first argument again; a number, or None, itself


@dataclass(frozen=True)
class Call:
    """A call of a kernel, with arguments told in words. Those in `spoilt` are left as anything."""

    kernel: str
    words: tuple[Word, ...]
    spoilt: tuple[int, ...] = ()

    def arguments(self, room: Room) -> list[Any]:
        """Return arguments, of which equal rooms make equal ones."""
        made: list[Any] = []
        for word in self.words:
            made.append(made[0] if word == "first" else getattr(room, word)() if isinstance(word, str) else word)
        return made

    def run(self, kernels: Kernels, arguments: list[Any]) -> Any:
        """Call the kernel and return what it does."""
        return getattr(kernels, self.kernel)(*arguments)

    def results(self, kernels: Kernels, arguments: list[Any]) -> list[npt.NDArray[Any]]:
        """Call the kernel and return all arrays that mean something afterwards; last, what it returned."""
        returned = self.run(kernels, arguments)
        kept = [value for k, value in enumerate(arguments) if k not in self.spoilt and isinstance(value, np.ndarray)]
        return kept if returned is None else [*kept, np.array(returned)]


ACTIVATIONS: dict[str, tuple[Word, ...]] = {  # what each keeps for the way back, and its parameter
    "relu": ("sides",),
    "leaky_relu": ("sides", "matrix", 0.2),
    "elu": ("sides", "matrix", 0.7),
    "gelu": ("matrix",),
    "tanh": (),
    "sigmoid": (),
}
KEPT = {"relu_backward": "sides", "slopes_backward": "matrix", "tanh_backward": "matrix", "sigmoid_backward": "matrix"}
FORWARD = {
    f"{name}, {'b' if b else 'no b'}, {'in place' if out == 'first' else 'beside'}": Call(
        name, ("matrix", b, out, *kept), spoilt=() if out == "first" else (0,)
    )
    for (name, kept), b, out in product(ACTIVATIONS.items(), (None, "units"), ("first", "matrix"))
    if not (name == "gelu" and out == "first")
}
FORWARD["elu of alpha 1"] = Call("elu", ("matrix", "units", "first", "sides", "matrix", 1.0))
BACKWARD = {
    f"{name}, {'db' if db else 'no db'}": Call(name, ("matrix", kept, db), spoilt=(1,))
    for (name, kept), db in product(KEPT.items(), (None, "units"))
}
LAYERS = {
    "gather": Call("gather", ("matrix", "rows", "matrix")),
    "product": Call("product", ("matrix", "square", "matrix")),
    "squared_norm": Call("squared_norm", ("units",)),
    "all_finite": Call("all_finite", ("matrix",)),
    "add_bias": Call("add_bias", ("matrix", "units")),
    "bias_gradient": Call("bias_gradient", ("matrix", "units")),
    "dropout": Call("dropout", ("matrix", "matrix", "matrix", "generator", 0.8)),
    "dropout, in place": Call("dropout", ("matrix", "first", "matrix", "generator", 0.8)),
    "dropout_backward": Call("dropout_backward", ("matrix", "matrix")),
    "batch_moments": Call("batch_moments", ("matrix", "matrix", "units", "units"), spoilt=(1,)),
    "running_moments": Call("running_moments", ("units", "units", "units", "units", "count", "units", 0.9), spoilt=(5,)),
    "inverse_deviation": Call("inverse_deviation", ("positive", "units", 1e-5)),
    "batch_norm_gain": Call("batch_norm_gain", ("units", "units", "units")),
    "batch_norm": Call("batch_norm", ("matrix", "matrix", "matrix", "units", "positive", "units", "units")),
    "batch_norm, in place": Call("batch_norm", ("matrix", "first", "matrix", "units", "positive", "units", "units")),
    "batch_norm_gradients": Call("batch_norm_gradients", ("matrix", "matrix", "units", "units")),
    "batch_norm_backward": Call("batch_norm_backward", ("matrix", "matrix", "positive", "units", "units"), spoilt=(1,)),
    "max_norm": Call("max_norm", ("matrix", 2.0, "units"), spoilt=(2,)),
    "add_l2_gradient": Call("add_l2_gradient", ("units", "units", "units", 0.3), spoilt=(2,)),
    "add_l1_gradient": Call("add_l1_gradient", ("units", "units", "units", 0.3), spoilt=(2,)),
}
BETAS = (0.9, 0.99)
OPTIMIZERS = {
    "gradient_descent": Call("gradient_descent", ("units", "units", "units", 0.1), spoilt=(2,)),
    "momentum": Call("momentum", ("units", "units", "units", "units", 0.1, 0.9), spoilt=(3,)),
    "nesterov": Call("nesterov", ("units", "units", "units", "units", 0.1, 0.9), spoilt=(3,)),
    "adagrad": Call("adagrad", ("units", "units", "positive", "units", 0.1, 1e-8), spoilt=(3,)),
    "rmsprop": Call("rmsprop", ("units", "units", "positive", "units", 0.1, 0.9, 1e-8), spoilt=(3,)),
    "adam": Call("adam", ("units", "units", "units", "positive", "units", 0.1, *BETAS, 1e-8, 0.19, 0.02), spoilt=(4,)),
    "nadam": Call("nadam", ("units", "units", "units", "positive", "units", 0.1, *BETAS, 1e-8, 3.3, 0.5, 0.02), spoilt=(1, 4)),
}
LOSSES = {
    "squared_error": Call("squared_error", ("single", "examples", "single", "scratch")),
    "absolute": Call("absolute", ("single", "examples", "single", "scratch")),
    "huber": Call("huber", ("single", "examples", "single", "scratch", 0.4)),
    **{
        f"{name}, {y}, {smoothing}, {'weights' if weights else 'no weights'}": Call(
            name, (z, y, z, "scratch", smoothing, weights)
        )
        for (name, z, y), smoothing, weights in product(
            [
                ("softmax_cross_entropy", "matrix", "classes"),
                ("softmax_cross_entropy", "matrix", "probabilities"),
                ("sigmoid_cross_entropy", "single", "bits"),
                ("sigmoid_cross_entropy", "single", "examples"),
            ],
            (0.0, 0.1),
            (None, "examples"),
        )
    },
}
CALLS = FORWARD | BACKWARD | LAYERS | OPTIMIZERS | LOSSES


def each_call(calls: Mapping[str, Call]) -> pytest.MarkDecorator:
    """Return what runs a law over these calls."""
    return pytest.mark.parametrize("call", calls.values(), ids=calls.keys())


def assert_close(found: Array, expected: Array, size: float, dtype: npt.DTypeLike, err_msg: str = "") -> None:
    """Assert equality up to the rounding of numbers of this dtype and size."""
    atol = ROUNDINGS * np.finfo(dtype).eps * max(1.0, size)
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol, err_msg=err_msg)


def largest(values: Iterable[Any]) -> float:
    """Return the largest magnitude in all arrays of floating-point numbers."""
    return max(float(np.abs(value).max()) for value in values if isinstance(value, np.ndarray) and value.dtype.kind == "f")
