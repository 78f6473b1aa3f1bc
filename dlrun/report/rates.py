"""The learning rate as a table and as a line, and how long a run will take."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from dlrun.report.chart import sparkline
from dlrun.report.comments import facts, print_section
from dlrun.report.figures import duration, size_text
from dlrun.report.terminal import table_of
from dlrun.statistics.thinning import spread

Tree = Mapping[str, Any]
MOST_ROWS, MOST_BARS = 20, 60
FIRST_ROWS = 5  # always there: most rates fall fastest at the beginning


def print_schedule(schedule: Tree, out: Console) -> None:
    """Print epoch_num → α, the first epochs and about fifteen rows more, below a line of its shape."""
    rows: Sequence[Tree] = schedule["rows"]
    if not rows:
        print_section(out, "Learning rate", "no epoch, no rate: training.epochs is 0")
        return
    within = any(row["first"] != row["last"] for row in rows)
    headings = ("epoch_num", "α", "at its last step") if within else ("epoch_num", "α")
    table = table_of(*headings, right=range(len(headings)))
    for k in sorted({*range(min(FIRST_ROWS, len(rows))), *spread(len(rows), MOST_ROWS - FIRST_ROWS)}):
        row = rows[k]
        rates = (row["first"], row["last"]) if within else (row["first"],)
        table.add_row(f"{row['epoch_num']:,}", *(f"{rate:.4g}" for rate in rates))
    notes = ["epoch_num counts completed epochs"]
    if schedule["depends_on_run"]:
        notes.append("reduce_on_plateau depends on the run: the rates shown are those without any reduction")
    line = sparkline([row["first"] for row in rows], MOST_BARS)
    print_section(out, f"Learning rate over {schedule['epochs']:,} epochs", line, "", table, *notes)


def print_time(time: Tree, out: Console) -> None:
    """Print what was timed and what follows from it."""
    rows = [
        ("step", f"{_short(time['seconds_per_step'])}, the median of {time['steps']}"),
        ("epoch", f"{_short(time['seconds_per_epoch'])} of steps"),
        ("evaluation", f"{_short(time['seconds_per_evaluation'])} on dev"),
        ("run", f"about {_short(time['total_seconds'])} with its evaluations, if nothing stops it early"),
        ("memory", f"{time['peak_memory'] / 2**20:,.0f} MiB at the most, Python and libraries included"),
        ("disk", f"about {size_text(time['disk'])} for the run's directory"),
    ]
    print_section(out, "Time, measured on this machine now", facts(rows))


def _short(seconds: float) -> str:
    """Write seconds, or what is far below one in its own unit."""
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} µs"
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else duration(seconds)
