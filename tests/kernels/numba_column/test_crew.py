"""A training whose work is shared by a team of threads: the same network to rounding, and the same bits when it is repeated."""

from collections.abc import Iterator

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.data.preprocessing import Standard
from dlrun.data.sources import Digits
from dlrun.data.splits import prepare
from dlrun.data.splitting import Split
from dlrun.kernels import at_work, column
from dlrun.kernels.playing import openblas
from dlrun.kernels.playing.desk import LEAST_UPDATE
from dlrun.nn.gradient import Gradient
from dlrun.nn.layers import BatchNorm, Dense, Dropout, Layer, Relu, Tanh
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Adam
from dlrun.nn.schedules import LearningRate
from dlrun.training.loop import train
from dlrun.training.plan import Plan
from dlrun.training.state import State

SPLITS = prepare(Digits(), Split(train=400, dev=100, test=0), Standard(), regression=False, seed=1, dtype="float64")
HIDDEN: dict[str, list[Layer]] = {
    "held by a tape": [Dense(units=500), BatchNorm(), Relu(), Dropout(keep_prob=0.8), Dense(units=80), Relu()],
    "called from Python": [Dense(units=500), Tanh(), Dense(units=40), Tanh()],
}


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = openblas.threads()
    yield
    openblas.hold_at(before)


def trained(hidden: list[Layer], kernels: str, threads: int) -> tuple[Array, float]:
    """Return parameters after two epochs with an uneven last mini-batch, and the dev loss."""
    openblas.hold_at(threads)
    network = Network([*hidden, Dense(units=10)], 64, 150, "float64", column(kernels))
    network.initialize(3)
    assert network.params.theta.size > LEAST_UPDATE
    plan = Plan(
        seed=3, epochs=2, batch_size=150, loss=SoftmaxCrossEntropy(), penalties=(), learning_rate=LearningRate(initial=0.001),
        optimizer=Adam(), evaluate_every=3,
    )  # fmt: skip
    steps = list(train(network, plan, SPLITS, State.start(network.params, plan.optimizer, plan.seed)))
    assert openblas.threads() == threads
    assert steps[-1].evaluation
    return network.params.theta, steps[-1].evaluation.dev_loss or np.nan


@pytest.mark.skipif(not openblas.ADDRESSES, reason="NumPy has another BLAS")
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_team_trains_the_same_network(hidden: list[Layer]) -> None:
    theta, loss = trained(hidden, "numba", 2)
    again, loss_again = trained(hidden, "numba", 2)
    np.testing.assert_array_equal(again, theta)
    assert loss_again == loss
    for kernels, threads in (("numba", 3), ("numba", 1), ("numpy", 2)):
        other, other_loss = trained(hidden, kernels, threads)
        np.testing.assert_allclose(other, theta, rtol=0, atol=1e-9, err_msg=f"{kernels}, {threads}")
        assert other_loss == pytest.approx(loss, abs=1e-9)


@pytest.mark.skipif(not openblas.ADDRESSES, reason="NumPy has another BLAS")
def test_what_a_team_plays_is_what_the_layers_made() -> None:
    """To the last bit; large enough that all that can be shared is."""
    openblas.hold_at(2)
    hidden = HIDDEN["held by a tape"]
    network = Network([*hidden, Dense(units=10)], 64, 150, "float32", column("numba"))
    network.initialize(3)
    x, y = SPLITS.train.x[:150].astype(np.float32), SPLITS.train.y[:150]
    with at_work(network.kernels, network.dtype):
        gradient = Gradient(network, SoftmaxCrossEntropy())
        gradient(x, y, np.random.default_rng(0), look=True)
        by_layers = {name: view.grad.copy() for name, view in network.params.views.items()}
        assert 150 in gradient.tapes
        network.params.grad[:] = np.nan
        gradient(x, y, np.random.default_rng(0), look=True)
    for name, view in network.params.views.items():
        np.testing.assert_array_equal(view.grad, by_layers[name])
