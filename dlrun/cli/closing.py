"""The end of a run: its report, its closing lines, and the next command to type."""

import json
import shlex
from collections.abc import Sequence

from dlrun.cli.options import Format
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.recipe import Advice, next_experiment
from dlrun.report.markdown import report
from dlrun.report.terminal import console, print_diagnosis
from dlrun.rundir.files import write_atomically
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord


def advise(record: RunRecord, diagnosis: Diagnosis) -> Advice:
    """Return the next experiment for a run's diagnosis and spec."""
    spec = record.spec
    return next_experiment(diagnosis, hidden=spec["architecture"]["hidden"], l2=spec["regularization"]["l2"], seed=spec["seed"])


def next_command(paths: RunPaths, advice: Advice, spec: str, overrides: Sequence[str]) -> str:
    """Return what to type next: the spec again with one more change, or the one look at test."""
    if not advice.patch:
        return shlex.join(["dlrun", "evaluate", str(paths.root), "--split", "test"])
    kept = [change for change in overrides if change.partition("=")[0] not in advice.patch]
    changes = [*kept, *(f"{key}={value}" for key, value in advice.patch.items())]
    return shlex.join(["dlrun", "train", spec, *(word for change in changes for word in ("-s", change))])


def write_report(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, *, spec: str, overrides: Sequence[str]) -> str:
    """Write report.md and return the next command to type."""
    advice = advise(record, diagnosis)
    command = next_command(paths, advice, spec, overrides)
    write_atomically(paths.report, report(record, diagnosis, advice, command))
    return command


def print_closing(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, command: str, output: Format) -> None:
    """Print what came of a run: JSON, or the diagnosis and four lines."""
    if output is Format.json:
        print(json.dumps(_contract(paths, record), indent=2, ensure_ascii=False))
        return
    summary, out = record.summary, console()
    out.print()
    print_diagnosis(diagnosis, out)
    out.print()
    out.print(f"best     epoch {summary['best_epoch']:g} of {summary['epochs']} ({record.stop_reason})")
    out.print(f"run      {paths.root}", soft_wrap=True)
    out.print(f"next     {command}", soft_wrap=True)
    out.print(f"({advise(record, diagnosis).reason})", style="dim")


def _contract(paths: RunPaths, record: RunRecord) -> dict[str, object]:
    summary = record.summary
    return {
        "run": record.run,
        "path": str(paths.root),
        "status": record.status,
        "stop_reason": record.stop_reason,
        "best_epoch": summary["best_epoch"],
        "errors": summary["errors"],
        "verdict": summary["verdict"],
    }
