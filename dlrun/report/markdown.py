"""report.md: a run in words, to read later or to paste where people talk."""

from collections.abc import Sequence

from dlrun.diagnosis.gating import Judged
from dlrun.diagnosis.headline import Metric
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import DlrunError
from dlrun.report.error_words import paragraph
from dlrun.report.figures import duration, error_text
from dlrun.report.gate_rows import HEADINGS as GATE_HEADINGS
from dlrun.report.gate_rows import gate_cells, gate_notes
from dlrun.report.ladder_rows import baseline_rungs, calibration_text, headings, rungs
from dlrun.report.markdown_table import table
from dlrun.report.next_step import Next, advice_if_any
from dlrun.report.recipe_page import patch_text
from dlrun.report.stored_errors import stored_errors
from dlrun.report.training_rows import HEADINGS as LAYER_HEADINGS
from dlrun.report.training_rows import course_lines, layer_rows
from dlrun.rundir.files import write_atomically
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord


def write_report(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, step: Next) -> None:
    """Write report.md."""
    errors = _errors(paths, record, diagnosis) if diagnosis.errors.dev else ()
    write_atomically(paths.report, report(record, diagnosis, errors=errors, reason=step.reason, command=step.command))


def _errors(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis) -> Sequence[str]:
    """Return where the errors are; a run is not lost because its predictions are more than can be read again."""
    try:
        return paragraph(stored_errors(paths, diagnosis.errors.metric, record.spec))
    except DlrunError as error:
        return (f"not known: {error.problems[0].what}",)


def report(record: RunRecord, diagnosis: Diagnosis, *, errors: Sequence[str], reason: str, command: str) -> str:
    """Return the report of a finished run as Markdown; errors are sentences on where they are."""
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
        *table(headings(diagnosis), [rung.cells for rung in [*rungs(diagnosis), *baseline_rungs(diagnosis)]]),
        "",
        *_sentence(calibration_text(diagnosis)),
        *(f"- {note}" for note in diagnosis.notes),
        "",
        *_training(diagnosis),
        *_gates(record, diagnosis.errors.metric),
        *(["## Where the errors are", "", *(f"- {line}" for line in errors), ""] if errors else []),
        "## Next",
        "",
        f"{reason}:",
        "",
        f"    {command}",
        "",
        *_others(record, diagnosis),
        "## Facts",
        "",
        *table(("what", "number"), _facts(record)),
        "",
        "Every number of the run is in its files: metrics.csv (epochs), steps.csv (mini-batches), predictions/, diagnosis.json.",
    ]
    return "\n".join(lines) + "\n"


def _others(record: RunRecord, diagnosis: Diagnosis) -> list[str]:
    """Return what else is worth trying, each patch with its reason."""
    others = [one for one in advice_if_any(record, diagnosis) if one.patch][1:]
    lines = [f"- `{patch_text(one)}`: {one.reason}" for one in others]
    return ["And after that:", "", *lines, ""] if lines else []


def _sentence(words: str) -> list[str]:
    return [f"{words[:1].upper()}{words[1:]}.", ""] if words else []


def _training(diagnosis: Diagnosis) -> list[str]:
    """Return how the network trained, if that was measured: findings with their cures, and the layers."""
    if not (diagnosis.optimization and diagnosis.health):
        return []
    found = [f"- **{one.title}**: {one.words}" + (f": `{one.cure}`" if one.cure else "") for one in diagnosis.findings]
    told = [f"- {line}" for line in course_lines(diagnosis)]
    return ["## Training", "", *found, *told, "", *table(LAYER_HEADINGS, layer_rows(diagnosis.health)), ""]


def _gates(record: RunRecord, metric: Metric) -> list[str]:
    """Return what became of the gates, if there are any."""
    rows = [Judged.from_json(row) for row in record.summary.get("gates", ())]
    if not rows:
        return []
    notes = [f"- {note}" for note in gate_notes(rows)]
    return ["## Gates", "", *table(GATE_HEADINGS, [gate_cells(row, metric) for row in rows]), "", *notes, *[""] * bool(notes)]


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
