"""The training loop: the textbook, in the textbook's order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt

from dlrun.data.batches import Batches
from dlrun.data.splits import Splits
from dlrun.kernels import at_work
from dlrun.nn.gradient import Gradient
from dlrun.nn.metrics import Score, evaluate, finite_or_none, watched
from dlrun.nn.network import Network
from dlrun.nn.schedules import Progress, ReduceOnPlateau
from dlrun.training.divergence import LOOK_EVERY, Moments, Pace, diverged, require_finite_means, require_finite_update
from dlrun.training.health import Health, LayerHealth
from dlrun.training.plan import Plan
from dlrun.training.state import State


@dataclass(frozen=True)
class Evaluation:
    """A row of metrics.csv: train figures are running means over the epoch, cost is train_loss plus the penalties.

    Parts that are not there have no figures, nor has a part whose score is not finite; the last two columns are written only
    where there is a train_dev part.
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
    layers: Sequence[LayerHealth] = ()  # of the evaluation, if there is one


def train(network: Network, plan: Plan, splits: Splits, state: State) -> Iterator[StepEnd]:
    """Train until plan.epochs; state is complete at every yield, so whoever iterates may log, save, or stop."""
    with at_work(network.kernels, network.dtype):
        yield from _steps(network, plan, splits, state)


def _steps(network: Network, plan: Plan, splits: Splits, state: State) -> Iterator[StepEnd]:
    """Take the steps of train, the textbook's."""
    batches = Batches(splits.train, plan.batch_size, plan.seed, smallest=plan.smallest_batch, kernels=network.kernels)
    step_end, pace, health, params, m = StepEnd(), Pace(), Health(network), network.params, len(splits.train)
    total_steps = plan.epochs * len(batches)
    gradient, moments = Gradient(network, plan.loss, plan.penalties), Moments(state.slots)
    while not state.finished(plan.epochs):
        state.begin_epoch(plan.seed)
        for batch in batches.epoch(state.epoch, state.position):  # shuffled by (seed, epoch), from state.position on
            epoch = state.epoch
            lr = pace.lr = plan.learning_rate.at(
                Progress(state.epochs_passed(m), state.step, plan.epochs, total_steps, state.plateau.reductions)
            )
            loss, error_sum, squared_norm, finite = gradient(
                batch.x, batch.y, state.dropout_rng, look=state.step % LOOK_EVERY == 0
            )
            cost = loss + sum(penalty.cost(params) for penalty in plan.penalties)
            finite = finite and isfinite(lr) and isfinite(cost) and isfinite(squared_norm)
            if not (finite and moments.finite(squared_norm)):
                raise diverged(network, plan, state, batch, pace, loss)  # before the update: the parameters stay good
            pace.gradient_norm = sqrt(squared_norm)
            if plan.clip:
                plan.clip.apply(params, squared_norm)
            last = state.epoch + 1 == plan.epochs and state.position + len(batch) >= m
            if due := last or (state.step + 1) % plan.evaluate_every == 0:
                health.before_update()
            plan.optimizer.step(
                params.theta, params.grad, state.slots, params.scratch, lr, state.step + 1,
                weights=params.weights, kernels=network.kernels,
            )  # fmt: skip
            if plan.max_norm:
                plan.max_norm.apply(params, network.kernels)
            state.step_done(len(batch.x), m, loss, error_sum)
            step_end.step, step_end.epoch, step_end.learning_rate, step_end.cost = state.step, epoch, lr, cost
            step_end.evaluation, step_end.layers = evaluate_now(network, plan, splits, state, pace, health) if due else (None, ())
            yield step_end
            if state.finished(plan.epochs):
                return


def evaluate_now(
    network: Network, plan: Plan, splits: Splits, state: State, pace: Pace, health: Health
) -> tuple[Evaluation, Sequence[LayerHealth]]:
    """Score dev, keep the best parameters, and set state.stop_reason when patience is at its end.

    Errors: Diverged, before anything is scored, if something that would be kept or written is not finite.
    """
    require_finite_update(network, plan, state, pace)
    health.after_update()
    epoch, train_loss = state.epochs_passed(len(splits.train)), state.loss_sum / state.seen
    cost = train_loss + sum(penalty.cost(network.params) for penalty in plan.penalties)
    train_error = plan.error_unit * plan.loss.error(state.error_sum, state.seen)
    require_finite_means(network, plan, state, pace, {"cost": cost, "train_loss": train_loss, "train_error": train_error})
    dev = evaluate(network, plan.loss, splits.dev.x, splits.dev.y, health.watch) if splits.dev else None
    if dev:
        state.best.offer(dev, epoch, state.step, network.params)
    else:
        watched(network, splits.train.x[: network.max_batch], health.watch)
    held = evaluate(network, plan.loss, splits.train_dev.x, splits.train_dev.y) if splits.train_dev else None
    if isinstance(plan.learning_rate.decay, ReduceOnPlateau):
        state.plateau.observe(dev.loss if dev else train_loss, plan.learning_rate.decay)
    row = Evaluation(
        epoch=epoch,
        step=state.step,
        learning_rate=pace.lr,
        cost=cost,
        train_loss=train_loss,
        train_error=train_error,
        weight_norm=network.params.weight_norm(),
        **scored("dev", dev, plan),
        **scored("train_dev", held, plan),
    )
    if plan.early_stopping:
        state.stop_reason = state.waiting.observe(vars(row), epoch, plan.early_stopping)
    return row, health.layers()


def scored(part: str, score: Score | None, plan: Plan) -> dict[str, float | None]:
    """Return a part's two cells, the error in the target's units; empty without the part, or where a figure is not finite."""
    loss, error = (score.loss, plan.error_unit * score.error) if score else (nan, nan)
    return {f"{part}_loss": finite_or_none(loss), f"{part}_error": finite_or_none(error)}
