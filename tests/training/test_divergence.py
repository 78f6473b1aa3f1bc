"""Divergence: found in its step, told by its place, with a cure that can be typed; and no layer swallows a NaN."""

import re
from collections.abc import Sequence
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from dlrun.data import batches
from dlrun.data.preprocessing import Standard
from dlrun.data.sources import Blobs
from dlrun.data.splits import Splits, prepare
from dlrun.data.splitting import Split
from dlrun.errors import Diverged, Problem
from dlrun.experiment.setup import Experiment
from dlrun.kernels import NUMPY, Kernels, Measured
from dlrun.nn.layers import BatchNorm, Dense, Dropout, Layer, Relu, Tanh
from dlrun.nn.losses import Loss, SoftmaxCrossEntropy
from dlrun.nn.network import Network
from dlrun.nn.optimizers import AdaGrad, Adam, Momentum, Nesterov, Optimizer
from dlrun.nn.penalties import L2
from dlrun.nn.schedules import LearningRate, Progress
from dlrun.spec import read_spec
from dlrun.training.divergence import Moments
from dlrun.training.loop import StepEnd, train
from dlrun.training.plan import Plan
from dlrun.training.state import State
from tests.experiments import SMALL, experiment
from tests.laws import build, each_column, kind, labels_for, loss_of, members, sample, slots_for

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # dlrun trains with these off: it looks by itself
NOT_NUMBERS = [nan, inf, -inf]
WIDE = ("architecture.hidden=[8,8,8,8,8,8,8]", "architecture.init={kind: normal, std: 1e6}")  # outputs of 1e42


class Setting:
    """A network of three layers of weights in training, which a test may spoil between two steps."""

    def __init__(self, layers: Sequence[Layer] | None = None, penalties: tuple[L2, ...] = (), optimizer: Optimizer | None = None):
        split = Split(train=96, dev=40, test=0)
        self.splits: Splits = prepare(
            Blobs(examples=200, centers=3), split, Standard(), regression=False, seed=1, dtype="float32"
        )
        layers = layers or [Dense(units=6), Tanh(), Dense(units=5, bias=False), BatchNorm(), Relu(), Dense(units=3)]
        self.network = Network(layers, self.splits.train.x.shape[1], 96, "float32", NUMPY)
        self.network.initialize(3)
        self.plan = Plan(
            seed=3, epochs=4, batch_size=32, loss=SoftmaxCrossEntropy(), penalties=penalties, optimizer=optimizer or Adam(),
            learning_rate=LearningRate(initial=0.01), evaluate_every=3,
        )  # fmt: skip
        self.state = State.start(self.network.params, self.plan.optimizer, 3)
        self.steps = train(self.network, self.plan, self.splits, self.state)

    def take(self, n: int) -> StepEnd | None:
        return [next(self.steps) for _ in range(n)][-1] if n else None

    def end(self) -> Problem:
        """Return the last words of the next step."""
        with pytest.raises(Diverged) as raised:
            next(self.steps)
        return raised.value.problems[0]


@pytest.mark.parametrize("poison", NOT_NUMBERS)
def test_inputs_that_are_not_finite_are_told_in_their_step_and_before_the_update(
    poison: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 1)  # what is planted in the data counts from the next mini-batch on
    told = Setting()
    told.take(4)
    told.splits.train.x[:] = poison
    before = told.network.params.theta.copy()
    problem = told.end()
    assert problem.what.startswith("diverged at step 5 (epoch 2): the inputs are not finite (64 values in 32 of the 32 examples")
    assert re.search(r"; last finite norms: gradient [\d.e-]+, weights [\d.]+ \(W1 [\d.]+, W2 [\d.]+, W3 [\d.]+\)$", problem.what)
    assert "-s data.checks=strict" in problem.cure
    np.testing.assert_array_equal(told.network.params.theta, before)


@pytest.mark.parametrize("rate", [*NOT_NUMBERS, 1e308 * 10])
def test_a_rate_that_is_no_number_is_told_before_it_is_used(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Setting()
    told.take(2)
    before = told.network.params.theta.copy()

    def at(self: LearningRate, progress: Progress) -> float:
        return rate

    monkeypatch.setattr(LearningRate, "at", at)
    problem = told.end()
    assert problem.what.startswith(f"diverged at step 3 (epoch 1): the learning rate is {rate}, not finite;")
    assert problem.cure.startswith("-s learning_rate.decay=constant: the schedule gave")
    np.testing.assert_array_equal(told.network.params.theta, before)


@pytest.mark.parametrize("poison", NOT_NUMBERS)
@pytest.mark.parametrize(
    ("block", "layer"),
    [("W1", "hidden layer 1 (tanh)"), ("b1", "hidden layer 1 (tanh)"), ("gamma2", "hidden layer 2 (relu)"),
     ("beta2", "hidden layer 2 (relu)"), ("W3", "the output layer"), ("b3", "the output layer")],
)  # fmt: skip
def test_parameters_that_are_not_finite_are_named_before_the_next_update(block: str, layer: str, poison: float) -> None:
    told = Setting()
    told.take(4)
    told.network.params.views[block].value.flat[0] = poison  # −∞ in a bias before relu, ±∞ before tanh: no NaN comes of it
    before = told.network.params.theta.copy()
    problem = told.end()
    assert problem.what.startswith(f"diverged at step 5 (epoch 2): {block} of {layer} is not finite")
    assert problem.cure.startswith("-s learning_rate.initial=0.001 -s training.clip=1: smaller steps")
    np.testing.assert_array_equal(told.network.params.theta, before)


@pytest.mark.parametrize("poison", NOT_NUMBERS)
@pytest.mark.parametrize("block", ["b1", "gamma2", "W3", "mean2", "var2"])
def test_an_evaluation_writes_no_row_for_a_network_that_is_not_finite(
    block: str, poison: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, params = Setting(), None
    told.take(5)  # the next step ends with an evaluation
    params = told.network.params
    values = params.stat_views[block] if block in params.stat_views else params.views[block].value
    step = Adam.step

    def spoiling(self: Adam, *words: object, **more: object) -> None:
        step(self, *words, **more)  # type: ignore[arg-type]
        values.flat[0] = poison

    monkeypatch.setattr(Adam, "step", spoiling)
    assert re.match(rf"diverged at step 6 \(epoch 2\): {block} of .* after the update is not finite", told.end().what)
    assert np.isfinite(told.state.best.theta).all()
    assert told.state.best.step == 3


def test_the_first_layer_whose_output_overflows_is_named() -> None:
    told = Setting([Dense(units=6), Relu(), Dense(units=6), Relu(), Dense(units=3)])
    told.take(3)
    told.network.params.views["W1"].value[...] = 1e18
    told.network.params.views["W2"].value[...] = 1e25
    problem = told.end()
    assert "diverged at step 4 (epoch 2): the output of hidden layer 2 (relu) is not finite; " in problem.what
    assert "batch_norm=true" in problem.cure


def test_a_gradient_that_is_not_finite_is_named_by_its_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Setting()
    backward = Network.backward

    def spoiling(self: Network) -> None:
        backward(self)
        self.params.views["b1"].grad[0] = nan

    monkeypatch.setattr(Network, "backward", spoiling)
    problem = told.end()
    assert problem.what.startswith("diverged at step 1 (epoch 1): the gradient of b1 of hidden layer 1 (tanh) is not finite")
    assert problem.cure.startswith("-s architecture.init=auto: nothing has been updated yet")


def test_large_inputs_before_the_first_update_are_to_be_normalized() -> None:
    told = Setting([Dense(units=6), Relu(), Dense(units=3)])
    told.splits.train.x[:] *= 1e38
    assert told.end().cure.startswith("-s data.normalize=standard: nothing has been updated yet, and inputs are as large as")


def test_a_penalty_too_large_for_a_number_is_the_cause_itself() -> None:
    problem = Setting(penalties=(L2(strength=1e308, m=1),)).end()
    assert "the l2 penalty on the weights is not finite" in problem.what
    assert problem.cure.startswith("-s regularization.l2=1e+307:")


@pytest.mark.parametrize(
    ("overrides", "cure"),
    [
        (("optimizer=gradient_descent", "learning_rate.initial=1e38"), "learning_rate.initial=1e+37"),
        (("optimizer=gradient_descent", "learning_rate={initial: 1e36, decay: {kind: one_cycle, peak: 100}}"), "decay=constant"),
        ((*WIDE, "data.source={kind: moons, examples: 300, noise: 1e4}", "data.normalize=none"), "data.normalize=standard"),
        (WIDE, "architecture.init=auto"),
        (("regularization.l2=1e300",), "regularization.l2=1e+299"),
    ],
)
def test_a_cure_can_be_typed(tmp_path: Path, overrides: tuple[str, ...], cure: str) -> None:
    told = experiment(tmp_path, SMALL, *overrides)
    problem = last_words(told)
    typed = re.findall(r"-s (\S+=[^\s:]+)", problem.cure)
    assert any(cure in word for word in typed), problem
    read_spec(tmp_path / "small.yaml", [*overrides, *typed])


def last_words(told: Experiment) -> Problem:
    with pytest.raises(Diverged) as raised:
        list(train(told.network, told.plan, told.splits, told.start()))
    return raised.value.problems[0]


def test_a_dev_score_that_is_not_finite_is_an_empty_cell_and_never_best() -> None:
    told = Setting()
    assert told.splits.dev
    told.splits.dev.x[0, 0] = nan
    row = told.take(3)
    assert row
    assert row.evaluation
    assert (row.evaluation.dev_loss, told.state.best.found) == (None, False)
    assert row.layers[0].activation_norm is None


def test_looking_changes_neither_running_averages_nor_the_generator() -> None:
    told = Setting([Dense(units=6, bias=False), BatchNorm(), Relu(), Dropout(keep_prob=0.5), Dense(units=3)])
    told.take(4)
    told.network.params.views["W2"].value[...] = 3e38
    stats = told.network.params.stats
    seen: list[bytes] = []
    measure = SoftmaxCrossEntropy.measure

    def noting(self: SoftmaxCrossEntropy, *words: object) -> Measured:
        seen.append(stats.tobytes() + repr(told.state.dropout_rng.bit_generator.state).encode())
        return measure(self, *words)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SoftmaxCrossEntropy, "measure", noting)
        assert "the output of the output layer is not finite" in told.end().what
    assert seen == [stats.tobytes() + repr(told.state.dropout_rng.bit_generator.state).encode()]


SECOND_MOMENTS = [cls for cls in members(Optimizer) if cls.slots and cls not in (Momentum, Nesterov)]


@pytest.mark.parametrize("optimizer", [sample(cls) for cls in members(Optimizer)], ids=kind)
@pytest.mark.parametrize("poison", NOT_NUMBERS)
def test_moments_of_a_file_are_looked_at_before_the_first_step(optimizer: Optimizer, poison: float) -> None:
    slots = slots_for(optimizer, np.linspace(-1, 1, 40, dtype=np.float32))
    assert Moments(slots).finite(1.0)
    for vector in list(slots.values())[-1:]:
        for place in (0, 7, 39):
            before, vector[place] = vector[place], poison
            assert not Moments(slots).finite(1.0)
            vector[place] = before
        vector[3] = 3e38  # the square is larger than a number can be, the entry is not
        assert Moments(slots).finite(1.0)


@pytest.mark.parametrize("optimizer", [sample(cls) for cls in SECOND_MOMENTS], ids=kind)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("start", [0.0, 0.4, 0.999])
@pytest.mark.parametrize("size", [0.9, 0.3, 0.03])
def test_a_second_moment_that_overflows_is_found_before_the_next_update(
    optimizer: Optimizer, dtype: str, start: float, size: float
) -> None:
    """Every gradient has a norm that is finite; sums of squares overflow all the same, averages that begin near the top, too."""
    largest = float(np.finfo(dtype).max)
    theta, grad, scratch = (np.zeros(4, dtype) for _ in range(3))
    slots = slots_for(optimizer, theta)
    moment = list(slots.values())[-1]
    moment[...] = start * largest
    moments, overflowed = Moments(slots), False
    for step in range(1, 41):
        grad[...] = 0, 1e-20, 1.0, size * largest**0.5
        overflowed = not np.isfinite(moment).all()
        assert moments.finite(float(grad.dot(grad))) is not overflowed
        if overflowed:
            break
        optimizer.step(theta, grad, slots, scratch, 1e-3, step, weights=slice(0, 4), kernels=NUMPY)
        theta.fill(0)
    if isinstance(optimizer, AdaGrad) and (start, size) in ((0.999, 0.9), (0.4, 0.9), (0.0, 0.9), (0.999, 0.3)):
        assert overflowed


def test_moments_that_cannot_have_overflowed_are_not_looked_at() -> None:
    looks: list[int] = []

    class Watched(np.ndarray):
        def max(self, *words: object, **more: object) -> float:  # type: ignore[override]
            looks.append(1)
            return float(np.asarray(self).max())

    moments = Moments({"v": np.zeros(3, np.float32).view(Watched)})
    assert all(moments.finite(1e6) for _ in range(10_000))
    assert len(looks) == 1


@pytest.mark.parametrize("layer", [sample(cls) for cls in members(Layer)], ids=kind)
@pytest.mark.parametrize("loss", [sample(cls) for cls in members(Loss)], ids=kind)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("behind", [True, False], ids=["behind", "before"])
@pytest.mark.parametrize("m", [5, 33])
@each_column
def test_no_layer_and_no_loss_swallows_a_nan(
    kernels: Kernels, layer: Layer, loss: Loss, dtype: str, behind: bool, m: int
) -> None:
    """Not masks, maxima, clipping, nor means: a NaN in an input or a bias reaches the loss or the gradient's norm."""
    layers: list[Layer] = [layer, Tanh()] if behind else [Relu(), layer]
    network = build([Dense(units=19), *layers, Dense(units=loss.n_outputs(3))], 7, max_batch=40, dtype=dtype, kernels=kernels)
    rng, x = np.random.default_rng(4), np.zeros((m, 7), dtype)
    for values, place in [(x, (0, 0)), (x, (m - 1, 6)), (x, (m // 2, 3)), (network.params.views["b1"].value, (11,))]:
        x[...] = rng.standard_normal((m, 7))
        values[place] = nan
        cost = loss_of(network, loss, x, labels_for(loss, m, rng), np.random.default_rng(1))
        network.backward()
        assert np.isnan(cost) or np.isnan(network.params.squared_gradient_norm())


@pytest.mark.parametrize("layer", [sample(cls) for cls in members(Layer)], ids=kind)
@pytest.mark.parametrize("poison", [inf, -inf])
@each_column
def test_an_infinite_input_reaches_the_loss_or_the_gradient(kernels: Kernels, layer: Layer, poison: float) -> None:
    """A unit it saturates or switches off has slope 0, and dW = xᵀ dz holds ∞ · 0."""
    network = build([Dense(units=19), layer, Dense(units=3)], 7, max_batch=40, dtype="float32", kernels=kernels)
    loss, rng = SoftmaxCrossEntropy(), np.random.default_rng(4)
    for m in (1, 2, 5, 33):
        x = rng.standard_normal((m, 7)).astype("float32")
        x[m - 1, 3] = poison
        cost = loss_of(network, loss, x, labels_for(loss, m, rng), np.random.default_rng(1))
        network.backward()
        assert not np.isfinite(cost + network.params.squared_gradient_norm())
