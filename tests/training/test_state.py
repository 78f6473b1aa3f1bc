"""State holds everything that changes: what it gives out, it takes back."""

import json

import numpy as np
import pytest

from dlrun.kernels import NUMPY
from dlrun.nn.layers import Dense
from dlrun.nn.metrics import Score
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Adam
from dlrun.training.state import Best, State


def state() -> State:
    network = Network([Dense(units=3)], 2, 4, "float32", NUMPY)
    network.initialize(1)
    return State.start(network.params, Adam(), 5)


def test_what_goes_out_as_arrays_and_json_comes_back_to_the_last_bit() -> None:
    one, other = state(), state()
    one.begin_epoch(5)
    one.dropout_rng.random(3, dtype=np.float32)  # half a 64-bit draw is left in the generator
    one.step_done(4, 10, 1.25, 2.0)
    one.slots["m"] += 0.5
    one.best.offer(Score(1.0, 0.5, 4), 0.4, 1, one.params)
    one.plateau.waiting, one.plateau.reductions = 3, 2
    other.restore({k: v.copy() for k, v in one.arrays().items()}, json.loads(json.dumps(one.scalars())))
    assert other.scalars() == one.scalars()
    for name, array in one.arrays().items():
        assert other.arrays()[name].tobytes() == array.tobytes()
    assert other.dropout_rng.random() == one.dropout_rng.random()


def test_restoring_fills_the_memory_the_network_looks_at() -> None:
    one = state()
    view = one.params.views["W1"].value
    arrays = {k: v + 1 for k, v in one.arrays().items()}
    one.restore(arrays, one.scalars())
    assert np.shares_memory(view, one.params.theta)
    np.testing.assert_array_equal(one.params.theta, arrays["theta"])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_score_that_is_not_a_number_is_never_best(bad: float) -> None:
    params = state().params
    best = Best.room(params)
    assert not best.offer(Score(bad, 0.1, 1), 1, 1, params)
    assert not best.offer(Score(0.1, bad, 1), 1, 1, params)
    assert not best.found


def test_best_is_the_lowest_error_then_the_lowest_loss_then_the_earliest() -> None:
    params = state().params
    best = Best.room(params)
    scores = [(0.5, 1.0), (0.4, 2.0), (0.4, 1.5), (0.4, 1.5), (0.4, 1.6), (0.6, 0.1)]  # error, loss
    taken = []
    for k, (error, loss) in enumerate(scores):
        params.theta[...] = k
        taken.append(best.offer(Score(loss, error, 10), k, k, params))
    assert taken == [True, True, True, False, False, False]
    assert (best.epoch, best.theta[0]) == (2, 2.0)


def test_sums_start_anew_with_each_epoch_and_stay_in_the_middle_of_one() -> None:
    one = state()
    one.begin_epoch(5)
    one.step_done(4, 10, 1.0, 1.0)
    one.begin_epoch(5)
    assert (one.seen, one.loss_sum, one.epochs_passed(10)) == (4, 4.0, 0.4)
    one.step_done(6, 10, 2.0, 1.0)
    assert (one.epoch, one.position, one.seen, one.loss_sum) == (1, 0, 10, 16.0)  # still there for the epoch's evaluation
    one.begin_epoch(5)
    assert (one.seen, one.loss_sum, one.error_sum) == (0, 0.0, 0.0)
