"""The course of a run's training, measured from what it wrote: steps.csv, metrics.csv, layers.csv, and its first step again.

Nothing here looks at a clock: a run that was interrupted and resumed has the course of one that was not.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from dlrun.arrays import Array
from dlrun.diagnosis.course import Course, Rises
from dlrun.diagnosis.layer_health import LayerHealth, LayerNumbers
from dlrun.diagnosis.optimization import ANY_RISE
from dlrun.diagnosis.reading import LARGEST
from dlrun.diagnosis.setting import KNOBS, Setting
from dlrun.experiment.first_step import FirstStep, Layer, look_at_first_step
from dlrun.experiment.setup import Experiment
from dlrun.nn.layers import BatchNorm, Dropout
from dlrun.rundir.histories import finite, read_columns
from dlrun.rundir.paths import RunPaths
from dlrun.statistics.intervals import Interval
from dlrun.statistics.trend import block_means, scatter, slope
from dlrun.training.state import State

BLOCKS = 20  # averages over the run: each of a twentieth, so that chance of mini-batches is small and the course still shows
LAST = 2  # blocks whose mean is the end
SAME = 2_000  # examples in an average, or half of the training set: with fewer, averages differ by which examples they hold
FEWEST_LATER = 5  # averages that a slope is laid through; of the scatter, the later half of ten
FEWEST = 3  # costs without which there is no course


def course_of(experiment: Experiment, paths: RunPaths, state: State) -> tuple[Course, LayerHealth]:
    """Measure the course of a run that has ended, and the health of its layers; the network is left at its initial weights.

    What a child run went on from is part of its files, and of its course.
    """
    first = look_at_first_step(experiment)
    health = _health(paths, first)
    return _course(experiment, paths, state, first, health), health


def setting_of(experiment: Experiment, *, stopped_early: bool = False) -> Setting:
    """Return the knobs of an experiment that cures turn."""
    spec, plan = experiment.spec, experiment.plan
    hidden, told = spec.architecture.hidden, spec.architecture
    layers = [placed.layer for placed in experiment.network.placed]
    return Setting(
        optimizer=spec.optimizer.kind,
        rate=spec.learning_rate.initial,
        decay=spec.learning_rate.decay.kind,
        warmup=spec.learning_rate.warmup > 0,
        activation=told.activation.kind,
        init=told.init.kind,
        normalize=spec.data.normalize.kind,
        batch_norm=any(isinstance(layer, BatchNorm) for layer in layers),
        dropout=any(isinstance(layer, Dropout) for layer in layers),
        **{f"own_{knob}": any(getattr(layer, knob) is not None for layer in hidden) for knob in KNOBS},
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        m=len(experiment.splits.train),
        stopped_early=stopped_early,
    )


def _course(experiment: Experiment, paths: RunPaths, state: State, first: FirstStep, health: LayerHealth) -> Course:
    setting = setting_of(experiment, stopped_early=state.stop_reason is not None)
    epochs = state.epochs_passed(len(experiment.splits.train))
    found = Course(
        setting=setting,
        regression=experiment.plan.loss.regression,
        steps=state.step,
        epochs=epochs,
        end_loss=_last_loss(paths),
        update=health.update,
    )
    losses = {"chance": first.chance, "constant": first.constant, "initial": first.loss, "start": first.cost}
    found = replace(found, **{name: _told(value) for name, value in losses.items()})  # type: ignore[arg-type]
    steps, costs = _costs(paths)
    if len(costs) < FEWEST:
        return found
    m = len(experiment.splits.train)
    portions = int(epochs * m / min(max(m / 2, 1), SAME))
    means = block_means(costs, min(BLOCKS, max(portions, FEWEST)), period=max(1, round(len(costs) / max(epochs, 1))))
    later = means[-max(len(means) // 2, FEWEST_LATER) :]
    line = slope(later)
    an_epoch = len(means) / epochs if epochs else 1.0  # averages
    return replace(
        found,
        end=float(means[-LAST:].mean()),
        lowest=float(means.min()),
        highest=float(means.max()),
        slope=Interval(*(an_epoch * value for value in vars(line).values())) if line else None,
        scatter=scatter(later) if len(means) >= 2 * FEWEST_LATER else None,
        rises=_rises(steps, costs) if setting.exact else None,
    )


def _costs(paths: RunPaths) -> tuple[list[int], Array]:
    """Return steps and their costs: of every step that was recorded, or else of every evaluation."""
    for path in (paths.steps, paths.metrics):
        rows = [(finite(step), finite(cost)) for step, cost in read_columns(path, ("step", "cost"))]
        known = [(int(step), cost) for step, cost in rows if step is not None and cost is not None]
        if len(known) >= FEWEST:
            return [step for step, _ in known], np.array([cost for _, cost in known])
    return [], np.zeros(0)


def _rises(steps: Sequence[int], costs: Array) -> Rises:
    """Return where the cost rose from one recorded step to the next."""
    shares = np.diff(costs) / np.maximum(np.abs(costs[:-1]), np.finfo(np.float64).tiny)
    rose = np.flatnonzero(shares > ANY_RISE)
    if not len(rose):
        return Rises(count=0, steps=len(costs) - 1, first=0, largest=0.0)
    largest = min(float(shares[rose].max()), LARGEST)
    return Rises(count=len(rose), steps=len(costs) - 1, first=steps[int(rose[0]) + 1], largest=largest)


def _last_loss(paths: RunPaths) -> float | None:
    losses = [finite(cell) for (cell,) in read_columns(paths.metrics, ("train_loss",))]
    return losses[-1] if losses else None


COLUMNS = ("layer", "weight_norm", "gradient_norm", "update_norm", "activation_norm", "dead", "saturated")


def _health(paths: RunPaths, first: FirstStep) -> LayerHealth:
    """Return the layers as they were before the first step, at the last evaluation, and their updates over the run."""
    rows: dict[str, list[list[float | None]]] = {layer.name: [] for layer in first.layers}
    for name, *cells in read_columns(paths.layers, COLUMNS):
        if name in rows:
            rows[name].append([finite(cell) for cell in cells])
    return LayerHealth(layers=tuple(_numbers(layer, rows[layer.name]) for layer in first.layers))


def _numbers(layer: Layer, rows: Sequence[Sequence[float | None]]) -> LayerNumbers:
    last = rows[-1] if rows else [None] * (len(COLUMNS) - 1)
    _, gradient, _, activation, dead, saturated = last
    return LayerNumbers(
        layer=layer.name,
        first_activation=_told(layer.activation),
        first_gradient=_told(layer.gradient),
        first_dead=layer.dead,
        first_saturated=layer.saturated,
        activation=activation,
        gradient=gradient,
        update=_update(rows),
        dead=dead,
        saturated=saturated,
    )


def _update(rows: Sequence[Sequence[float | None]]) -> float | None:
    """Return the median of ‖ΔW‖/‖W‖ over the evaluations; weights of norm 0 have none."""
    shares = [change / norm for norm, _, change, *_ in rows if norm and change is not None]
    return median(shares) if shares else None


def _told(value: float | None) -> float | None:
    """Return a number that JSON has a word for, None for what is not finite."""
    return value if value is not None and np.isfinite(value) else None
