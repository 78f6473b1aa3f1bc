"""What a user types for a run: an id, the beginning or end of one, @last, @best, or a path."""

import os
import re
from collections.abc import Sequence
from difflib import get_close_matches
from math import inf
from pathlib import Path

from dlrun.errors import InvalidInput, Problem
from dlrun.rundir.keys import sorted_by
from dlrun.rundir.listing import ListedRun, is_run, list_runs, runs_in
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.values import dig

IN_UNITS = ("dev_error", "dev_low", "dev_high", "dev_loss", "train_error")  # values whose unit the metric says
SHOWN = 8  # candidates listed in an error
FORMS = "write an id, its beginning or end, @last, @last~1 (the one before), @best (the lowest dev error), or a path"


def find_run(reference: str, runs_dir: Path) -> RunPaths:
    """Return the one run that is meant: a full id, a unique prefix or tail, `@last`, `@last~1`, `@best`, or a path.

    An id is compared with the names in runs_dir and never joined to a path, so it cannot lead out of there; a path may, since
    the user wrote one.
    Errors: InvalidInput if none or several are meant, with what to type instead.
    """
    if not reference:
        raise InvalidInput(Problem(what="no run is named", cure=FORMS))
    if reference == "@best":
        return best_run(list_runs(runs_dir), runs_dir).paths
    if reference.startswith("@"):
        return _by_age(reference, runs_dir)
    if os.sep in reference or reference in {".", ".."}:
        return _by_path(reference)
    return _by_name(reference, runs_dir)


def best_run(
    runs: Sequence[ListedRun], runs_dir: Path, key: str = "dev_error", *, largest: bool = False, asked: str = "@best"
) -> ListedRun:
    """Return the completed run with the lowest dev error; of several the one with the lowest dev loss, then the earliest.

    Or that with the lowest, or largest, value of another key. Whether it was measured on the same examples nobody checks here,
    but for folds: what is measured on another dev part than the spec's own counts only where there is nothing else.
    Errors: InvalidInput if no run has such a value, or if fractions wrong would be compared with root mean square errors.
    """
    judged = [run for run in runs if run.status == "completed" and run.value(key) is not None]
    if not judged:
        what = f"{asked}: no completed run has a {key.replace('dev_error', 'dev error')}"
        problem = Problem(what=what, where=str(runs_dir), cure="what there is: dlrun ls")
        raise InvalidInput(problem if runs else _no_runs_yet(runs_dir))
    if key in IN_UNITS:
        nearest = min(map(_strangeness, judged))
        judged = [run for run in judged if _strangeness(run) == nearest]
    if key in IN_UNITS and len({run.value("metric") for run in judged}) > 1:
        what = f"{asked}: some runs have error rates, others root mean square errors, which cannot be compared"
        cure = "choose one: dlrun ls --where metric=error_rate --sort dev_error"
        raise InvalidInput(Problem(what=what, where=str(runs_dir), cure=cure))
    by_age = judged[::-1]  # runs are listed newest first
    return sorted_by(sorted(by_age, key=_loss), key, descending=largest)[0]


def _strangeness(run: ListedRun) -> int:
    """Return how far the examples that a run was judged on are from the dev part that its spec divides off.

    0: they are that part; 1: every row but test, pooled from folds; 2: one fold, of which the luckiest would win.
    """
    if run.record is None:
        return 0
    return 1 if run.record.kind == "folds" else 2 if dig(run.record.spec, "data", "split", "fold") else 0


def _loss(run: ListedRun) -> float:
    loss: float | None = run.value("dev_loss")
    return inf if loss is None else loss


def _by_age(reference: str, runs_dir: Path) -> RunPaths:
    match = re.fullmatch(r"@last(?:~(\d{1,9}))?", reference, re.ASCII)
    if not match:
        raise InvalidInput(Problem(what=f"{reference!r} is no run", cure=FORMS))
    back = int(match[1] or 0)
    runs = runs_in(runs_dir)
    if not runs:
        raise InvalidInput(_no_runs_yet(runs_dir))
    if back >= len(runs):
        raise InvalidInput(Problem(what=f"{reference} goes back too far: there are {len(runs)} runs", where=str(runs_dir)))
    return runs[-1 - back]


def _by_path(reference: str) -> RunPaths:
    path = Path(reference)
    if not is_run(path):
        raise InvalidInput(Problem(what="there is no run here (a directory with run.json)", where=repr(reference)))
    return RunPaths(path)


def _by_name(reference: str, runs_dir: Path) -> RunPaths:
    runs = {run.id: run for run in runs_in(runs_dir)}
    if reference in runs:
        return runs[reference]
    if is_run(Path(reference)):  # a run directory right here, named without ./
        return RunPaths(Path(reference))
    if not runs:
        raise InvalidInput(_no_runs_yet(runs_dir))
    meant = [name for name in runs if name.startswith(reference) or name.endswith(reference)]
    if len(meant) == 1:
        return runs[meant[0]]
    if meant:
        what = f"{reference!r} means {len(meant)} runs, which one?"
        raise InvalidInput(Problem(what=what, where=str(runs_dir), excerpt=_listed(meant)))
    raise InvalidInput(_unknown(reference, list(runs), runs_dir))


def _unknown(reference: str, names: list[str], runs_dir: Path) -> Problem:
    similar = [name for name in names if reference in name] or get_close_matches(reference, names, n=SHOWN)
    what = f"there is no run {reference!r}" + (", did you mean" if similar else "")
    return Problem(
        what=what, where=str(runs_dir), excerpt=_listed(similar), cure="" if similar else f"the newest is {names[-1]}: @last"
    )


def _no_runs_yet(runs_dir: Path) -> Problem:
    return Problem(what="there are no runs yet", where=str(runs_dir), cure="make one: dlrun train SPEC")


def _listed(names: list[str]) -> tuple[str, ...]:
    """Return the newest names, a line each."""
    more = len(names) - SHOWN
    return (*(f"   {name}" for name in reversed(names[-SHOWN:])), *([f"   and {more} more"] if more > 0 else []))
