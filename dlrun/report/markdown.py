"""report.md: a run in words, to read later or to paste where people talk."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dlrun.report.figures import duration, error_text
from dlrun.rundir.files import write_atomically
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord

if TYPE_CHECKING:
    from dlrun.diagnosis.ladder import Diagnosis
    from dlrun.report.next_step import Next


def write_report(paths: RunPaths, record: RunRecord, diagnosis: "Diagnosis", step: "Next") -> None:
    """Write report.md."""
    write_atomically(paths.report, report(record, diagnosis, reason=step.reason, command=step.command))


def report(record: RunRecord, diagnosis: "Diagnosis", *, reason: str, command: str) -> str:
    """Return the report of a finished run as Markdown."""
    from dlrun.report.ladder_rows import HEADINGS, rungs

    summary = record.summary
    dev = diagnosis.errors.dev
    chosen = f", dev error {error_text(dev.value, diagnosis.errors.metric)}" if dev else ""
    lines = [
        f"# {record.name}",
        "",
        f"Run `{record.run}`, {record.status}: {record.stop_reason}. Best epoch {summary['best_epoch']:g}{chosen}.",
        "",
        "## Diagnosis",
        "",
        f"**{diagnosis.headline}**",
        "",
        *table(HEADINGS, [rung.cells for rung in rungs(diagnosis)]),
        "",
        *(f"- {note}" for note in diagnosis.notes),
        "",
        "## Next",
        "",
        f"{reason}:",
        "",
        f"    {command}",
        "",
        "## Facts",
        "",
        *table(("what", "number"), _facts(record)),
        "",
        "Every number of the run is in its files: metrics.csv (epochs), steps.csv (mini-batches), predictions/, diagnosis.json.",
    ]
    return "\n".join(lines) + "\n"


def _facts(record: RunRecord) -> list[tuple[str, str]]:
    summary = record.summary
    parts = ", ".join(f"{part} {n:,}" for part, n in summary["examples"].items() if n)
    return [
        ("examples", parts),
        ("features", f"{summary['features']:,}"),
        ("parameters", f"{summary['parameters']:,}"),
        ("epochs", f"{summary['epochs']:,}"),
        ("steps", f"{summary['steps']:,}"),
        ("training time", duration(record.seconds or 0.0)),
        ("seed", str(record.spec["seed"])),
    ]


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return [_row(headings), _row(["---" for _ in headings]), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
