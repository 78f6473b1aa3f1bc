"""What a record says about its run in single values, by name: what runs are shown, sorted and filtered by."""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from dlrun.rundir.record import RunRecord

LARGEST = sys.float_info.max / 1000  # a percentage of it is a float too


def dig(tree: Any, *steps: str) -> Any:
    """Return what lies at an address in nested mappings, or None: a record may come from others, and hold anything there."""
    for step in steps:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(step)
    return tree


def _number(*steps: str) -> Callable[[RunRecord], float | None]:
    def read(record: RunRecord) -> float | None:
        value = dig(record.summary, *steps)
        usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
        return value if usable else None

    return read


def _words(value: Any) -> list[str] | None:
    return [str(word) for word in value] if isinstance(value, list) else None


def _time(time: datetime | None) -> str | None:
    """Write a time in UTC, so that times compare as text does."""
    return time.astimezone(UTC).isoformat() if time else None


def _metric(record: RunRecord) -> str | None:
    """Return what the errors of a run are: error_rate, a fraction wrong, or rmse, in the target's units; None if it has none."""
    metric = dig(record.summary, "metric")
    return metric if metric in ("error_rate", "rmse") else None


RUN_VALUES: dict[str, Callable[[RunRecord], Any]] = {
    "name": lambda record: record.name,
    "dev_error": _number("errors", "dev", "error"),
    "dev_low": _number("errors", "dev", "low"),
    "dev_high": _number("errors", "dev", "high"),
    "dev_n": _number("errors", "dev", "n"),
    "dev_loss": _number("dev_loss"),
    "metric": _metric,
    "train_error": _number("errors", "train", "error"),
    "verdict": lambda record: _words(dig(record.summary, "verdict")),
    "best_epoch": _number("best_epoch"),
    "epochs": _number("epochs"),
    "steps": _number("steps"),
    "parameters": _number("parameters"),
    "seconds": lambda record: record.seconds,
    "started": lambda record: _time(record.started),
    "ended": lambda record: _time(record.ended),
    "stop_reason": lambda record: record.stop_reason,
    "parent": lambda record: record.parent,
    "folds": lambda record: len(_words(dig(record.summary, "folds")) or ()) or None,
}
OF_EVERY_RUN = ("run", "status")  # known of a damaged one too
RUN_KEYS = (*OF_EVERY_RUN, *RUN_VALUES)


def value_text(value: Any) -> str:
    """Write a value of a spec on one line, as short as it can be read: layers without keys of their own are their units."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.6g}"
        case list():
            return ", ".join(map(value_text, value))
        case dict():
            told = {key: item for key, item in value.items() if item is not None}
            if set(told) == {"units"}:
                return value_text(told["units"])
            return "{" + ", ".join(f"{key}: {value_text(item)}" for key, item in told.items()) + "}"
        case _:
            return str(value)
