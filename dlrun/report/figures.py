"""How numbers are written for people."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlrun.diagnosis.headline import RungMetric


COLOURS = {"high": "red", "low": "green", "inconclusive": "yellow"}  # of a gap's status
PERCENT = ("error_rate", "macro_f1", "auc")  # what is written as a percentage


def error_text(value: float | None, metric: "RungMetric") -> str:
    """Write a fraction wrong, or what a score falls short of 1, as a percentage; an RMSE or a loss with four digits."""
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if metric in PERCENT else f"{value:.4g}"


def gap_text(value: float, metric: "RungMetric") -> str:
    """Write a difference of errors: in points of a percentage, or in the target's units."""
    return f"{100 * value:.2f}" if metric in PERCENT else f"{value:.4g}"


def range_text(low: float, high: float, metric: "RungMetric") -> str:
    """Write the limits of an interval."""
    factor = 100 if metric in PERCENT else 1
    digits = ".2f" if metric in PERCENT else ".4g"
    return f"[{factor * low:{digits}}, {factor * high:{digits}}]"


def duration(seconds: float) -> str:
    """Write seconds, minutes or hours."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 100:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def ago(seconds: float) -> str:
    """Write how long ago something was: in minutes, hours, or days."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds // size:,.0f} {unit} ago"
    return "now"


def size_text(count: int) -> str:
    """Write a number of bytes in KiB or MiB."""
    return f"{count / 2**10:,.0f} KiB" if count < 2**20 else f"{count / 2**20:,.1f} MiB"
