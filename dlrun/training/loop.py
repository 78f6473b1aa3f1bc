"""The training loop: the textbook, in the textbook's order."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite

from dlrun.data.batches import Batches
from dlrun.data.splits import Splits
from dlrun.errors import Diverged, Problem
from dlrun.nn.metrics import evaluate
from dlrun.nn.network import Network
from dlrun.nn.penalties import add_penalties
from dlrun.nn.schedules import Progress, ReduceOnPlateau
from dlrun.training.plan import Plan
from dlrun.training.state import State


@dataclass(frozen=True)
class Evaluation:
    """A row of metrics.csv: train figures are running means over the epoch, cost is train_loss plus the penalties.

    Parts that are not there have no figures; the last two columns are written only where there is a train_dev part.
    """

    epoch: float
    step: int
    learning_rate: float
    cost: float
    train_loss: float
    train_error: float
    dev_loss: float | None
    dev_error: float | None
    weight_norm: float
    train_dev_loss: float | None = None
    train_dev_error: float | None = None


@dataclass
class StepEnd:
    """What a mini-batch step tells: one object, reused."""

    step: int = 0
    epoch: int = 0  # completed before this step
    learning_rate: float = 0.0
    cost: float = 0.0
    evaluation: Evaluation | None = None


def train(network: Network, plan: Plan, splits: Splits, state: State) -> Iterator[StepEnd]:
    """Train until plan.epochs; state is complete at every yield, so whoever iterates may log, save, or stop."""
    batches = Batches(splits.train, plan.batch_size, plan.seed, smallest=plan.smallest_batch)
    step_end, params, m = StepEnd(), network.params, len(splits.train)
    total_steps = plan.epochs * len(batches)
    while not state.finished(plan.epochs):
        state.begin_epoch(plan.seed)
        for batch in batches.epoch(state.epoch, state.position):  # shuffled by (seed, epoch), from state.position on
            epoch = state.epoch
            lr = plan.learning_rate.at(
                Progress(state.epochs_passed(m), state.step, plan.epochs, total_steps, state.plateau.reductions)
            )
            z = network.forward(batch.x, state.dropout_rng)
            error_sum = plan.loss.error_sum(z, batch.y, network.loss_scratch)
            loss = plan.loss.mean(z, batch.y, network.dz, network.loss_scratch, network.kernels)
            network.backward()
            cost = loss + add_penalties(plan.penalties, params, network.kernels)
            squared_norm = params.squared_gradient_norm()
            if not isfinite(cost + squared_norm):
                raise diverged(network, state, cost, lr)  # before the update: the parameters are the last good ones
            if plan.clip:
                plan.clip.apply(params, squared_norm)
            plan.optimizer.step(
                params.theta, params.grad, state.slots, params.scratch, lr, state.step + 1,
                weights=params.weights, kernels=network.kernels,
            )  # fmt: skip
            if plan.max_norm:
                plan.max_norm.apply(params, network.kernels)
            state.step_done(len(batch.x), m, loss, error_sum)
            due = state.step % plan.evaluate_every == 0 or (state.epoch == plan.epochs and state.position == 0)
            step_end.step, step_end.epoch, step_end.learning_rate, step_end.cost = state.step, epoch, lr, cost
            step_end.evaluation = evaluate_now(network, plan, splits, state, lr) if due else None
            yield step_end
            if state.finished(plan.epochs):
                return


def evaluate_now(network: Network, plan: Plan, splits: Splits, state: State, lr: float) -> Evaluation:
    """Score dev, keep the best parameters, and set state.stop_reason when patience is at its end."""
    epoch, weight_norm = state.epochs_passed(len(splits.train)), network.params.weight_norm()
    if not isfinite(weight_norm):
        what = f"diverged at step {state.step}: the update carried the weights out of the finite numbers"
        raise Diverged(Problem(what=what, cure=f"try a smaller learning_rate.initial (this step used {lr:.3g})"))
    dev = evaluate(network, plan.loss, splits.dev.x, splits.dev.y) if splits.dev else None
    if dev:
        state.best.offer(dev, epoch, state.step, network.params)
    held = evaluate(network, plan.loss, splits.train_dev.x, splits.train_dev.y) if splits.train_dev else None
    train_loss = state.loss_sum / state.seen
    if isinstance(plan.learning_rate.decay, ReduceOnPlateau):
        state.plateau.observe(dev.loss if dev else train_loss, plan.learning_rate.decay)
    row = Evaluation(
        epoch=epoch,
        step=state.step,
        learning_rate=lr,
        cost=train_loss + sum(penalty.cost(network.params) for penalty in plan.penalties),
        train_loss=train_loss,
        train_error=plan.error_unit * plan.loss.error(state.error_sum, state.seen),
        dev_loss=dev.loss if dev else None,
        dev_error=plan.error_unit * dev.error if dev else None,
        weight_norm=weight_norm,
        train_dev_loss=held.loss if held else None,
        train_dev_error=plan.error_unit * held.error if held else None,
    )
    if plan.early_stopping:
        state.stop_reason = state.waiting.observe(vars(row), epoch, plan.early_stopping)
    return row


def diverged(network: Network, state: State, cost: float, lr: float) -> Diverged:
    """Say where numbers stopped being numbers, and what usually helps."""
    blocks = ", ".join(network.params.non_finite())
    where = f"the gradient of {blocks}" if blocks else "the cost" if not isfinite(cost) else "the norm of the gradient"
    last = state.loss_sum / state.seen if state.seen else inf
    so_far = f"; mean loss of the epoch until then {last:.4g}" if isfinite(last) else ""
    return Diverged(
        Problem(
            what=f"diverged at step {state.step + 1} (epoch {state.epoch + 1}): {where} is not a finite number{so_far}",
            cure=f"try a smaller learning_rate.initial (this step used {lr:.3g}), normalized inputs, or another init",
        )
    )
