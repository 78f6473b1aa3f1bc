"""The next command to type after a run, and why."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.recipe import Advice, next_experiment
from dlrun.rundir.paths import RUNS_DIR, RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.spec import Training


@dataclass(frozen=True)
class Next:
    """What to type next, and why."""

    command: str
    reason: str


def next_step(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, *, spec: str, overrides: Sequence[str]) -> Next:
    """Return the spec again with one more change, or, when nothing is wrong, the one look at test."""
    resolved = record.spec
    layers = resolved["architecture"]["hidden"]
    advice = next_experiment(
        diagnosis,
        hidden=[layer["units"] for layer in layers],
        plain=all(value is None for layer in layers for key, value in layer.items() if key != "units"),
        l2=resolved["regularization"]["l2"],
        seed=resolved["seed"],
    )
    if record.summary["steps"] == 0:
        advice = Advice(
            "these are the initial weights: nothing has been trained yet", {"training.epochs": str(Training().epochs)}
        )
    if not advice.patch:
        return _look_at_test(paths, record, advice)
    kept = [change for change in overrides if change.partition("=")[0] not in advice.patch]
    changes = [*kept, *(f"{key}={value}" for key, value in advice.patch.items())]
    where = [] if paths.root.parent == RUNS_DIR else ["--runs-dir", str(paths.root.parent)]
    return Next(
        shlex.join(["dlrun", "train", spec, *(word for change in changes for word in ("-s", change)), *where]), advice.reason
    )


def _look_at_test(paths: RunPaths, record: RunRecord, advice: Advice) -> Next:
    if "test" in record.summary["examples"]:
        return Next(shlex.join(["dlrun", "evaluate", str(paths.root), "--split", "test"]), advice.reason)
    return Next(
        shlex.join(["dlrun", "diagnose", str(paths.root)]), "nothing is wrong on train and dev; there is no test part to look at"
    )
