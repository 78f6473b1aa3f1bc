"""A run of the past, opened again: its spec, its data, its best parameters."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from dlrun import checkpoint
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.experiment.judgement import Judgement, judge
from dlrun.experiment.origins import fingerprint, resolved_spec
from dlrun.experiment.setup import Experiment, set_up
from dlrun.experiment.threads import pinned
from dlrun.rundir.files import read_json
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Look, RunRecord

Part = Literal["train", "dev", "test"]


def reopen(paths: RunPaths, which: checkpoint.Which = "best") -> Experiment:
    """Return the experiment of a run with its best, or its last, parameters.

    Errors: InvalidInput if the data is not what the run was trained on; DlrunError if the run is damaged.
    """
    loaded = resolved_spec(paths)  # the data was checked before it was trained on
    experiment = set_up(replace(loaded, spec=loaded.spec.with_values({"data.checks": "off"})))
    if experiment.splits.sha256 != fingerprint(paths, "data"):
        what = "the data has changed since this run was trained: its fingerprint is another one"
        raise InvalidInput(Problem(what=what, where=str(paths.root), cure="train again, or bring the old file back"))
    checkpoint.load_params(paths, which, experiment.network.params)
    return experiment


def evaluate_part(paths: RunPaths, part: Part) -> tuple[Judgement, RunRecord]:
    """Judge a run's best parameters on one part; a look at test is counted in run.json before it is shown."""
    with lock_run(paths):
        record = RunRecord.load(paths)
        experiment = reopen(paths)
        splits = experiment.splits
        examples = {"train": splits.train, "dev": splits.dev, "test": splits.test}[part]
        if examples is None:
            what = f"this run has no {part} part"
            raise InvalidInput(Problem(what=what, where=str(paths.root), cure=f"give it one with data.split.{part}, and train"))
        threads = experiment.spec.training.threads
        assert threads != "auto", "a resolved spec says a number"
        with pinned(threads), np.errstate(all="ignore"):
            judgement = judge(experiment, examples)
        if part == "test":
            error = judgement.error
            look = Look(time=datetime.now(UTC), part=part, error=error.value, low=error.low, high=error.high, n=error.n)
            record = replace(record, test_looks=(*record.test_looks, look))
            record.save(paths)
        return judgement, record


def stored_diagnosis(paths: RunPaths) -> Diagnosis:
    """Diagnose a finished run again from what it left on disk.

    Errors: DlrunError if it has not finished, or its diagnosis is damaged.
    """
    record = RunRecord.load(paths)
    if not paths.diagnosis.exists():
        what = f"this run has no diagnosis: it is {record.status}" + (f" ({record.stop_reason})" if record.stop_reason else "")
        raise DlrunError(Problem(what=what, where=str(paths.root), cure="train it again: dlrun train " + str(paths.resolved)))
    return Diagnosis.from_json(read_json(paths.diagnosis))
