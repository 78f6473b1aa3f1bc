"""The loop against a naive one: what it computes, when it evaluates, how it stops, and that it can be continued."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dlrun.data.batches import shuffled_rows
from dlrun.data.preprocessing import NoNormalization, Standard
from dlrun.data.sources import Blobs, Digits
from dlrun.data.splits import Splits, prepare
from dlrun.data.splitting import Split
from dlrun.errors import Diverged
from dlrun.kernels import NUMPY
from dlrun.nn.initializers import Auto, Zeros
from dlrun.nn.layers import Dense, Dropout, Layer, Tanh
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Adam, GradientDescent
from dlrun.nn.penalties import L2
from dlrun.nn.schedules import InverseTime, LearningRate
from dlrun.nn.stopping import EarlyStopping
from dlrun.training.loop import Evaluation, StepEnd, train
from dlrun.training.plan import Plan
from dlrun.training.state import State


def blobs(split: Split | None = None) -> Splits:
    split = split or Split(train=100, dev=40, test=0)
    return prepare(Blobs(examples=200, centers=3), split, Standard(), regression=False, seed=1, dtype="float64")


def network(splits: Splits, layers: Sequence[Layer] | None = None, max_batch: int = 100) -> Network:
    layers = layers or [Dense(units=5), Tanh(), Dense(units=3)]
    made = Network(layers, splits.train.x.shape[1], max_batch, "float64", NUMPY)
    made.initialize(3)
    return made


def plan(**changes: object) -> Plan:
    base = Plan(
        seed=3, epochs=3, batch_size=32, loss=SoftmaxCrossEntropy(), penalties=(), optimizer=GradientDescent(),
        learning_rate=LearningRate(initial=0.1), evaluate_every=4,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def run(net: Network, told: Plan, splits: Splits, state: State | None = None) -> list[StepEnd]:
    state = state or State.start(net.params, told.optimizer, told.seed)
    return [replace(step) for step in train(net, told, splits, state)]


def evaluations(steps: list[StepEnd]) -> list[Evaluation]:
    return [step.evaluation for step in steps if step.evaluation]


def test_three_epochs_are_those_of_a_naive_loop_with_l2_decay_and_a_smaller_last_batch() -> None:
    splits = blobs()
    lam, m_batch, x, y = 2.0, 32, splits.train.x, splits.train.y
    net = network(splits)
    W1, b1, W2, b2 = (net.params.views[name].value.copy() for name in ("W1", "b1", "W2", "b2"))
    told = plan(penalties=(L2(strength=lam, m=m_batch),), learning_rate=LearningRate(initial=0.2, decay=InverseTime(rate=1.0)))
    steps = run(net, told, splits)

    costs, means = [], []
    for epoch in range(3):
        order, losses = shuffled_rows(100, 3, epoch), []
        for start in range(0, 100, m_batch):
            rows = order[start : start + m_batch]
            xb, one_hot = x[rows], np.eye(3)[y[rows]]
            a = np.tanh(xb @ W1 + b1)
            z = a @ W2 + b2
            p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
            loss = -(one_hot * np.log(p)).sum() / len(rows)
            costs.append(loss + lam / (2 * m_batch) * ((W1**2).sum() + (W2**2).sum()))  # the configured m, also at the end
            dz2 = (p - one_hot) / len(rows)
            dz1 = (dz2 @ W2.T) * (1 - a**2)
            lr = 0.2 / (1 + epoch)
            gW1, gW2 = xb.T @ dz1 + lam / m_batch * W1, a.T @ dz2 + lam / m_batch * W2
            W1, b1 = W1 - lr * gW1, b1 - lr * dz1.sum(axis=0)
            W2, b2 = W2 - lr * gW2, b2 - lr * dz2.sum(axis=0)
            losses.append(loss * len(rows))
        means.append(sum(losses) / 100)

    np.testing.assert_allclose([step.cost for step in steps], costs, rtol=1e-12)
    np.testing.assert_allclose(net.params.views["W1"].value, W1, rtol=1e-12)
    np.testing.assert_allclose(net.params.views["b2"].value, b2, rtol=1e-11, atol=1e-14)
    rows_of_metrics = evaluations(steps)
    np.testing.assert_allclose([row.train_loss for row in rows_of_metrics], means, rtol=1e-12)  # weighted by examples
    assert [row.epoch for row in rows_of_metrics] == [1, 2, 3]
    np.testing.assert_allclose([row.learning_rate for row in rows_of_metrics], [0.2, 0.1, 0.2 / 3])
    last = rows_of_metrics[-1]
    norm = (W1**2).sum() + (W2**2).sum()
    assert last.weight_norm == pytest.approx(norm**0.5)
    assert last.cost == pytest.approx(last.train_loss + lam / (2 * m_batch) * norm)


@pytest.mark.parametrize(("batch_size", "steps_per_epoch"), [(100, 1), (64, 2), (1, 100)])
def test_batch_mini_batch_and_stochastic_take_the_steps_they_should(batch_size: int, steps_per_epoch: int) -> None:
    splits = blobs()
    steps = run(network(splits), plan(batch_size=batch_size, evaluate_every=steps_per_epoch), splits)
    assert [step.step for step in steps] == list(range(1, 3 * steps_per_epoch + 1))
    assert [row.epoch for row in evaluations(steps)] == [1, 2, 3]


def test_evaluating_inside_an_epoch_gives_rows_with_a_fraction_of_it_and_one_at_the_end() -> None:
    splits = blobs()
    rows = evaluations(run(network(splits), plan(batch_size=25, epochs=2, evaluate_every=3), splits))
    assert [row.epoch for row in rows] == [0.75, 1.5, 2.0]
    assert [row.step for row in rows] == [3, 6, 8]


@pytest.mark.parametrize("stop_after", [1, 2, 4, 5, 11])
def test_continuing_from_a_copied_state_is_the_same_as_never_stopping(stop_after: int) -> None:
    splits = blobs()
    layers: list[Layer] = [Dropout(keep_prob=0.9), Dense(units=8), Tanh(), Dropout(keep_prob=0.6), Dense(units=3)]
    told = plan(optimizer=Adam(), learning_rate=LearningRate(initial=0.01))
    whole = network(splits, layers)
    whole_steps = run(whole, told, splits)

    first = network(splits, layers)
    state = State.start(first.params, told.optimizer, told.seed)
    before = []
    for step in train(first, told, splits, state):
        before.append(replace(step))
        if len(before) == stop_after:
            break
    arrays = {name: array.copy() for name, array in state.arrays().items()}
    scalars = state.scalars()

    second = network(splits, layers)
    resumed = State.start(second.params, told.optimizer, told.seed)
    resumed.restore(arrays, scalars)
    after = run(second, told, splits, resumed)
    assert before + after == whole_steps
    assert second.params.theta.tobytes() == whole.params.theta.tobytes()


def test_early_stopping_waits_for_patience_epochs_and_keeps_the_best_parameters() -> None:
    splits = blobs()
    net = network(splits)
    told = plan(epochs=500, early_stopping=EarlyStopping(patience=4), evaluate_every=4)
    state = State.start(net.params, told.optimizer, told.seed)
    steps = train(net, told, splits, state)
    seen = [(step.evaluation, net.params.theta.copy()) for step in steps if step.evaluation]
    assert len(seen) < 500
    assert state.stop_reason == "early stopping: dev no better for 4 epochs"
    keys = [(row.dev_error, row.dev_loss) for row, _ in seen]
    best = keys.index(min(keys))  # the earliest of equal ones
    assert state.best.epoch == best + 1 == len(seen) - 4
    np.testing.assert_array_equal(state.best.theta, seen[best][1])


def test_zero_epochs_leave_the_initial_network() -> None:
    splits = blobs()
    net = network(splits)
    before = net.params.theta.copy()
    assert run(net, plan(epochs=0), splits) == []
    np.testing.assert_array_equal(net.params.theta, before)


def test_without_a_dev_part_nothing_is_chosen_and_nothing_stops_early() -> None:
    splits = blobs(Split(train=100, dev=0, test=0))
    net = network(splits)
    state = State.start(net.params, GradientDescent(), 3)
    rows = [step.evaluation for step in train(net, plan(), splits, state) if step.evaluation]
    assert [(row.dev_loss, row.dev_error) for row in rows] == [(None, None)] * 3
    assert not state.best.found


def test_a_rate_far_too_high_ends_as_divergence_not_as_nan() -> None:
    splits = prepare(Digits(), Split(train=200, dev=40, test=0), NoNormalization(), regression=False, seed=1, dtype="float32")
    net = Network([Dense(units=32), Tanh(), Dense(units=10)], 64, 200, "float32", NUMPY)
    net.initialize(0)
    with np.errstate(all="ignore"), pytest.raises(Diverged):
        run(net, plan(learning_rate=LearningRate(initial=1e38), epochs=50, evaluate_every=7), splits)
    assert np.isfinite(net.params.theta).all()


def test_one_lambda_is_one_strength_though_the_last_batch_holds_one_example() -> None:
    """T1: m = 1,025, batch 64, λ = 5; divided by the actual size of the last batch, digits would not be learned."""
    splits = prepare(Digits(), Split(train=1025, dev=300, test=0), Standard(), regression=False, seed=7, dtype="float32")
    layers: list[Layer] = [Dense(units=64, init=Auto().before("tanh")), Tanh(), Dense(units=10)]
    net = Network(layers, 64, 1024, "float32", NUMPY)
    net.initialize(7)
    told = plan(
        epochs=30, batch_size=64, penalties=(L2(strength=5.0, m=64),), optimizer=Adam(),
        learning_rate=LearningRate(initial=2e-3), evaluate_every=17,
    )  # fmt: skip
    rows = evaluations(run(net, told, splits))
    assert rows[-1].train_error <= 0.10


def test_the_first_cost_of_a_zero_output_layer_is_ln_c() -> None:
    splits = blobs()
    net = network(splits, [Dense(units=5), Tanh(), Dense(units=3, init=Zeros())])
    assert run(net, plan(epochs=1), splits)[0].cost == pytest.approx(np.log(3), abs=1e-15)


def test_a_part_held_out_of_training_is_scored_beside_dev_and_changes_nothing() -> None:
    splits = blobs()
    told = plan(learning_rate=LearningRate(initial=0.2))
    alone = evaluations(run(network(splits), told, splits))
    assert all(row.train_dev_loss is None and row.train_dev_error is None for row in alone)
    net = network(splits)
    held = evaluations(run(net, told, replace(splits, train_dev=splits.dev)))
    assert [replace(row, train_dev_loss=None, train_dev_error=None) for row in held] == alone
    assert [(row.train_dev_loss, row.train_dev_error) for row in held] == [(row.dev_loss, row.dev_error) for row in held]
