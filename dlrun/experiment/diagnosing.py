"""The diagnosis of a run that ends: errors of its parts, the same in the metric asked for, and what stands beside them."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from dlrun.arrays import IntArray
from dlrun.data.findings import Finding
from dlrun.diagnosis.beside import Beside, LastErrors
from dlrun.diagnosis.errors import LONGEST_NAME, MOST_COLUMNS, Errors, Measure, in_metric
from dlrun.diagnosis.ladder import Diagnosis, diagnose
from dlrun.experiment.baselines import baselines, usual_loss
from dlrun.experiment.judgement import Judgement
from dlrun.experiment.setup import Experiment
from dlrun.printable import printable
from dlrun.rundir.curves import Points
from dlrun.statistics.calibration import Calibration, calibration
from dlrun.statistics.intervals import Estimate
from dlrun.statistics.scores import auc_score, f1_score, harmonic_size, loss_estimate, shortfall


def diagnose_run(experiment: Experiment, judged: Mapping[str, Judgement], dev_errors: Points) -> Diagnosis:
    """Compare the target with the errors of the parts; for regression the tolerance is in units of the target's deviation.

    dev_errors are those of metrics.csv, by epoch.
    """
    told, noise, plan = experiment.spec.diagnosis, experiment.spec.data.label_noise, experiment.plan
    drifts = (found for found in experiment.findings if found.check == "drift" and found.severity != "fine")
    of_error = told.metric == "error"
    errors = Errors(
        target=told.target_error or 0.0 if of_error else 0.0,
        target_assumed=told.target_error is None or not of_error,
        dev_is_unlike_train=any(set(found.parts) == {"train", "dev"} for found in drifts),
        dev_extremes=_extremes(experiment.findings),
        wrong_labels=tuple(part for part, share in noise.shares.items() if share) if noise else (),
        train=judged["train"].error,
        train_dev=judged["train_dev"].error if "train_dev" in judged else None,
        dev=judged["dev"].error if "dev" in judged else None,
    )
    return diagnose(
        errors,
        tolerance=told.tolerance,
        scale=plan.error_unit,
        other=_measure(experiment, judged, errors),
        beside=_beside(experiment, judged.get("dev"), dev_errors),
    )


def _extremes(findings: Iterable[Finding]) -> tuple[tuple[str, int], ...]:
    """Return the columns of dev with values beyond 10 deviations of train, those with most first."""
    for found in findings:
        if found.check == "extreme_values" and found.parts == ("dev",):
            named = {printable(name)[:LONGEST_NAME]: int(count) for name, count in found.facts["columns"].items()}
            return tuple(named.items())[:MOST_COLUMNS]
    return ()


def _measure(experiment: Experiment, judged: Mapping[str, Judgement], errors: Errors) -> Measure | None:
    """Return the rungs in another metric, if the spec asks for one."""
    told, seed, n_classes = experiment.spec.diagnosis, experiment.spec.seed, len(experiment.splits.classes or ())
    if told.metric == "error":
        return None
    loss = experiment.plan.loss

    def of_losses(part: Judgement) -> Estimate | None:
        return loss_estimate(part.losses, seed)

    def of_f1(part: Judgement) -> Estimate | None:
        y = _classes(part)
        score = f1_score(y, loss.predict(part.z).argmax(axis=1), n_classes, seed)
        return shortfall(score, harmonic_size(y))

    def of_auc(part: Judgement) -> Estimate | None:
        y = _classes(part)
        return shortfall(auc_score(y, loss.predict(part.z), seed), harmonic_size(y, against_rest=True))

    measures: dict[str, Callable[[Judgement], Estimate | None]] = {"loss": of_losses, "macro_f1": of_f1, "auc": of_auc}
    parts = {name: estimate for name, part in judged.items() if (estimate := measures[told.metric](part)) is not None}
    if len(parts) < len(judged):
        return None  # set_up has refused what cannot be measured
    scale = usual_loss(loss, experiment.splits.train, n_classes) if told.metric == "loss" else 1.0
    target, assumed = told.target_error or 0.0, told.target_error is None
    return Measure(errors=in_metric(errors, told.metric, parts, target=target, target_assumed=assumed), scale=scale)


def _classes(part: Judgement) -> IntArray:
    return part.examples.y.astype(np.int64)


def _beside(experiment: Experiment, dev: Judgement | None, dev_errors: Points) -> Beside:
    if dev is None:
        return Beside()
    return Beside(baselines=baselines(experiment, dev), calibration=_calibration(experiment, dev), last=LastErrors.of(dev_errors))


def _calibration(experiment: Experiment, dev: Judgement) -> Calibration | None:
    """Return how far the probabilities that stand in predictions/dev.csv are to be believed; None of a regression."""
    classes, y = experiment.splits.classes, dev.examples.y
    if classes is None:
        return None
    predicted = experiment.plan.loss.predict(dev.z)
    if len(classes) == 2:
        return calibration(predicted[:, 1], np.asarray(y == 1), experiment.spec.seed)
    return calibration(predicted.max(axis=1), np.asarray(predicted.argmax(axis=1) == y), experiment.spec.seed)
