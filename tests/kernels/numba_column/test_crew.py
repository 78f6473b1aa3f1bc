"""A training whose work is shared by a team of threads: the same network to rounding, and the same bits when it is repeated."""

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.data.preprocessing import Standard
from dlrun.data.sources import Digits
from dlrun.data.splits import prepare
from dlrun.data.splitting import Split
from dlrun.kernels import column
from dlrun.kernels.numba_column import blas, crew
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
    "held by a tape": [Dense(units=500), BatchNorm(), Relu(), Dropout(keep_prob=0.8), Dense(units=40), Relu()],
    "called from Python": [Dense(units=500), Tanh(), Dense(units=40), Tanh()],
}


def trained(hidden: list[Layer], kernels: str, threads: int) -> tuple[Array, float]:
    """Return parameters after two epochs with an uneven last mini-batch, and the dev loss."""
    before = blas.threads()
    blas.hold_at(threads)
    network = Network([*hidden, Dense(units=10)], 64, 150, "float64", column(kernels))
    network.initialize(3)
    assert network.params.theta.size > crew.LEAST_UPDATE
    plan = Plan(
        seed=3, epochs=2, batch_size=150, loss=SoftmaxCrossEntropy(), penalties=(), learning_rate=LearningRate(initial=0.001),
        optimizer=Adam(), evaluate_every=3,
    )  # fmt: skip
    steps = list(train(network, plan, SPLITS, State.start(network.params, plan.optimizer, plan.seed)))
    assert blas.threads() == threads
    blas.hold_at(before)
    assert steps[-1].evaluation
    return network.params.theta, steps[-1].evaluation.dev_loss or np.nan


@pytest.mark.skipif(not blas.IS_FOUND, reason="NumPy has another BLAS")
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
