"""The diagnosis of several runs that differ by chance: of the mean of their errors."""

from collections.abc import Sequence
from dataclasses import replace
from math import fsum

from dlrun.diagnosis.ladder import Diagnosis, diagnose
from dlrun.statistics.intervals import Estimate
from dlrun.statistics.means import mean_error


def averaged(diagnoses: Sequence[Diagnosis]) -> Diagnosis:
    """Return the diagnosis of the mean errors; its limits hold the chance of the examples, and that of training.

    Target and tolerance are those of the first. A part counts if every run has it.
    Errors: ValueError without diagnoses.
    """
    if not diagnoses:
        raise ValueError("no diagnosis has no mean")
    first = diagnoses[0]
    parts = {part: [one.errors.parts[part] for one in diagnoses if part in one.errors.parts] for part in first.errors.parts}
    means: dict[str, Estimate] = {part: mean_error(found) for part, found in parts.items() if len(found) == len(diagnoses)}
    errors = replace(first.errors, train=means["train"], train_dev=means.get("train_dev"), dev=means.get("dev"))
    scale = fsum(one.scale for one in diagnoses) / len(diagnoses)
    return diagnose(errors, tolerance=first.tolerance, scale=scale)
