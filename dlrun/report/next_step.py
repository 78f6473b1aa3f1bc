"""The next command to type after a run, and why."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.recipe import Advice, recipe
from dlrun.diagnosis.situation import Situation
from dlrun.errors import DlrunError
from dlrun.rundir.paths import RUNS_DIR, RunPaths
from dlrun.rundir.record import RunRecord


@dataclass(frozen=True)
class Next:
    """What to type next, and why."""

    command: str
    reason: str


def recipe_of(record: RunRecord, diagnosis: Diagnosis, more_data: str = "") -> tuple[Advice, ...]:
    """Return all that is worth trying after a finished run, the first thing first; more_data is what a learning curve promises.

    Errors: DlrunError if the stored run is not one that could have finished.
    """
    try:
        return recipe(diagnosis, Situation.of(record.spec, record.summary, record.seconds, more_data))
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DlrunError(f"the stored run is damaged: {type(error).__name__} {error}"[:200]) from error


def advice_if_any(record: RunRecord, diagnosis: Diagnosis, more_data: str = "") -> tuple[Advice, ...]:
    """Return the same, or nothing of a run whose record, perhaps of another dlrun, does not tell enough."""
    try:
        return recipe_of(record, diagnosis, more_data)
    except DlrunError:
        return ()


def next_step(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, *, spec: str, overrides: Sequence[str]) -> Next:
    """Return the spec again with the first change of the recipe, or, when nothing is wrong, the one look at test."""
    found = recipe_of(record, diagnosis)
    advice = next((one for one in found if one.patch), found[0])
    if not advice.patch:
        return Next(_without_patch(paths, record, advice), advice.reason)
    return Next(train_command(paths, spec, overrides, advice.patch), advice.reason)


def train_command(paths: RunPaths, spec: str, overrides: Sequence[str], patch: Mapping[str, str]) -> str:
    """Return the command that trains a spec with the overrides it had and a patch, into the same runs."""
    kept = [change for change in overrides if change.partition("=")[0] not in patch]
    changes = [*kept, *(f"{key}={value}" for key, value in patch.items())]
    where = [] if paths.root.parent == RUNS_DIR else ["--runs-dir", str(paths.root.parent)]
    return shlex.join(["dlrun", "train", spec, *(word for change in changes for word in ("-s", change)), *where])


def _without_patch(paths: RunPaths, record: RunRecord, advice: Advice) -> str:
    if advice.side == "none" and "test" in record.summary["examples"]:
        return shlex.join(["dlrun", "evaluate", str(paths.root), "--split", "test"])
    return shlex.join(["dlrun", "diagnose", str(paths.root)])
