"""The learning rate before it is used: epoch_num → α, as the training loop will ask for it."""

from dataclasses import dataclass

from dlrun.data.batches import boundaries
from dlrun.experiment.setup import Experiment
from dlrun.nn.schedules import Progress, ReduceOnPlateau
from dlrun.statistics.thinning import spread


@dataclass(frozen=True, kw_only=True)
class RateRow:
    """One epoch: how many were completed before it, and α at its first and its last step."""

    epoch_num: int
    first: float
    last: float


@dataclass(frozen=True, kw_only=True)
class RatePlan:
    """The rates of a run, of some epochs where there are many; depends_on_run says that they may fall earlier or later."""

    epochs: int
    rows: tuple[RateRow, ...]
    depends_on_run: bool


def rate_plan(experiment: Experiment, most: int) -> RatePlan:
    """Return at most so many rows, evenly spread, the first and the last epoch always; α without reductions on a plateau."""
    plan, m = experiment.plan, len(experiment.splits.train)
    starts = [start for start, _ in boundaries(m, plan.batch_size, plan.smallest_batch)]

    def rate(epoch: int, position: int) -> float:
        done = Progress(epoch + starts[position] / m, epoch * len(starts) + position, plan.epochs, plan.epochs * len(starts))
        return plan.learning_rate.at(done)

    return RatePlan(
        epochs=plan.epochs,
        rows=tuple(RateRow(epoch_num=e, first=rate(e, 0), last=rate(e, len(starts) - 1)) for e in spread(plan.epochs, most)),
        depends_on_run=isinstance(plan.learning_rate.decay, ReduceOnPlateau),
    )
