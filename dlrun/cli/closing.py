"""The end of a run: its closing lines, and the contract for scripts."""

from dlrun.cli.printing import print_json
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.report.contract import contract
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
    out.print(f"best     epoch {summary['best_epoch']:g} of {summary['epochs']} ({record.stop_reason})")
    out.print(f"run      {paths.root}", soft_wrap=True)
    out.print(f"next     {step.command}", soft_wrap=True)
    out.print(f"({step.reason})", style="dim")
