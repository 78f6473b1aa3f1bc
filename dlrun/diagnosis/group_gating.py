"""A gate on several runs of one recipe: judged on their mean, by limits that know what chance does to training, too."""

from collections.abc import Sequence
from dataclasses import replace
from math import fsum, hypot, inf, isfinite

from dlrun.diagnosis.gates import Bound, Gate
from dlrun.diagnosis.gating import Judged, Measured, judge, unknown
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.measuring import of_diagnosis
from dlrun.diagnosis.quantities import quantity_of
from dlrun.statistics.means import mean_of

MORE_SEEDS = "no number of examples would decide, training's chance leaves it open: more seeds would narrow that"


def judge_together(gate: Gate, rows: Sequence[Judged], mean: Diagnosis) -> Judged:
    """Judge a gate on the mean of some runs, whose own rows say what was measured of each; mean is their mean diagnosis.

    Errors and gaps are those of the mean diagnosis. Of counts, which are known exactly, the one counts that is farthest from
    passing: every run must pass. All else is the mean of what was measured, with limits by the square-and-add rule.
    """
    measured = None if gate.against else of_diagnosis(gate.quantity, mean)
    if measured is None and (lacking := next((row for row in rows if row.value is None), None)):
        return unknown(gate, lacking.note)
    scale = quantity_of(gate.quantity).scale
    if measured is None and scale == "count":
        return _worst(gate, rows)
    measured = measured or mean_measured(rows, most=1.0 if scale == "share" else inf)
    judged = judge(gate, measured, mean.tolerance * mean.scale)
    left_open = judged.outcome == "inconclusive" and judged.needed_n is None and isfinite(measured.low + measured.high)
    return replace(judged, note=MORE_SEEDS) if left_open and len({row.value for row in rows}) > 1 else judged


def mean_measured(rows: Sequence[Judged], *, most: float = inf) -> Measured:
    """Return the mean x̄ of what was measured of each run on n examples, with x̄ ± √(s² + c²) on either side.

    s is the mean half width, which the examples leave open, c that of Student's limits of the mean, which training does; of one
    run nothing is known of c, and nothing is added.
    """
    values = [row.value for row in rows if row.value is not None]
    found, runs = mean_of(values), len(rows)
    chance = (found.value - found.low, found.high - found.value) if runs > 1 else (0.0, 0.0)
    below = fsum(value - (-inf if row.low is None else row.low) for row, value in zip(rows, values, strict=True)) / runs
    above = fsum((inf if row.high is None else row.high) - value for row, value in zip(rows, values, strict=True)) / runs
    n = min((row.n for row in rows if row.n is not None), default=None)
    low, high = found.value - hypot(below, chance[0]), min(most, found.value + hypot(above, chance[1]))
    return Measured(found.value, low, high, n, chance=chance)


def _worst(gate: Gate, rows: Sequence[Judged]) -> Judged:
    assert isinstance(gate.condition, Bound), "only errors are compared with another run's"
    largest = gate.condition.operator.startswith("<")
    return (max if largest else min)(rows, key=lambda row: row.value or 0.0)
