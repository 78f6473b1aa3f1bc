"""The diagnosis of several runs that differ by chance: of the mean of their errors."""

from collections.abc import Sequence
from dataclasses import replace
from math import fsum

from dlrun.diagnosis.beside import Baseline, Beside, LastErrors
from dlrun.diagnosis.errors import Errors, Measure, in_metric
from dlrun.diagnosis.ladder import Diagnosis, diagnose
from dlrun.statistics.calibration import Calibration
from dlrun.statistics.intervals import Estimate
from dlrun.statistics.means import mean_error, mean_interval


def averaged(diagnoses: Sequence[Diagnosis]) -> Diagnosis:
    """Return the diagnosis of the mean errors; its limits hold the chance of the examples, and that of training.

    Target and tolerance are those of the first. A part counts if every run has it, test if it was looked at in each; so do the
    baselines, calibration and the last dev errors.
    Errors: ValueError without diagnoses.
    """
    if not diagnoses:
        raise ValueError("no diagnosis has no mean")
    first = diagnoses[0]
    means = _means([one.errors for one in diagnoses])
    errors = replace(
        first.errors,
        train=means["train"],
        train_dev=means.get("train_dev"),
        dev=means.get("dev"),
        test=means.get("test"),
        test_looks=max(one.errors.test_looks for one in diagnoses) if "test" in means else 0,
    )
    scale = fsum(one.scale for one in diagnoses) / len(diagnoses)
    beside = _beside([one.beside for one in diagnoses])
    return diagnose(errors, tolerance=first.tolerance, scale=scale, other=_other(diagnoses, errors), beside=beside)


def _means(errors: Sequence[Errors]) -> dict[str, Estimate]:
    """Return the mean of each part that all of them have."""
    parts = {part: [one.parts[part] for one in errors if part in one.parts] for part in errors[0].parts}
    return {part: mean_error(found) for part, found in parts.items() if len(found) == len(errors)}


def _other(diagnoses: Sequence[Diagnosis], errors: Errors) -> Measure | None:
    """Return the mean rungs in another metric, if every run has them in the same one."""
    measures = [one.other for one in diagnoses if one.other]
    if len(measures) < len(diagnoses) or len({one.errors.rung_metric for one in measures}) > 1:
        return None
    first, means = measures[0].errors, _means([one.errors for one in measures])
    mean = in_metric(errors, first.rung_metric, means, target=first.target, target_assumed=first.target_assumed)
    return Measure(errors=mean, scale=fsum(one.scale for one in measures) / len(measures))


def _beside(found: Sequence[Beside]) -> Beside:
    kinds = [baseline.kind for baseline in found[0].baselines]
    alike = all([baseline.kind for baseline in one.baselines] == kinds for one in found)
    return Beside(
        baselines=tuple(map(_baseline, zip(*(one.baselines for one in found), strict=True))) if alike else (),
        calibration=_calibration([one.calibration for one in found if one.calibration], len(found)),
        last=_last([one.last for one in found if one.last], len(found)),
    )


def _baseline(found: Sequence[Baseline]) -> Baseline:
    difference = mean_interval([one.difference for one in found])
    return Baseline(kind=found[0].kind, error=mean_error([one.error for one in found]), difference=difference)


def _calibration(found: Sequence[Calibration], runs: int) -> Calibration | None:
    if len(found) < runs:
        return None
    ece, brier = (mean_error([getattr(one, key) for one in found]) for key in ("ece", "brier"))
    return Calibration(ece=ece, brier=brier, bins=min(one.bins for one in found))


def _last(found: Sequence[LastErrors], runs: int) -> LastErrors | None:
    if len(found) < runs:
        return None
    mean, epoch = fsum(one.median for one in found) / runs, min(one.from_epoch for one in found)
    return LastErrors(median=mean, rows=min(one.rows for one in found), from_epoch=epoch)
