"""The family of a run: from its oldest known ancestor down to all descendants in the same directory of runs."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from dlrun.rundir.curves import MEASURES, Points, read_curves
from dlrun.rundir.listing import ListedRun, list_runs, read_run, short_ids
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Branch

MOST_ABOVE, MOST_GENERATIONS = 100, 150  # records may come from others, and what is nested must be printed


@dataclass(eq=False)
class Relative:
    """A run of the family; without `run` it is a parent that is not there any more, known by its name only."""

    id: str
    short: str
    run: ListedRun | None
    asked: bool = False
    children: list["Relative"] = field(default_factory=list, repr=False)
    curve: Points = field(default_factory=list, repr=False)  # from its family's first epoch on: its parent's rows too

    @property
    def status(self) -> str:
        """A run's status, or gone."""
        return self.run.status if self.run else "gone"

    @property
    def parent(self) -> str | None:
        """The id of its parent, as its record has it."""
        return self.run.record.parent if self.run and self.run.record else None

    @property
    def branch(self) -> Branch | None:
        """Where it left its parent."""
        return self.run.record.branch if self.run and self.run.record else None

    @property
    def began(self) -> float:
        """How many epochs of the curve are its parent's."""
        return self.branch.epoch if self.branch and isfinite(self.branch.epoch) else 0.0

    @property
    def own(self) -> Points:
        """The curve from where it left its parent: its own points, and before them the last one of its parent."""
        inherited = bisect_right(self.curve, self.began, key=lambda point: point[0])
        return self.curve[max(0, inherited - 1) :]

    @property
    def epochs(self) -> float | None:
        """How many epochs it has come to."""
        told = self.value("epochs")
        return told if told is not None or not self.curve else self.curve[-1][0]

    def value(self, key: str) -> Any:
        """Return a value of the run, None if it has none."""
        return self.run.value(key) if self.run else None


@dataclass(frozen=True)
class Family:
    """A tree of runs, what their curves are of, and what there is to say about it."""

    root: Relative
    measure: str
    notes: tuple[str, ...]

    def members(self) -> Iterator[tuple[int, Relative]]:
        """Yield everybody with the generation, parents before children, older children first."""
        waiting = [(0, self.root)]
        while waiting:
            depth, relative = waiting.pop()
            yield depth, relative
            waiting += [(depth + 1, child) for child in reversed(relative.children)]

    def best_of(self, relative: Relative) -> float | None:
        """Return the best dev error of a run: as it was judged, or of one that has not ended, the lowest until now."""
        judged: float | None = relative.value("dev_error")
        if judged is not None or self.measure != "dev_error":
            return judged
        return min((error for _, error in relative.curve), default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the tree as plain data: the contract of `dlrun show RUN --lineage`."""
        trees: dict[int, dict[str, Any]] = {}
        for _, relative in self.members():
            trees[id(relative)] = self._told(relative)
        for _, relative in self.members():
            trees[id(relative)]["children"] += [trees[id(child)] for child in relative.children]
        return trees[id(self.root)]

    def _told(self, relative: Relative) -> dict[str, Any]:
        branch = relative.branch
        return {
            "run": relative.id,
            "asked": relative.asked,
            "parent": relative.parent,
            "branch": {"epoch": branch.epoch, "step": branch.step, "changes": list(branch.changes)} if branch else None,
            "status": relative.status,
            "epochs": relative.epochs,
            "best_epoch": relative.value("best_epoch"),
            "metric": relative.value("metric"),
            "dev_error": self.best_of(relative),
            "low": relative.value("dev_low"),
            "high": relative.value("dev_high"),
            "curve_of": self.measure,
            "curve": [list(point) for point in relative.curve],
            "children": [],
        }


def family_of(paths: RunPaths) -> Family:
    """Return the family of a run; every record in its directory is read once, and the curves of the family.

    A parent that is not there any more stands at the head of those children of it that are.
    """
    home = Path(paths.root).resolve()
    runs = list_runs(home.parent)[::-1]
    asked = next((run for run in runs if run.paths.id == home.name), None)
    if asked is None:  # a directory with a name of its own
        runs.append(asked := read_run(RunPaths(home)))
    records = {run.record.run: run for run in runs if run.record}
    named = records | {run.paths.id: run for run in runs}
    notes: list[str] = []
    ids = short_ids(runs)
    root = _oldest(asked, named, ids, notes)
    _add_descendants(root, _children(runs, named), ids, notes)
    for relative in (family := Family(root, "", ())).members():
        relative[1].asked = relative[1].run is asked
    return Family(root, _read(family), tuple(notes))


def _oldest(asked: ListedRun, named: Mapping[str, ListedRun], ids: Mapping[str, str], notes: list[str]) -> Relative:
    """Return the oldest ancestor that is known, be it by name only."""
    oldest, seen = asked, {asked.paths.id}
    while oldest.record and (parent := oldest.record.parent) is not None:
        if parent not in named:
            return Relative(parent, parent, None)
        if (above := named[parent]).paths.id in seen:
            notes.append(f"{oldest.paths.id} says it is a child of {parent}, which descends from it: the records are damaged")
            break
        if len(seen) > MOST_ABOVE:
            notes.append(f"there are more than {MOST_ABOVE} generations above: the oldest are left out")
            break
        oldest = above
        seen.add(oldest.paths.id)
    return Relative(oldest.paths.id, ids[oldest.paths.id], oldest)


def _children(runs: list[ListedRun], named: Mapping[str, ListedRun]) -> dict[str, list[ListedRun]]:
    """Return for each parent, by the name of its directory if it has one, its children, oldest first."""
    children: dict[str, list[ListedRun]] = {}
    for run in runs:
        if run.record and run.record.parent is not None:
            parent = named.get(run.record.parent)
            children.setdefault(parent.paths.id if parent else run.record.parent, []).append(run)
    return children


def _add_descendants(root: Relative, children: Mapping[str, list[ListedRun]], ids: Mapping[str, str], notes: list[str]) -> None:
    seen, generation = {root.id}, [root]
    for _ in range(MOST_GENERATIONS):
        for relative in generation:
            for run in children.get(relative.id, []):
                if run.paths.id not in seen:
                    seen.add(run.paths.id)
                    relative.children.append(Relative(run.paths.id, ids[run.paths.id], run))
        generation = [child for relative in generation for child in relative.children]
    if any(children.get(relative.id) for relative in generation):
        notes.append(f"there are more than {MOST_GENERATIONS} generations below: the youngest are left out")


def _read(family: Family) -> str:
    """Read the curves: of dev errors if anybody has any, else of what everybody has; return what they are of."""
    read = [(relative, read_curves(relative.run.paths)) for _, relative in family.members() if relative.run]
    measure = next((name for name in MEASURES if any(curves[name] for _, curves in read)), MEASURES[0])
    for relative, curves in read:
        relative.curve = curves[measure]
    return measure
