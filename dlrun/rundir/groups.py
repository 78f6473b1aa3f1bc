"""Groups: runs whose specs differ in nothing but the seed, so that what differs in their results is chance."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.rundir.files import read_bytes
from dlrun.rundir.ids import RANDOM, SECOND
from dlrun.rundir.listing import ListedRun, garbage_ignored, list_runs, read_run, runs_in
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import LARGEST, RunRecord
from dlrun.rundir.references import find_run
from dlrun.rundir.values import dig
from dlrun.statistics.means import Mean, mean_of

CHARACTERS = 10  # of a key: 40 bits; among 10,000 groups two have the same one once in 20,000 directories
KEY = re.compile(rf"[0-9a-f]{{{CHARACTERS}}}")  # no run's id begins or ends so
# what two runs of one group need not share: it moves no number, or, as threads do, the last bits only
OF_NO_ACCOUNT = (
    "seed", "seeds", "tags", "notes", "gates", "training.threads", "training.record_steps", "training.checkpoint_every",
)  # fmt: skip
LAST_BITS = {"training.kernels": "numpy"}  # of no account either; runs from before there was a choice were told to have these
WHICH_FOLD = "data.split.fold.number"  # of no account either: folds are a group, of which each knows the key by itself
NAMED = re.compile(rb'"group": "(%s)"' % KEY.pattern.encode())  # as run.json tells it


def group_key(spec: Mapping[str, Any]) -> str:
    """Return the key of the group that a run with this resolved spec belongs to: the SHA-256 of the spec without its seed.

    `data.seed` counts: runs that divide their data alike differ by training's chance, others by that of the data too. Which fold
    is dev does not, how many there are does. A key that is null is as good as absent, so that runs of older versions belong to
    the groups of today.
    """
    text = json.dumps(_told(spec), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:CHARACTERS]


def key_of(record: RunRecord) -> str | None:
    """Return the key of a run's group, None if it has none.

    A child that left its parent on the way has none, since its spec is not all of its past. Folds and the run in which they are
    pooled have one key.
    """
    if record.branch:
        return None
    return group_key(_with_folds(record.spec, record.summary) if record.kind == "folds" else record.spec)


def is_fold(record: RunRecord) -> bool:
    """Say whether a run is one of folds, or what pools them: their dev parts differ, so they are no seeds of one another."""
    return record.kind == "folds" or bool(dig(record.spec, "data", "split", "fold"))


def _with_folds(spec: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec of a pooled run as its folds have it, but for the number of each."""
    data, split, folds = dig(spec, "data"), dig(spec, "data", "split"), dig(summary, "folds")
    if not (isinstance(data, Mapping) and isinstance(split, Mapping) and isinstance(folds, list)):
        return dict(spec)
    return {**spec, "data": {**data, "split": {**split, "fold": {"of": len(folds)}}}}


@dataclass(frozen=True)
class Group:
    """Runs with one key, newest first: no two with the same seed, since they would be one result counted twice."""

    key: str
    runs: tuple[ListedRun, ...]

    @property
    def judged(self) -> tuple[ListedRun, ...]:
        """The completed runs."""
        return tuple(run for run in self.runs if run.status == "completed")

    @property
    def seeds(self) -> list[Any]:
        """The seed of each run."""
        return [run.value("seed") for run in self.runs]

    @property
    def metric(self) -> str | None:
        """What the errors are; None before the first is known."""
        return next((metric for run in self.judged if (metric := run.value("metric"))), None)

    @property
    def same_data(self) -> bool:
        """Whether all seeds were judged on the same examples; otherwise each divided the data in its own way."""
        return self.runs[0].value("data.seed") is not None

    def mean(self, key: str) -> Mean | None:
        """Return the mean of an error over the completed runs, such as dev_error; None if none of them has it."""
        values = [value for run in self.judged if (value := run.value(key)) is not None]
        return mean_of(values, least=0.0, most=1.0 if self.metric == "error_rate" else float("inf")) if values else None


def groups_of(runs: Iterable[ListedRun]) -> list[Group]:
    """Return the groups of some runs, listed newest first, in the order of their newest runs; groups of one are groups.

    Of several runs with one seed the newest completed one stands for all, else the newest. A damaged run has no group, a fold
    belongs to the run in which its predictions are pooled.
    """
    found: dict[str, dict[str, ListedRun]] = {}
    for run in runs:
        if run.record is None or is_fold(run.record) or not (key := key_of(run.record)):
            continue
        seeds = found.setdefault(key, {})
        seed = repr(run.value("seed"))
        if seed not in seeds or (run.status == "completed" and seeds[seed].status != "completed"):
            seeds[seed] = run
    return [Group(key, tuple(seeds.values())) for key, seeds in found.items()]


def group_of(run: ListedRun, runs: Sequence[ListedRun]) -> Group | None:
    """Return the group that a run belongs to, among these; None if it has none."""
    key = key_of(run.record) if run.record else None
    return next((group for group in groups_of(runs) if group.key == key), None)


def find_group(reference: str, runs_dir: Path) -> Group:
    """Return the group that a key means, or a reference to any of its runs.

    Errors: InvalidInput if there is no such group or run, or if the run has no group; DlrunError if its record is damaged.
    """
    if KEY.fullmatch(reference):
        found = [group for group in groups_of(list_runs(runs_dir)) if group.key == reference]
        if not found:
            what = f"there is no group {reference!r}"
            raise InvalidInput(Problem(what=what, where=str(runs_dir), cure="what there is: dlrun ls --groups"))
        return found[0]
    paths = find_run(reference, runs_dir)
    record = RunRecord.load(paths)
    if (key := key_of(record)) is None or is_fold(record):
        why = "it left its parent on the way" if record.branch else "it is of folds, which differ in their data"
        what = f"{reference} has no group: {why}"
        raise InvalidInput(Problem(what=what, where=str(paths.root), cure="compare the run alone: without --seeds"))
    runs = siblings(paths)
    if paths.root.resolve() not in [run.paths.root.resolve() for run in runs]:  # renamed, so that no listing shows it
        runs.insert(0, read_run(paths))
    return next(group for group in groups_of(runs) if group.key == key)


def siblings(paths: RunPaths) -> list[ListedRun]:
    """Return the runs beside one that have its name, newest first: its group is among them, and the others need not be read."""
    alike = [run for run in runs_in(paths.root.absolute().parent) if _name(run) == _name(paths)]
    with garbage_ignored():
        return [read_run(run) for run in reversed(alike)]


def groups_beside(runs: Iterable[ListedRun]) -> list[Group | None]:
    """Return the group of each run among those beside it; what lies in one directory under one name is looked at once."""
    runs = list(runs)
    keys = [(run.record and key_of(run.record)) or "" for run in runs]
    known: dict[tuple[Path, str], dict[str, Group]] = {}
    for run in runs:
        place = run.paths.root.absolute().parent, _name(run.paths)
        if place not in known:
            known[place] = {group.key: group for group in groups_of(_siblings_of(run.paths, keys))}
    return [known[run.paths.root.absolute().parent, _name(run.paths)].get(key) for run, key in zip(runs, keys, strict=True)]


def _siblings_of(paths: RunPaths, keys: Sequence[str]) -> list[ListedRun]:
    """Return the runs beside one that have its name, but for those whose record names another group: they are not parsed."""
    alike = [run for run in runs_in(paths.root.absolute().parent) if _name(run) == _name(paths)]
    with garbage_ignored():
        return [read_run(run) for run in reversed(alike) if _may_be_of(run, keys)]


def _may_be_of(paths: RunPaths, keys: Sequence[str]) -> bool:
    try:
        told = NAMED.search(read_bytes(paths.record, LARGEST))
    except DlrunError:
        return False
    return told is None or told[1].decode() in keys


def _name(paths: RunPaths) -> str:
    return paths.root.absolute().name[SECOND:-RANDOM]


def _told(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return what a spec says, without what is null and what is of no account."""
    told: dict[str, Any] = {}
    for name, value in tree.items():
        address = prefix + name
        if value is None or address in OF_NO_ACCOUNT or address == WHICH_FOLD:
            continue
        told[name] = _told(value, f"{address}.") if isinstance(value, Mapping) else LAST_BITS.get(address, value)
    return told
