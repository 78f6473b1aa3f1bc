"""The end of a run: its report, its closing lines, and the next command to type."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from dlrun.cli.options import RUNS
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.recipe import Advice, next_experiment
from dlrun.report.markdown import report
from dlrun.report.terminal import console, print_diagnosis
from dlrun.rundir.files import as_json, write_atomically
from dlrun.rundir.paths import RunPaths
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
    where = [] if paths.root.parent == RUNS else ["--runs-dir", str(paths.root.parent)]
    return Next(
        shlex.join(["dlrun", "train", spec, *(word for change in changes for word in ("-s", change)), *where]), advice.reason
    )


def _look_at_test(paths: RunPaths, record: RunRecord, advice: Advice) -> Next:
    if "test" in record.summary["examples"]:
        return Next(shlex.join(["dlrun", "evaluate", str(paths.root), "--split", "test"]), advice.reason)
    return Next(
        shlex.join(["dlrun", "diagnose", str(paths.root)]), "nothing is wrong on train and dev; there is no test part to look at"
    )


def write_report(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, step: Next) -> None:
    """Write report.md."""
    write_atomically(paths.report, report(record, diagnosis, reason=step.reason, command=step.command))


def print_contract(paths: RunPaths, record: RunRecord) -> None:
    """Print what came of a run as JSON; of one that did not finish, how it ended."""
    print(as_json(_contract(paths, record)))


def print_closing(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, step: Next) -> None:
    """Print the diagnosis and four lines."""
    summary, out = record.summary, console()
    out.print()
    print_diagnosis(diagnosis, out)
    out.print()
    out.print(f"best     epoch {summary['best_epoch']:g} of {summary['epochs']} ({record.stop_reason})")
    out.print(f"run      {paths.root}", soft_wrap=True)
    out.print(f"next     {step.command}", soft_wrap=True)
    out.print(f"({step.reason})", style="dim")


def _contract(paths: RunPaths, record: RunRecord) -> dict[str, object]:
    summary = record.summary
    return {
        "run": record.run,
        "path": str(paths.root),
        "status": record.status,
        "stop_reason": record.stop_reason,
        "best_epoch": summary.get("best_epoch"),
        "errors": summary.get("errors"),
        "verdict": summary.get("verdict"),
    }
