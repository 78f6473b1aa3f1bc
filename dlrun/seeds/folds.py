"""One experiment trained on folds of its data: every row is in dev once, so all of them judge.

For few examples. The test part stays out, the other rows are divided into K folds; run k has fold k as dev and trains on the
others, on which alone its normalization, imputation and categories are measured. What the runs predict of their dev rows is
pooled in one table, as if one model had judged them all. The errors of folds are not quite independent, since any two share most
of their training rows: no estimate of their variance is unbiased, and the interval of the pooled table may be somewhat narrow.
Source: Bengio & Grandvalet 2004, JMLR 5, 1089–1105.
"""

import csv
import io
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from math import fsum, sqrt
from pathlib import Path

import numpy as np

from dlrun.data.splitting import Fold
from dlrun.diagnosis.gates import Gates
from dlrun.diagnosis.gating import Judged
from dlrun.diagnosis.ladder import Diagnosis, diagnose
from dlrun.errors import DlrunError, InvalidInput, Problem, raise_all
from dlrun.experiment.setup import choose_rows, set_up
from dlrun.gates.stored import judge_again
from dlrun.kernels import NUMPY
from dlrun.rundir import disk
from dlrun.rundir.files import read_bytes, write_atomically, write_json
from dlrun.rundir.growing import csv_bytes
from dlrun.rundir.ids import create_run, point_latest_at
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.predictions import COLUMNS, LARGEST
from dlrun.rundir.record import RunRecord
from dlrun.seeds.gating import classes_of, instead
from dlrun.seeds.jobs import Done, Job
from dlrun.spec import LoadedSpec
from dlrun.statistics.intervals import Estimate, Proportion, root_mean_square, wilson

Rows = list[list[str]]
Pooled = tuple[RunPaths, RunRecord, Diagnosis]


def fold_jobs(loaded: LoadedSpec, overrides: Sequence[str], count: int) -> list[Job]:
    """Return one job a fold, on one thread each; whether every fold can be trained is seen before the first one is.

    What a child's overrides say, `dlrun train SPEC` may be given by hand: the run is the same, byte for byte. Gates are not asked
    of one fold, but of all of them pooled.
    Errors: InvalidInput with what is wrong with any of the folds, or with a gate.
    """
    spec = loaded.spec
    if spec.data.train_dev:
        what = "folds are divided into train and dev alone, there is no train-dev part"
        raise InvalidInput(loaded.problem("data.train_dev", what, "-s data.train_dev=0"))
    if spec.diagnosis.metric != "error":
        what = f"diagnosis.metric is {spec.diagnosis.metric}: folds are pooled and judged by their errors"
        raise InvalidInput(loaded.problem("diagnosis.metric", what, "-s diagnosis.metric=error"))
    jobs = []
    for number in range(1, count + 1):
        split = replace(spec.data.split, train=None, dev=None, fold=Fold(number=number, of=count))
        child = loaded.with_values({"seeds": 1, "data.split": split, "training.threads": 1, "gates": Gates()})
        ours = (
            "seeds=1",
            "training.threads=1",
            "data.split.train=null",
            "data.split.dev=null",
            *(instead(Gates()) if spec.gates else ()),
        )
        told = (*overrides, *ours, f"data.split.fold={{number: {number}, of: {count}}}")
        jobs.append(Job(child, told, label=f"fold {number} of {count}"))
    raise_all(dict.fromkeys(problem for job in jobs for problem in _problems(job)))
    if spec.gates:
        set_up(jobs[0].loaded.with_values({"gates": spec.gates}), kernels=NUMPY)
    return jobs


def _problems(job: Job) -> tuple[Problem, ...]:
    try:
        choose_rows(job.loaded)
    except InvalidInput as error:
        return error.problems
    return ()


def pool(
    finished: Sequence[Done], loaded: LoadedSpec, runs_dir: Path, *, argv: Sequence[str], overrides: Sequence[str]
) -> Pooled:
    """Make the run in which the predictions of all folds stand together, born whole: run.json is written last.

    Errors: DlrunError if a row is in several folds, or nothing can be written.
    """
    rows = pooled_rows(finished)
    diagnosis = pooled_diagnosis(finished, rows)
    paths = create_run(runs_dir, loaded.spec.name)
    with lock_run(paths):
        try:
            write_atomically(paths.spec, loaded.text)
            write_atomically(paths.predictions_of("dev"), csv_bytes([COLUMNS, *rows]))
            record = replace(_record(finished, rows, diagnosis, paths), argv=tuple(argv), overrides=tuple(overrides))
            gates = [row.to_json() for row in _judged(finished, loaded, paths, record, diagnosis)]
            record.spec["gates"], record.summary["gates"] = loaded.spec.gates.written, gates
            write_json(paths.diagnosis, diagnosis.to_json() | {"gates": gates})
            record.save(paths)
        except BaseException:
            with suppress(OSError):
                disk.remove_tree(paths.root)
            raise
    point_latest_at(paths)
    return paths, record, diagnosis


def _judged(
    finished: Sequence[Done], loaded: LoadedSpec, paths: RunPaths, record: RunRecord, diagnosis: Diagnosis
) -> tuple[Judged, ...]:
    """Judge the gates of the spec by what all folds predicted together."""
    first = finished[0].paths
    assert first, "only what finished is pooled"
    return judge_again(paths, record, diagnosis, loaded.spec.gates.values(), lambda: classes_of(first))


def pooled_rows(finished: Sequence[Done]) -> Rows:
    """Return the rows of every fold's predictions, as they stand in its file, in the order of the data.

    Errors: DlrunError if an id is there twice.
    """
    rows: Rows = []
    for done in finished:
        assert done.paths, "only what finished is pooled"
        text = read_bytes(done.paths.predictions_of("dev"), LARGEST).decode()
        _, *found = csv.reader(io.StringIO(text, newline=""))
        rows += found
    rows.sort(key=lambda row: int(row[0]))
    if len({row[0] for row in rows}) != len(rows):
        raise DlrunError("a row is in several folds: the data has changed while they were trained")
    return rows


def pooled_diagnosis(finished: Sequence[Done], rows: Rows) -> Diagnosis:
    """Diagnose all folds as one: dev is every row once; train the mean over the training parts, counted as these rows once."""
    found = [done.diagnosis for done in finished if done.diagnosis]
    first = found[0]
    train = _together([one.errors.train for one in found], len(rows))
    if first.errors.metric == "error_rate":
        dev: Estimate = wilson(sum(label != prediction for _, label, prediction, *_ in rows), len(rows))
    else:
        squares = np.array([(float(label) - float(prediction)) ** 2 for _, label, prediction, *_ in rows])
        dev = root_mean_square(squares, finished[0].job.loaded.spec.seed)
    unlike = any(one.errors.dev_is_unlike_train for one in found)
    errors = replace(first.errors, train=train, train_dev=None, dev=dev, dev_is_unlike_train=unlike, dev_extremes=())
    return diagnose(errors, tolerance=first.tolerance, scale=fsum(one.scale for one in found) / len(found))


def _together(errors: Sequence[Estimate], n: int) -> Estimate:
    """Return the error over several training parts that overlap: all of them together hold n rows, and no more."""
    total = sum(error.n for error in errors)
    if all(isinstance(error, Proportion) for error in errors):
        rate = fsum(error.value * error.n for error in errors) / total
        return Proportion(rate, rate, rate, n).at(n)
    root = sqrt(fsum(error.value**2 * error.n for error in errors) / total)
    below = fsum(error.value - error.low for error in errors) / len(errors)
    above = fsum(error.high - error.value for error in errors) / len(errors)
    return Estimate(root, max(0.0, root - below), root + above, min(error.n for error in errors)).at(n)


def _record(finished: Sequence[Done], rows: Rows, diagnosis: Diagnosis, paths: RunPaths) -> RunRecord:
    """Return the record of the pooled run: the spec is that of its folds, with none of them named."""
    records = [done.record for done in finished if done.record]
    first, now = records[0], datetime.now(UTC)
    split = {**first.spec["data"]["split"], "fold": None}
    return RunRecord(
        run=paths.id,
        kind="folds",
        name=first.name,
        status="completed",
        stop_reason=f"{len(finished)} folds pooled",
        started=min(record.started for record in records),
        ended=now,
        heartbeat=now,
        seconds=fsum(record.seconds or 0.0 for record in records),
        pid=os.getpid(),
        host=socket.gethostname(),
        group=first.group,
        spec={**first.spec, "data": {**first.spec["data"], "split": split}},
        summary=_summary(records, rows, diagnosis),
    )


def _summary(records: Sequence[RunRecord], rows: Rows, diagnosis: Diagnosis) -> dict[str, object]:
    """Return what a run's summary says, as far as several networks have it; there is no best epoch of all of them."""
    first, tree = records[0].summary, diagnosis.to_json()
    return {
        "best_epoch": None,
        "epochs": max(record.summary["epochs"] for record in records),
        "steps": sum(record.summary["steps"] for record in records),
        "parameters": first["parameters"],
        "examples": {**first["examples"], "train": len(rows), "dev": len(rows)},
        "features": first["features"],
        "metric": tree["metric"],
        "errors": tree["errors"],
        "dev_loss": fsum(float(row[-1]) for row in rows) / len(rows),
        "verdict": tree["verdict"],
        "headline": tree["headline"],
        "folds": [record.run for record in records],
    }
