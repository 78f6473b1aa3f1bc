"""Tapes: the calls of kernels that one pass over a mini-batch makes, noted once, and made again in one go.

A pass makes the same calls every time, on the same memory: only the mini-batch lies elsewhere. For small networks the way from
Python to compiled code and back takes as long as the call itself; a tape goes it once a pass.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.kernels.playing import calls
from dlrun.kernels.playing.desk import A_TURNED, B_TURNED
from dlrun.kernels.playing.team import Team
from dlrun.kernels.table import Kernels, LossScratch, Passed

LABELS = np.dtype(np.int64)


class Tape:
    """Calls noted in their order, and the arrays they are made on, which it keeps alive."""

    def __init__(self, team: Team, x: Array, y: Array | IntArray) -> None:
        """Begin for a mini-batch: what is called on x and y will be called on those of other mini-batches."""
        self.team = team
        self.arrays: list[Any] = [x, y, None]
        self.rows: list[list[int]] = []
        self.numbers: list[float] = []
        self.drawn: list[Array] = []  # filled with random numbers before the calls, in this order
        self.is_whole = x.flags.c_contiguous and y.flags.c_contiguous  # whether every call so far could be noted

    def note(self, kernel: int, *arrays: Any, m: int = 0, n: int = 0, k: int = 0, flags: int = 0, number: float = 0.0) -> None:
        """Add a call on up to six arrays, None for those there are not."""
        places = [self._place(array) for array in (*arrays, *[None] * (6 - len(arrays)))]
        self.rows.append([kernel, *places, m, n, k, flags])
        self.numbers.append(number)

    def close(self) -> None:
        """End it: nothing is noted any more."""
        addresses = [0 if array is None else array.ctypes.data for array in self.arrays]
        self._addresses, self._results = np.array(addresses, np.int64), np.zeros(4)
        self._rows, self._numbers = np.array(self.rows, np.int64), np.array(self.numbers)
        page = np.zeros(calls.PAGE, np.int64)
        page[[calls.ROWS, calls.CALLS]] = self._rows.ctypes.data, len(self._rows)
        page[[calls.NUMBERS, calls.RESULTS]] = self._numbers.ctypes.data, self._results.ctypes.data
        page[[calls.ADDRESSES, calls.PLACES]] = self._addresses.ctypes.data, len(addresses)
        page[[calls.EXAMPLES, calls.INPUTS]] = self.arrays[0].shape
        self._page = page
        self.arrays[:2] = None, None

    def play(self, x: Array, y: Array | IntArray, rng: np.random.Generator, *, look: bool) -> Passed:
        """Make all calls on x (m, n) and y (m,); return what the pass returned, but of this mini-batch.

        Errors: ValueError if the mini-batch is of another size.
        """
        for numbers in self.drawn:
            rng.random(out=numbers, dtype=numbers.dtype.type)
        self.team.play(self._page, x, y, look=look)
        loss, errors, norm, finite = self._results.tolist()
        if finite == calls.MISFIT:
            raise ValueError(f"a tape for {self._page[calls.EXAMPLES]} examples, played on {len(x)}")
        return loss, errors, norm, finite == 1

    def _place(self, array: Any) -> int:
        """Return where in `arrays` an array is, adding it if need be."""
        if array is None:
            return 2
        if not array.flags.c_contiguous:
            self.is_whole = False
        address = array.ctypes.data
        known = (k for k, one in enumerate(self.arrays) if one is not None and one.ctypes.data == address)
        place = next(known, len(self.arrays))
        if place == len(self.arrays):
            self.arrays.append(array)
        return place


def record(kernels: Kernels, x: Array, y: Array | IntArray, run: Callable[[], Passed]) -> tuple[Passed, Tape | None]:
    """Run a pass over the mini-batch x, y; return what it returns, and its tape, or None if it made a call no tape can hold.

    While it runs, each function of `kernels` notes its call before it makes it.
    """
    tape, plain = Tape(kernels.team, x, y), {field.name: getattr(kernels, field.name) for field in fields(kernels)}
    noting = {name: _noting(tape, NOTES.get(name), function) for name, function in plain.items() if callable(function)}
    vars(kernels).update(noting)
    try:
        played = run()
    finally:
        vars(kernels).update(plain)
    if not tape.is_whole:
        return played, None
    tape.close()
    return played, tape


def _noting(tape: Tape, note: Callable[..., None] | None, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that notes its calls; one without a way to note them spoils the tape."""

    def noted(*args: Any) -> Any:
        if note:
            note(tape, *args)
        else:
            tape.is_whole = False
        return function(*args)

    return noted


def _note_product(tape: Tape, a: Array, b: Array, out: Array) -> None:
    a_turned, b_turned = not a.flags.c_contiguous, not b.flags.c_contiguous
    (m, k), n = a.shape, b.shape[1]
    tape.is_whole &= (m, n) != (1, 1)  # NumPy takes the dot of two vectors, whose sum is another
    flags = A_TURNED * a_turned + B_TURNED * b_turned
    tape.note(calls.PRODUCT, a.T if a_turned else a, b.T if b_turned else b, out, m=m, n=n, k=k, flags=flags)


def _note_look(tape: Tape, values: Array) -> None:
    tape.note(calls.LOOK, values, n=values.size)


def _note_squared_norm(tape: Tape, values: Array) -> None:
    tape.note(calls.SQUARED_NORM, values, n=values.size)


def _note_add_bias(tape: Tape, z: Array, b: Array) -> None:
    tape.note(calls.ADD_BIAS, z, b, **_shape(z))


def _note_bias_gradient(tape: Tape, dz: Array, db: Array) -> None:
    tape.note(calls.BIAS_GRADIENT, dz, db, **_shape(dz))


def _note_dropout(tape: Tape, x: Array, out: Array, mask: Array, rng: np.random.Generator, keep_prob: float) -> None:
    _note_copy(tape, x, out)
    tape.drawn.append(mask)
    tape.note(calls.DROPOUT, out, mask, **_shape(x), number=keep_prob)


def _note_dropout_backward(tape: Tape, dz: Array, mask: Array) -> None:
    tape.note(calls.DROPOUT_BACKWARD, dz, mask, **_shape(dz))


def _note_batch_moments(tape: Tape, x: Array, scratch: Array, mean: Array, var: Array) -> None:
    tape.note(calls.BATCH_MOMENTS, x, mean, var, **_shape(x))


def _note_running_moments(tape: Tape, mean: Array, *arrays_and_beta: Any) -> None:
    *averages, _, beta = arrays_and_beta
    tape.note(calls.RUNNING_MOMENTS, mean, *averages, m=1, n=mean.size, number=beta)


def _note_inverse_deviation(tape: Tape, var: Array, out: Array, eps: float) -> None:
    tape.note(calls.INVERSE_DEVIATION, var, out, m=1, n=var.size, number=eps)


def _note_batch_norm(tape: Tape, x: Array, out: Array, *arrays: Array) -> None:
    _note_copy(tape, x, out)
    tape.note(calls.BATCH_NORM, out, *arrays, **_shape(x))


def _note_batch_norm_gradients(tape: Tape, dz: Array, *arrays: Array) -> None:
    tape.note(calls.BATCH_NORM_GRADIENTS, dz, *arrays, **_shape(dz))


def _note_batch_norm_gain(tape: Tape, gamma: Array, inverse_deviation: Array, out: Array) -> None:
    tape.note(calls.BATCH_NORM_GAIN, gamma, inverse_deviation, out, m=1, n=gamma.size)


def _note_batch_norm_backward(tape: Tape, dz: Array, *arrays: Array) -> None:
    tape.note(calls.BATCH_NORM_BACKWARD, dz, *arrays, **_shape(dz))


def _note_relu(tape: Tape, x: Array, b: Array | None, out: Array, mask: BoolArray) -> None:
    _note_copy(tape, x, out)
    tape.note(calls.RELU, out, b, mask, **_shape(x))


def _note_relu_backward(tape: Tape, dz: Array, mask: BoolArray, db: Array | None) -> None:
    tape.note(calls.RELU_BACKWARD, dz, mask, db, **_shape(dz))


def _note_leaky_relu(tape: Tape, x: Array, b: Array | None, out: Array, mask: BoolArray, slopes: Array, slope: float) -> None:
    _note_copy(tape, x, out)
    tape.note(calls.LEAKY_RELU, out, b, mask, slopes, **_shape(x), number=slope)


def _note_slopes_backward(tape: Tape, dz: Array, slopes: Array, db: Array | None) -> None:
    tape.note(calls.SLOPES_BACKWARD, dz, slopes, db, **_shape(dz))


def _note_softmax(
    tape: Tape, z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch,
    smoothing: float, weights: Array | None,
) -> None:  # fmt: skip
    tape.is_whole &= weights is None and y.ndim == 1 and y.dtype == LABELS
    tape.note(calls.SOFTMAX, z, y, dz, scratch.picked, **_shape(z), number=smoothing)


def _note_sigmoid(
    tape: Tape, z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch,
    smoothing: float, weights: Array | None,
) -> None:  # fmt: skip
    tape.is_whole &= weights is None and y.dtype == LABELS
    tape.note(calls.SIGMOID, z, y, dz, **_shape(z), number=smoothing)


def _note_penalty(kernel: int) -> Callable[..., None]:
    def note(tape: Tape, w: Array, dw: Array, scratch: Array, decay: float) -> None:
        tape.note(kernel, w, dw, n=w.size, number=decay)

    return note


def _note_regression(kernel: int) -> Callable[..., None]:
    def note(tape: Tape, z: Array, y: Array | IntArray, dz: Array, scratch: LossScratch, delta: float = 0.0) -> None:
        tape.is_whole &= y.dtype == z.dtype
        tape.note(kernel, z, y, dz, **_shape(z), number=delta)

    return note


def _note_copy(tape: Tape, x: Array, out: Array) -> None:
    """Note that x is copied first, as a kernel does that works in place."""
    if out is not x:
        tape.note(calls.COPY, x, out, **_shape(x))


def _shape(x: Array) -> dict[str, int]:
    return {"m": x.shape[0], "n": x.shape[1]}


NOTES: dict[str, Callable[..., None]] = {  # how a call of each is noted; a pass that calls any other has no tape
    "product": _note_product,
    "all_finite": _note_look,
    "squared_norm": _note_squared_norm,
    "add_l2_gradient": _note_penalty(calls.ADD_L2_GRADIENT),
    "add_l1_gradient": _note_penalty(calls.ADD_L1_GRADIENT),
    "add_bias": _note_add_bias,
    "bias_gradient": _note_bias_gradient,
    "dropout": _note_dropout,
    "dropout_backward": _note_dropout_backward,
    "batch_moments": _note_batch_moments,
    "running_moments": _note_running_moments,
    "inverse_deviation": _note_inverse_deviation,
    "batch_norm": _note_batch_norm,
    "batch_norm_gradients": _note_batch_norm_gradients,
    "batch_norm_gain": _note_batch_norm_gain,
    "batch_norm_backward": _note_batch_norm_backward,
    "relu": _note_relu,
    "relu_backward": _note_relu_backward,
    "leaky_relu": _note_leaky_relu,
    "slopes_backward": _note_slopes_backward,
    "softmax_cross_entropy": _note_softmax,
    "sigmoid_cross_entropy": _note_sigmoid,
    "squared_error": _note_regression(calls.SQUARED_ERROR),
    "absolute": _note_regression(calls.ABSOLUTE),
    "huber": _note_regression(calls.HUBER),
}
