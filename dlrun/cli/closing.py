"""The end of a run: its closing lines, and the contract for scripts."""

from collections.abc import Sequence

from dlrun.cli.printing import print_json
from dlrun.diagnosis.gating import Judged, failed, undecided
from dlrun.diagnosis.headline import Metric
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import GateFailed, GateUndecided, Problem
from dlrun.gates.stored import stored_rows
from dlrun.report.contract import contract
from dlrun.report.gate_rows import gates_page, in_words, still_open
from dlrun.report.next_step import Next
from dlrun.report.terminal import console, print_diagnosis
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord


def print_contract(paths: RunPaths, record: RunRecord) -> None:
    """Print what came of a run as JSON; of one that did not finish, how it ended."""
    print_json(contract(paths, record))


def print_closing(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, step: Next) -> None:
    """Print the diagnosis and four lines."""
    summary, out = record.summary, console()
    out.print()
    print_diagnosis(diagnosis, out)
    out.print()
    if rows := stored_rows(summary.get("gates")):
        for part in gates_page(rows, diagnosis.errors.metric):
            out.print(part)
        out.print()
    out.print(f"best     epoch {summary['best_epoch']:g} of {summary['epochs']} ({record.stop_reason})")
    out.print(f"run      {paths.root}", soft_wrap=True)
    out.print(f"next     {step.command}", soft_wrap=True)
    out.print(f"({step.reason})", style="dim")


def raise_for_gates(rows: Sequence[Judged], metric: Metric, *, strict: bool) -> None:
    """Return if the gates let a run through.

    Errors: GateFailed with every gate that failed; GateUndecided, if strict, with every one that is inconclusive.
    """
    if found := failed(rows):
        raise GateFailed(*(Problem(what=f"gate failed: {in_words(row, metric)}") for row in found))
    if strict and (found := undecided(rows)):
        problems = (Problem(what=f"gate inconclusive: {in_words(row, metric)}", cure=still_open(row)) for row in found)
        raise GateUndecided(*problems)


def raise_for_gates_of(record: RunRecord, *, strict: bool) -> None:
    """Return if a finished run's gates, as they were judged at its end, let it through; errors as in `raise_for_gates`."""
    metric: Metric = "rmse" if record.summary.get("metric") == "rmse" else "error_rate"
    raise_for_gates(stored_rows(record.summary.get("gates")), metric, strict=strict)
