"""Gates as rows of text, for the terminal, for report.md, and for errors."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from dlrun.diagnosis.gating import Judged
from dlrun.diagnosis.headline import Metric, rounded_up
from dlrun.diagnosis.quantities import QUANTITIES, TEST, quantity_of
from dlrun.report.figures import duration
from dlrun.report.terminal import table_of

HEADINGS = ("gate", "must be", "is", "95 % interval", "outcome")
COLOURS = {"pass": "green", "fail": "red", "inconclusive": "yellow"}
LONGEST = 12  # characters of the run that a gate compares with


def gate_cells(row: Judged, metric: Metric) -> tuple[str, ...]:
    """Return a judged gate as text, in the order of HEADINGS."""
    if row.value is None:
        return _name(row), row.condition, "–", "", row.outcome
    value, limits = _number(row, row.value, metric) + _unit(row, metric), ""
    if row.n is not None:
        low = "-∞" if row.low is None else _number(row, row.low, metric)
        high = "∞" if row.high is None else _number(row, row.high, metric)
        limits = f"[{low}, {high}]"
    return _name(row), row.condition, value, limits, row.outcome


def gates_page(rows: Sequence[Judged], metric: Metric) -> Iterator[RenderableType]:
    """Yield what gates are printed as: a table, and what would decide those that are open."""
    table = table_of(*HEADINGS, right=(2, 3))
    for row in rows:
        *cells, outcome = gate_cells(row, metric)
        table.add_row(*cells, Text(outcome, style=COLOURS[outcome]))
    yield table
    yield from (Text(f"· {note}", style="dim") for note in gate_notes(rows))


def gate_notes(rows: Iterable[Judged]) -> Iterator[str]:
    """Yield of each gate that is open what would decide it."""
    yield from (f"{_name(row)}: {still_open(row)}" for row in rows if row.outcome == "inconclusive")


def still_open(row: Judged) -> str:
    """Return what would decide a gate."""
    if row.note:
        return row.note
    if row.needed_n is None:
        return "no number of examples would decide"
    return f"about {rounded_up(row.needed_n):,} examples in all would decide, there are {row.n or 0:,}"


def in_words(row: Judged, metric: Metric) -> str:
    """Return a judged gate in one line."""
    name, condition, value, limits, _ = gate_cells(row, metric)
    return " ".join(filter(None, (f"{name} must be {condition}, and is {value}", limits)))


def _name(row: Judged) -> str:
    quantity, vs, against = row.gate.partition(" vs ")
    return f"{quantity}{vs}{against if len(against) <= LONGEST else '…' + against[1 - LONGEST :]}"


def _is_rate(row: Judged, metric: Metric) -> bool:
    known = row.quantity in QUANTITIES or row.quantity == TEST
    return metric == "error_rate" and known and quantity_of(row.quantity).scale == "error"


def _unit(row: Judged, metric: Metric) -> str:
    """Return the unit of a fraction wrong, and of a difference of two."""
    if not _is_rate(row, metric):
        return ""
    return " points" if " vs " in row.gate or "." not in row.quantity else " %"


def _number(row: Judged, value: float, metric: Metric) -> str:
    """Write a value as people read its quantity."""
    if row.quantity == "seconds":
        return duration(value)
    if row.quantity in QUANTITIES and quantity_of(row.quantity).scale == "count":
        return f"{value:,.0f}"
    return f"{100 * value:z.2f}" if _is_rate(row, metric) else f"{value:.4g}"
