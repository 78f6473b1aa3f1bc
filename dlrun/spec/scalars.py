"""Plain scalars by the YAML 1.2 core schema: what a word without quotes means."""

import math
import re
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | None

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)"
_FLOAT = re.compile(_NUMBER + r"(?:[eE][-+]?[0-9]+)?")
_PERCENT = re.compile(f"({_NUMBER})%")

_MAX_DIGITS = 308  # more do not fit a float, and Python refuses to convert very long integers


def resolve(text: str) -> Value:
    """Return what a plain scalar means.

    `1e-3` is a number, `012` is 12, `80%` is 0.8 (our one addition); `no`, `on`, dates and `1:30` are text. A number too
    large for a float becomes infinity, which no key accepts.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    for pattern, base in ((_DECIMAL, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            return int(text, base) if len(text) <= _MAX_DIGITS else math.copysign(math.inf, -1 if text[0] == "-" else 1)
    if _FLOAT.fullmatch(text):
        return float(text)
    if percent := _PERCENT.fullmatch(text):
        return float(percent[1] + "e-2")  # one rounding: 0.1 / 100 would have two
    return text
