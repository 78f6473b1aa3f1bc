"""The small words of messages: how a value, a list of names, a bound reads in a sentence."""

from collections.abc import Iterable

MAX_SHOWN = 60  # characters of a value that a message repeats


def quoted(text: str) -> str:
    """Return the text in single quotes, shortened, with what a terminal might obey escaped."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: MAX_SHOWN + 1])
    return f"'{escaped}'" if len(escaped) <= MAX_SHOWN else f"'{escaped[: MAX_SHOWN - 1]}…'"


def listed(names: Iterable[object], conjunction: str = "or") -> str:
    """Return `a, b or c`."""
    *most, last = map(str, names)
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def counted(number: int, noun: str) -> str:
    """Return `1 layer`, `2 layers`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def hint(name: str) -> str:
    """Return `, did you mean …?`, or nothing if there is nothing to suggest."""
    return f", did you mean {name}?" if name else ""
