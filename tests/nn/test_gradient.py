"""A gradient played from a tape is that of Numba's layers, to the last bit; what no tape can hold is left to them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.kernels import NUMPY, PLAYED, Kernels, Passed, at_work
from dlrun.kernels.numba_column import NUMBA
from dlrun.kernels.playing import openblas, tape
from dlrun.nn.gradient import Gradient
from dlrun.nn.layers import BatchNorm, Dense, Dropout, Identity, Layer, LeakyRelu, Relu, Sigmoid, Tanh
from dlrun.nn.losses import Absolute, Huber, Labels, Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from dlrun.nn.network import Network
from dlrun.nn.penalties import L1, L2, Penalty, add_penalties
from tests.laws import build, each_dtype, kind, labels_for, members, peak_bytes, sample

pytestmark = pytest.mark.skipif(not openblas.ADDRESSES, reason="NumPy has another BLAS")
M, N = 13, 6
WORK: list[ExitStack] = []  # what is at work until the test is over
HIDDEN: dict[str, list[Layer]] = {
    "relu": [Dense(units=7), Relu(), Dense(units=5), Relu()],
    "leaky relu": [Dense(units=7), LeakyRelu(slope=0.2), Dense(units=5), LeakyRelu()],
    "identity": [Dense(units=7), Identity(), Dense(units=5), Identity()],
    "no bias": [Dense(units=7, bias=False), Relu(), Dense(units=5, bias=False), LeakyRelu()],
    "activations on activations": [Dense(units=7), Relu(), LeakyRelu(), Identity(), Relu()],
    "dropout": [Dropout(keep_prob=0.9), Dense(units=7), Relu(), Dropout(keep_prob=0.7), Dense(units=5), Dropout(keep_prob=0.5)],
    "batch norm": [Dense(units=7, bias=False), BatchNorm(), Relu(), Dense(units=5), LeakyRelu(), BatchNorm(running_beta=0.5)],
    "batch norm of the inputs, and dropout": [BatchNorm(eps=0.1), Dense(units=5), Dropout(keep_prob=0.8), Relu()],
    "linear": [],
    "one unit wide": [Dense(units=1), Relu(), Dense(units=4), Relu()],
}
LOSSES: dict[str, Loss] = {
    "softmax": SoftmaxCrossEntropy(),
    "softmax, smoothed": SoftmaxCrossEntropy(label_smoothing=0.1),
    "sigmoid": SigmoidCrossEntropy(),
    "sigmoid, smoothed": SigmoidCrossEntropy(label_smoothing=0.1),
    "squared": SquaredError(),
    "absolute": Absolute(),
    "huber": Huber(delta=0.5),
}


@pytest.fixture(autouse=True)
def work() -> Iterator[None]:
    threads = openblas.threads()
    openblas.hold_at(1)
    with ExitStack() as stack:
        WORK[:] = [stack]
        yield
    openblas.hold_at(threads)


def network(hidden: Sequence[Layer], loss: Loss, dtype: Any = np.float32, kernels: Kernels = PLAYED) -> Network:
    """Return a network whose kernels are at work, if they are played."""
    net = build([*hidden, Dense(units=loss.n_outputs(3))], N, max_batch=M + 3, dtype=dtype, kernels=kernels)
    WORK[0].enter_context(at_work(net.kernels, net.dtype))
    return net


def examples(loss: Loss, m: int, dtype: Any, seed: int) -> tuple[Array, Labels]:
    """Return a mini-batch that lies somewhere in a larger block, as one does that was gathered with others."""
    rng, before = np.random.default_rng(seed), 2 * seed
    x = np.full((before + m + 1, N), np.nan, dtype)
    x[before : before + m] = rng.standard_normal((m, N))
    y = labels_for(loss, before + m, rng)[before:]
    return x[before : before + m], y.astype(dtype) if loss.regression else y


def by_layers(
    net: Network, loss: Loss, x: Array, y: Labels, rng: np.random.Generator, penalties: Sequence[Penalty] = ()
) -> tuple[Passed, Array]:
    """Return what a pass returns, all of it finite, and its gradient."""
    z = net.forward(x, rng)
    measured = loss.measure(z, y, net.dz, net.loss_scratch, net.kernels)
    net.backward()
    add_penalties(penalties, net.params, net.kernels)
    return (*measured, float(np.dot(net.params.grad, net.params.grad)), True), net.params.grad.copy()


@each_dtype
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_is_played_is_what_the_layers_do_to_the_last_bit(hidden: list[Layer], loss: Loss, dtype: Any) -> None:
    played, layered = network(hidden, loss, dtype), network(hidden, loss, dtype, NUMBA)
    gradient, rngs = Gradient(played, loss), [np.random.default_rng(1) for _ in range(2)]
    for step, m in enumerate([M, M, M, 4, 4, M, 4, 2, 2]):
        x, y = examples(loss, m, dtype, step)
        expected, grad = by_layers(layered, loss, x, y, rngs[0])
        assert gradient(x, y, rngs[1], look=step % 2 == 0) == expected
        np.testing.assert_array_equal(played.params.grad, grad)
        np.testing.assert_array_equal(played.params.stats, layered.params.stats)
        assert rngs[0].random() == rngs[1].random()
        for net in (played, layered):
            net.params.theta[...] -= 0.1 * net.params.grad
    assert gradient.tapes.keys() == {M, 4, 2}


@each_dtype
def test_penalties_are_played_with_the_layers(dtype: Any) -> None:
    loss = SoftmaxCrossEntropy()
    penalties: list[Penalty] = [L2(strength=0.3, m=M, include_bias=True), L1(strength=0.1, m=M)]
    played, layered = network(HIDDEN["relu"], loss, dtype), network(HIDDEN["relu"], loss, dtype, NUMBA)
    gradient = Gradient(played, loss, penalties)
    for step in range(3):
        x, y = examples(loss, M, dtype, step)
        expected, grad = by_layers(layered, loss, x, y, np.random.default_rng(1), penalties)
        assert gradient(x, y, np.random.default_rng(1), look=False) == expected
        np.testing.assert_array_equal(played.params.grad, grad)
    assert M in gradient.tapes


@pytest.mark.parametrize("loss", [loss for loss in LOSSES.values() if loss.n_outputs(3) == 1], ids=kind)
def test_a_single_example_of_a_single_output_is_left_to_the_layers(loss: Loss) -> None:
    """NumPy makes it as the dot of two vectors."""
    gradient = Gradient(network([], loss), loss)
    x, y = examples(loss, 1, np.float32, 0)
    gradient(x, y, np.random.default_rng(0), look=True)
    assert not gradient.tapes
    assert not gradient.network.kernels.plays


@pytest.mark.parametrize("layer", [layer for layer in members(Layer) if layer is not Dense], ids=kind)
def test_every_layer_is_played_or_left_to_itself(layer: Any) -> None:
    """Whichever it is, the gradient is that of the NumPy column up to rounding, in every step."""
    loss, hidden = SoftmaxCrossEntropy(), [Dense(units=7), sample(layer), Dense(units=5), Relu()]
    fast, slow = network(hidden, loss, np.float64), network(hidden, loss, np.float64, NUMPY)
    gradients = [Gradient(net, loss) for net in (fast, slow)]
    for step in range(4):
        x, y = examples(loss, M, np.float64, step)
        found, expected = (gradient(x, y, np.random.default_rng(step), look=False) for gradient in gradients)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        np.testing.assert_allclose(fast.params.grad, slow.params.grad, rtol=0, atol=1e-13)
        np.testing.assert_allclose(fast.params.stats, slow.params.stats, rtol=0, atol=1e-13)
    assert not gradients[1].tapes
    assert (M in gradients[0].tapes) == (layer in {Relu, LeakyRelu, Identity, Dropout, BatchNorm})


WEIGHTED = SoftmaxCrossEntropy(class_weights=(1.0, 2.0, 0.5))


@pytest.mark.parametrize(
    ("hidden", "loss"),
    [([Tanh(), Dropout(keep_prob=0.8)], Absolute()), ([BatchNorm(), Sigmoid()], SoftmaxCrossEntropy()), ([Relu()], WEIGHTED)],
    ids=["tanh, dropout", "batch norm, sigmoid", "class weights"],
)  # fmt: skip
def test_what_no_tape_can_hold_is_done_by_the_layers(hidden: list[Layer], loss: Loss) -> None:
    net, twin = (network([Dense(units=5), *hidden], loss, kernels=kernels) for kernels in (PLAYED, NUMBA))
    gradient = Gradient(net, loss)
    for seed in range(3):
        x, y = examples(loss, M, np.float32, seed)
        expected, grad = by_layers(twin, loss, x, y, np.random.default_rng(1))
        assert gradient(x, y, np.random.default_rng(1), look=True) == expected
        np.testing.assert_array_equal(net.params.grad, grad)
    assert not gradient.tapes
    assert not gradient.network.kernels.plays


def test_soft_labels_are_left_to_the_layers() -> None:
    loss = SoftmaxCrossEntropy()
    gradient = Gradient(network([], loss), loss)
    gradient(examples(loss, M, np.float32, 0)[0], np.full((M, 3), np.float32(1 / 3)), np.random.default_rng(0), look=True)
    assert not gradient.tapes
    assert not gradient.network.kernels.plays


def test_a_tape_that_gives_another_gradient_is_not_played(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would be with a BLAS that rounds otherwise than NumPy's."""

    def note_half(noted: tape.Tape, z: Array, b: Array) -> None:
        """Forget the bias."""

    monkeypatch.setitem(tape.NOTES, "add_bias", note_half)
    loss = SoftmaxCrossEntropy()
    net, twin = network(HIDDEN["relu"], loss), network(HIDDEN["relu"], loss, kernels=NUMBA)
    gradient, (x, y) = Gradient(net, loss), examples(loss, M, np.float32, 0)
    expected, grad = by_layers(twin, loss, x, y, np.random.default_rng(1))
    for _ in range(2):
        assert gradient(x, y, np.random.default_rng(1), look=True) == expected
        np.testing.assert_array_equal(net.params.grad, grad)
    assert not gradient.tapes
    assert not gradient.network.kernels.plays


def test_without_an_openblas_nothing_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openblas, "ADDRESSES", {})
    loss = SoftmaxCrossEntropy()
    gradient, (x, y) = Gradient(network([], loss), loss), examples(loss, M, np.float32, 0)
    gradient(x, y, np.random.default_rng(1), look=True)
    assert not gradient.tapes
    assert not gradient.network.kernels.plays


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_look_finds_what_is_not_finite_before_a_relu_swallows_it(bad: float) -> None:
    """In a pass that is played as in one that is not, and only where one looks."""
    loss = SoftmaxCrossEntropy()
    net = network([Dense(units=7), Relu()], loss)
    gradient = Gradient(net, loss)
    for seed in range(2):
        gradient(*examples(loss, M, np.float32, seed), np.random.default_rng(1), look=True)
    assert M in gradient.tapes
    net.params.views["b1"].value[2] = bad
    x, y = examples(loss, M, np.float32, 5)
    assert [gradient(x, y, np.random.default_rng(1), look=look)[3] for look in (True, False, True)] == [False, True, False]


def test_a_first_pass_that_is_not_finite_leaves_its_gradient_and_no_tape() -> None:
    loss = SoftmaxCrossEntropy()
    net = network([Dense(units=7), Relu()], loss)
    x, y = examples(loss, M, np.float32, 0)
    x[3] = np.inf
    gradient = Gradient(net, loss)
    with np.errstate(invalid="ignore"):
        mean, *_ = gradient(x, y, np.random.default_rng(1), look=True)
    assert np.isnan(mean)
    assert np.isnan(net.params.grad).any()
    assert not gradient.tapes


def test_recording_leaves_the_kernels_as_they_were() -> None:
    loss = SoftmaxCrossEntropy()
    net = network([Dense(units=7), Relu()], loss)
    x, y = examples(loss, M, np.float32, 0)
    before = replace(net.kernels)
    Gradient(net, loss)(x, y, np.random.default_rng(1), look=True)
    assert net.kernels == before

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    net.kernels.relu = fail
    with pytest.raises(ZeroDivisionError):
        Gradient(net, loss)(x, y, np.random.default_rng(1), look=True)
    assert net.kernels == replace(before, relu=fail)


def test_two_networks_of_one_column_do_not_record_one_another() -> None:
    loss = SoftmaxCrossEntropy()
    one, other = (network([Dense(units=7), Relu()], loss) for _ in range(2))
    assert one.kernels is not other.kernels
    assert one.kernels is not PLAYED


def test_nothing_is_allocated_when_a_tape_is_played() -> None:
    loss, m = SoftmaxCrossEntropy(), 512
    net = build([Dense(units=64), Relu(), Dense(units=3)], N, max_batch=m, dtype=np.float32, kernels=PLAYED)
    WORK[0].enter_context(at_work(net.kernels, net.dtype))
    gradient, (x, y) = Gradient(net, loss), examples(loss, m, np.float32, 0)
    gradient(x, y, np.random.default_rng(1), look=True)
    assert m in gradient.tapes
    assert peak_bytes(lambda: gradient(x, y, np.random.default_rng(1), look=True)) < m * 3 * 4
