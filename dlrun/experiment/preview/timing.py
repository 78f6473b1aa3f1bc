"""How long a run will take and what it will leave on disk: some real steps, on a state that is thrown away."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import mean, median
from time import perf_counter

import numpy as np

from dlrun.experiment.cadence import AUTO_SECONDS
from dlrun.experiment.preview.schedule import rate_plan
from dlrun.experiment.recording import LAYERS, METRICS, STEPS, TIMINGS, record_every
from dlrun.experiment.setup import Experiment
from dlrun.experiment.threads import pinned
from dlrun.kernels import Clock
from dlrun.nn.metrics import evaluate
from dlrun.nn.network import Network
from dlrun.training.loop import train

WARM_UP, STEPS_TIMED, EVALUATIONS_TIMED = 5, 20, 3
SECONDS = 20.0  # after which what has been timed is enough
ENDLESS = 10**9  # epochs, steps: nothing is evaluated, nothing comes to its end
RATES_LOOKED_AT = 20

# Bytes in a file, as runs have them: a float is written with all its digits, a count in few.
FLOAT, COUNT, LINE_OF_LOG, PREDICTION, DOCUMENTS = 19, 5, 105, 48, 12_000


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds measured and what follows from them; bytes of the process at its largest, and of the run directory.

    total_seconds counts all steps, the evaluations on dev, and the judgement of train and dev at the end.
    """

    steps: int
    seconds_per_step: float
    seconds_per_evaluation: float
    seconds_per_epoch: float
    total_seconds: float
    peak_memory: int
    disk: int


def time_run(experiment: Experiment) -> Timing:
    """Train some steps and evaluate dev for real, then put the parameters back; nothing is written.

    Errors: Diverged if these steps do.
    """
    threads = experiment.spec.training.threads
    assert threads != "auto", "a resolved spec says a number"
    with pinned(threads), _restored(experiment.network), np.errstate(all="ignore"):  # what overflows is found
        steps = list(_step_seconds(experiment))
        evaluation = _evaluation_seconds(experiment)
    step, dev = median(steps), experiment.splits.dev
    evaluations = experiment.total_steps // experiment.plan.evaluate_every
    judged = 1 + (len(experiment.splits.train) / len(dev) if dev else 1)
    total = step * experiment.total_steps + evaluation * (evaluations * bool(dev) + judged)
    return Timing(
        steps=len(steps),
        seconds_per_step=step,
        seconds_per_evaluation=evaluation,
        seconds_per_epoch=step * experiment.steps_per_epoch,
        total_seconds=total,
        peak_memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        disk=disk_bytes(experiment, checkpoints=2 if total > AUTO_SECONDS else 1),
    )


def disk_bytes(experiment: Experiment, *, checkpoints: int = 1) -> int:
    """Return about how large the run directory will be: its checkpoints, the rows of its tables, its documents."""
    state, plan, total = experiment.start(), experiment.plan, experiment.total_steps
    arrays = sum(array.nbytes for array in state.arrays().values())
    best = state.best.theta.nbytes + state.best.stats.nbytes if experiment.splits.dev else 0
    every = record_every(experiment.spec.training.record_steps, total)
    evaluations = total // plan.evaluate_every
    rate = _rate_bytes(experiment)
    layers = len(experiment.spec.architecture.hidden) + 1
    rows = evaluations * (_row(METRICS) + rate + layers * _row(LAYERS) + _row(TIMINGS) + LINE_OF_LOG)
    rows += total // every * (_row(STEPS) + rate) if every else 0
    predictions = PREDICTION * len(experiment.splits.dev) if experiment.splits.dev else 0
    return checkpoints * arrays + best + rows + predictions + DOCUMENTS


def _row(columns: tuple[str, ...]) -> int:
    """Return about how long a row is without its rate, the first two columns being counts and the rest floats."""
    floats = [column for column in columns[2:] if column != "learning_rate"]
    return 2 * COUNT + FLOAT * len(floats)


def _rate_bytes(experiment: Experiment) -> int:
    """Return how long a learning rate is in a table: 0.001 is shorter than most."""
    lengths = [len(str(row.last)) + 1 for row in rate_plan(experiment, RATES_LOOKED_AT).rows]
    return round(mean(lengths)) if lengths else 0


def _step_seconds(experiment: Experiment) -> Iterator[float]:
    """Yield what each step took; the first ones, which fill caches, are not counted."""
    plan = replace(experiment.plan, epochs=ENDLESS, evaluate_every=ENDLESS)
    training = train(experiment.network, plan, experiment.splits, experiment.start())
    clock = Clock()  # compiling kernels, once after an installation, is no step
    began = clock()
    with clock.standing_still():
        for k in range(WARM_UP + STEPS_TIMED):
            before = clock()
            next(training)
            after = clock()
            if k >= WARM_UP or after - began > SECONDS:
                yield after - before
            if after - began > SECONDS:
                return


def _evaluation_seconds(experiment: Experiment) -> float:
    """Return what an evaluation on dev takes; without one, on train, which the end of a run needs."""
    part, seconds = experiment.splits.dev or experiment.splits.train, []
    for _ in range(EVALUATIONS_TIMED):
        before = perf_counter()
        evaluate(experiment.network, experiment.plan.loss, part.x, part.y)
        seconds.append(perf_counter() - before)
        if sum(seconds) > SECONDS:
            break
    return median(seconds)


@contextmanager
def _restored(network: Network) -> Iterator[None]:
    """Put parameters and running averages back as they were."""
    theta, stats = network.params.theta.copy(), network.params.stats.copy()
    try:
        yield
    finally:
        network.params.theta[...] = theta
        network.params.stats[...] = stats
