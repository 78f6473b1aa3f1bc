"""Judging a run of the past: its diagnosis, record and predictions say what its gates ask; nothing is computed anew."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from dlrun.diagnosis.gates import Gate, Gates, read_gates
from dlrun.diagnosis.gating import Judged, Measured, of_estimate, of_row
from dlrun.diagnosis.ladder import ESTIMATES, Diagnosis
from dlrun.diagnosis.measuring import Evidence, judged, judged_anyway
from dlrun.diagnosis.quantities import missing
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.rundir.comparable import predictions_to_compare
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.predictions import Predictions, read_predictions
from dlrun.rundir.record import RunRecord
from dlrun.rundir.references import find_run
from dlrun.rundir.values import RUN_VALUES, dig
from dlrun.statistics.intervals import Estimate
from dlrun.statistics.scores import binary_auc

COUNTS = ("seconds", "epochs", "steps", "parameters")
UNREAD = ("train.loss", "dev.auc")  # what predictions do not tell: as it was measured when the run ended
MOST_GATES = 200  # of a stored run, which may come from others

Classes = Callable[[], Sequence[str] | None]  # the names of a run's classes in their order; None for a regression


def stored_gates(paths: RunPaths, record: RunRecord) -> Gates:
    """Return the gates that a run was trained with.

    Errors: DlrunError if what its record says are none; InvalidInput if it has none.
    """
    tree, where = dig(record.spec, "gates"), str(paths.record)
    if not tree:
        cure = "say what it must be like: dlrun gate RUN 'dev.error < 8%'"
        raise InvalidInput(Problem(what="this run has no gates of its own", where=where, cure=cure))
    try:
        if len(tree) > MOST_GATES:
            raise ValueError("there are too many")
        return read_gates(tree)
    except (ValueError, TypeError) as error:
        raise DlrunError(Problem(what=f"the stored gates are damaged: {error}"[:200], where=where)) from error


def stored_rows(tree: Any) -> tuple[Judged, ...]:
    """Return what became of a run's gates when it ended, as its summary tells; what is no such row is left out."""
    rows = []
    for row in tree[:MOST_GATES] if isinstance(tree, list) else []:
        try:
            rows.append(Judged.from_json(row))
        except (ValueError, OverflowError):
            continue
    return tuple(rows)


def judge_stored(
    paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, gates: Iterable[Gate], runs_dir: Path, classes: Classes
) -> tuple[Judged, ...]:
    """Judge a run by gates that somebody asks for.

    Errors: InvalidInput with every gate whose quantity the run does not have; DlrunError if its files are damaged.
    """
    evidence = _evidence(paths, record, diagnosis, lambda reference: find_run(reference, runs_dir), classes)
    found: list[Judged] = []
    problems: list[Problem] = []
    for gate in gates:
        try:
            _check(gate, evidence)
            found.append(judged(gate, evidence))
        except InvalidInput as error:
            problems += [replace(problem, where=problem.where or str(gate)) for problem in error.problems]
    if problems:
        raise InvalidInput(*problems)
    return tuple(found)


def judge_again(
    paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, gates: Iterable[Gate], classes: Classes
) -> tuple[Judged, ...]:
    """Judge a run by gates that were stored, its own or those of its group; one that cannot be judged any more is inconclusive.

    A run directory may come from others: the runs that gates compare with are looked for beside it, by their ids alone.
    """

    def beside(reference: str) -> RunPaths:
        if Path(reference).name != reference or reference.startswith(("@", ".")):
            raise InvalidInput(f"the run at {reference!r:.100} is read only if you name it: 'dev.error vs RUN not worse'")
        return find_run(reference, paths.root.absolute().parent)

    evidence = _evidence(paths, record, diagnosis, beside, classes)
    return tuple(judged_anyway(gate, evidence) for gate in gates)


def _check(gate: Gate, evidence: Evidence) -> None:
    """Refuse a gate that this kind of run cannot have, or whose limit is written in a unit that says nothing about it."""
    if lacking := missing(gate.quantity, evidence.diagnosis.errors.parts, regression=evidence.regression):
        raise InvalidInput(Problem(what=lacking, where=str(gate)))
    if misfit := gate.misfit(regression=evidence.regression):
        raise InvalidInput(Problem(what=misfit[0], where=str(gate), cure=misfit[1]))


def _evidence(
    paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, find: Callable[[str], RunPaths], classes: Classes
) -> Evidence:
    told = dig(record.spec, "seed")
    seed = told if isinstance(told, int) and 0 <= told < 2**63 else 0
    rows = {row.gate: row for row in stored_rows(dig(record.summary, "gates"))}

    def dev() -> Predictions:
        return read_predictions(paths)

    def known(name: str) -> Measured | None:
        if name == "dev.auc" and (auc := _auc_of_two(dev, classes, seed)):
            return of_estimate(auc)
        return of_row(rows[name]) if name in UNREAD and name in rows else None

    return Evidence(
        diagnosis=diagnosis,
        seed=seed,
        counts={name: RUN_VALUES[name](record) for name in COUNTS},
        dev=dev,
        other=lambda reference: predictions_to_compare(find(reference), diagnosis.errors.metric),
        known=known,
        looked=_looked(record, diagnosis),
    )


def _looked(record: RunRecord, diagnosis: Diagnosis) -> Estimate | None:
    """Return the error on test as the last look saw it, or None if nobody looked."""
    looks = [look for look in record.test_looks if look.part == "test"]
    if not looks:
        return None
    look = looks[-1]
    try:
        return ESTIMATES[diagnosis.errors.metric](look.error, look.low, inf if look.high is None else look.high, look.n)
    except ValueError as error:
        raise DlrunError(f"the stored look at test is damaged: {error}"[:200]) from error


def _auc_of_two(dev: Callable[[], Predictions], classes: Classes, seed: int) -> Estimate | None:
    """Return the area of two classes, whose probabilities are stored; of more classes only that of each prediction is."""
    names = classes()
    if names is None or len(names) != 2:
        return None
    answers = dev()
    probabilities = [p for p in answers.probabilities if p is not None]
    if len(probabilities) != len(answers.labels):
        raise DlrunError("the stored predictions are damaged: a probability is missing")
    return binary_auc([label == names[1] for label in answers.labels], probabilities, seed)
