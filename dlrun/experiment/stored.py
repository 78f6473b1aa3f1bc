"""A run of the past, opened again: its spec, its data, its best parameters."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from dlrun import checkpoint
from dlrun.diagnosis.average import averaged
from dlrun.diagnosis.errors import ESTIMATES, estimate_from_json
from dlrun.diagnosis.ladder import Diagnosis, with_test
from dlrun.diagnosis.learning_curve import LearningCurve
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.experiment.judgement import Judgement, judge
from dlrun.experiment.origins import fingerprint, resolved_spec, stored_preparation
from dlrun.experiment.setup import Experiment, set_up
from dlrun.experiment.threads import pinned
from dlrun.rundir.files import read_json
from dlrun.rundir.groups import Group, group_of, siblings
from dlrun.rundir.listing import read_run
from dlrun.rundir.locking import lock_run
from dlrun.rundir.own import own_folder
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Look, RunRecord
from dlrun.statistics.intervals import Estimate
from dlrun.statistics.scores import Scores, class_scores, regression_scores

LARGEST_DIAGNOSIS = LARGEST_CURVE = 2**20  # bytes

Part = Literal["train", "train_dev", "dev", "test"]


def reopen(paths: RunPaths, which: checkpoint.Which = "best") -> Experiment:
    """Return the experiment of a run with its best, or its last, parameters.

    Errors: InvalidInput if the data is not what the run was trained on; DlrunError if the run is damaged.
    """
    experiment = untrained(paths)
    own_folder(paths.checkpoints)
    checkpoint.load_params(paths, which, experiment.network.params)
    return experiment


def untrained(paths: RunPaths) -> Experiment:
    """Return the experiment of a run as it was before the first step, on the data it was trained on; errors as in `reopen`."""
    loaded = resolved_spec(paths)  # the data was checked before it was trained on; both kinds of kernels infer the same
    experiment = set_up(replace(loaded, spec=loaded.spec.with_values({"data.checks": "off", "training.kernels": "numpy"})))
    if experiment.splits.sha256 != fingerprint(paths, "data"):
        what = "the data has changed since this run was trained: its fingerprint is another one"
        raise InvalidInput(Problem(what=what, where=str(paths.root), cure="train again, or bring the old file back"))
    return experiment


def evaluate_part(paths: RunPaths, part: Part) -> tuple[Judgement, RunRecord]:
    """Judge a run's best parameters on one part; a look at test is counted in run.json before it is shown."""
    with lock_run(paths) as paths:
        record = RunRecord.load(paths)
        experiment = reopen(paths)
        splits = experiment.splits
        parts = {"train": splits.train, "train_dev": splits.train_dev, "dev": splits.dev, "test": splits.test}
        examples = parts[part]
        if examples is None:
            key = "data.train_dev" if part == "train_dev" else f"data.split.{part}"
            what = f"this run has no {part} part"
            raise InvalidInput(Problem(what=what, where=str(paths.root), cure=f"give it one with {key}, and train"))
        with pinned(experiment.threads), np.errstate(all="ignore"):
            judgement = judge(experiment, examples)
        if part == "test":
            record = note_look(paths, record, judgement)
        return judgement, record


def note_look(paths: RunPaths, record: RunRecord, judgement: Judgement) -> RunRecord:
    """Count a look at test in run.json; whoever calls holds the run's lock."""
    error = judgement.error
    look = Look(time=datetime.now(UTC), part="test", error=error.value, low=error.low, high=error.high, n=error.n)
    record = replace(record, test_looks=(*record.test_looks, look))
    record.save(paths)
    return record


def scores_of(paths: RunPaths, judgement: Judgement) -> Scores:
    """Return what a run is worth on the examples of a judgement beyond its error; the run's seed draws the limits."""
    spec, preparation = resolved_spec(paths).spec, stored_preparation(paths)
    assert spec.loss != "auto", "a resolved spec names its loss"
    y, predicted = judgement.examples.y, spec.loss.predict(judgement.z)
    if preparation.classes:
        return class_scores(y, predicted, preparation.classes.names, spec.seed)
    scale = preparation.target_scale
    assert scale, "real targets are scaled"
    return regression_scores(scale.original(y.astype(np.float64)), scale.original(predicted), spec.seed)


def completed_group(paths: RunPaths) -> Group:
    """Return the runs that differ from one by their seed alone.

    Errors: InvalidInput if fewer than two of them are complete.
    """
    group = group_of(read_run(paths), siblings(paths))
    if group is None or len(group.judged) < 2:
        what = "no other completed run differs from this one by its seed alone"
        raise InvalidInput(Problem(what=what, where=str(paths.root), cure=f"dlrun train {paths.resolved} --seeds 5"))
    return group


def group_diagnosis(group: Group) -> Diagnosis:
    """Diagnose the mean errors of the completed runs of a group, of which there are some."""
    return averaged([stored_diagnosis(run.paths) for run in group.judged])


def stored_diagnosis(paths: RunPaths) -> Diagnosis:
    """Diagnose a finished run again from what it left on disk; whether test was looked at, its record knows.

    Errors: DlrunError if it has not finished, or its diagnosis or a look at test is damaged.
    """
    record = RunRecord.load(paths)
    if record.status == "diverged":  # whatever its errors were, they say nothing about bias and variance
        what = f"optimization, and nothing else can be said: this run {record.stop_reason}"
        cure = f"train again with smaller steps: dlrun train {paths.resolved} -s learning_rate.initial=…"
        raise DlrunError(Problem(what=what, where=str(paths.root), cure=cure))
    if not paths.diagnosis.exists():
        what = f"this run has no diagnosis: it is {record.status}" + (f" ({record.stop_reason})" if record.stop_reason else "")
        raise DlrunError(Problem(what=what, where=str(paths.root), cure="train it again: dlrun train " + str(paths.resolved)))
    found = Diagnosis.from_json(read_json(paths.diagnosis, LARGEST_DIAGNOSIS))
    looks = [look for look in record.test_looks if look.part == "test"]
    return with_test(found, looked_at(found, looks[-1]) if looks else None, len(looks))


def looked_at(found: Diagnosis, look: Look) -> Estimate:
    """Return the error that a look saw, in the metric of a run's errors. Errors: DlrunError if it is damaged."""
    kind = ESTIMATES[found.errors.metric]
    try:
        return estimate_from_json(vars(look), kind, found.errors.train.confidence)
    except (ValueError, OverflowError) as error:
        raise DlrunError(f"the stored look at test is damaged: {error}"[:200]) from error


def stored_learning_curve(paths: RunPaths) -> LearningCurve | None:
    """Return the learning curve that `dlrun diagnose RUN --learning-curve` has left beside a run, fitted again; None without one.

    Errors: DlrunError if it is damaged.
    """
    if not paths.learning_curve.exists():
        return None
    return LearningCurve.from_json(read_json(paths.learning_curve, LARGEST_CURVE))
