"""The gates of runs that differ by their seed alone, and of folds that were pooled."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from dlrun.diagnosis.gates import Gate, Gates
from dlrun.diagnosis.gating import Judged
from dlrun.diagnosis.group_gating import judge_together
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.experiment.gating import gates_found
from dlrun.experiment.origins import stored_preparation
from dlrun.experiment.setup import choose_rows
from dlrun.experiment.stored import stored_diagnosis
from dlrun.gates.stored import judge_again, judge_stored, stored_gates
from dlrun.rundir.groups import Group
from dlrun.rundir.listing import ListedRun
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.values import dig
from dlrun.spec import LoadedSpec


def named_once(
    loaded: LoadedSpec, overrides: Sequence[str], runs_dir: Path, jobs: Callable[[], Sequence[LoadedSpec]]
) -> tuple[LoadedSpec, tuple[str, ...]]:
    """Return a spec and its overrides with each run that a gate compares with named by its id.

    For the second of the runs that one command starts, `@last` would be the first. jobs are the specs whose dev examples together
    must be those that this run was judged on.
    Errors: InvalidInput, with the place in the spec, if there is no such run, or it was judged on others.
    """

    def ids() -> list[str]:
        chosen = (choose_rows(job).selections["dev"] for job in jobs())
        return [str(key) for selection in chosen for key in selection.examples.ids[selection.rows].tolist()]

    found = gates_found(loaded, runs_dir, ids)
    if found is None:
        return loaded, tuple(overrides)
    return loaded.with_values({"gates": found}), (*overrides, *instead(found))


def instead(gates: Gates) -> tuple[str, str]:
    """Return the overrides that put these gates in the place of all others: a mapping alone would be added to them."""
    return "gates=null", f"gates={json.dumps(gates.written, ensure_ascii=False)}"


def has_gates(group: Group) -> bool:
    """Return whether the newest completed run of a group has gates of its own."""
    return any(run.record is not None and bool(dig(run.record.spec, "gates")) for run in group.judged[:1])


def group_gates(group: Group, mean: Diagnosis, runs_dir: Path, asked: Sequence[Gate] = ()) -> tuple[Judged, ...]:
    """Judge the completed runs of a group together, by gates that somebody asks for, or by those of its newest run.

    Errors: InvalidInput if it has no gates, or for one of those asked for whose quantity its runs do not have; DlrunError if a
    file of theirs is damaged.
    """
    gates = list(asked or _own(group.judged[0]))
    rows = [_rows(run, gates, runs_dir, anyway=not asked) for run in group.judged]
    return tuple(judge_together(gate, [found[k] for found in rows], mean) for k, gate in enumerate(gates))


def _own(run: ListedRun) -> list[Gate]:
    assert run.record, "a completed run has a record"
    return list(stored_gates(run.paths, run.record).values())


def _rows(run: ListedRun, gates: Sequence[Gate], runs_dir: Path, *, anyway: bool) -> tuple[Judged, ...]:
    assert run.record, "a completed run has a record"
    diagnosis = stored_diagnosis(run.paths)
    if anyway:
        return judge_again(run.paths, run.record, diagnosis, gates, lambda: classes_of(run.paths))
    return judge_stored(run.paths, run.record, diagnosis, gates, runs_dir, lambda: classes_of(run.paths))


def classes_of(paths: RunPaths) -> Sequence[str] | None:
    """Return the names of a run's classes in their order; None for a regression, and for pooled folds, which are no network."""
    classes = stored_preparation(paths).classes if paths.preparation.exists() else None
    return classes.names if classes else None
