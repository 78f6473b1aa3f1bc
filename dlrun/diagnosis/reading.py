"""Numbers and words of a diagnosis.json, which may come from anybody: each is what it must be, or the file is damaged."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

LARGEST = 1e300  # of a number: products and differences of two are finite, or looked at
LONGEST = 100  # characters of a word


def tree_of(value: Any) -> Mapping[str, Any]:
    """Return an object. Errors: ValueError if it is none."""
    if not isinstance(value, dict):
        raise ValueError("an object is missing")
    return value


def number(tree: Mapping[str, Any], key: str, *, least: float = -LARGEST) -> float:
    """Return a finite number. Errors: ValueError if there is none, or if it is below the least."""
    value = tree.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not (isfinite(value) and least <= value <= LARGEST):
        raise ValueError(f"{key} must be a number of {least:g} or more")
    return float(value)


def number_or_none(tree: Mapping[str, Any], key: str, *, least: float = -LARGEST) -> float | None:
    """Return a finite number, or None for null and for what is not there. Errors: ValueError for anything else."""
    return None if tree.get(key) is None else number(tree, key, least=least)


def count(tree: Mapping[str, Any], key: str) -> int:
    """Return a whole number of 0 or more. Errors: ValueError if it is none."""
    value = tree.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise ValueError(f"{key} must be a whole number of 0 or more")
    return value


def truth(tree: Mapping[str, Any], key: str) -> bool:
    """Return true or false. Errors: ValueError if it is neither."""
    value = tree.get(key)
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false")
    return value


def word(tree: Mapping[str, Any], key: str) -> str:
    """Return a short text. Errors: ValueError if it is none."""
    value = tree.get(key)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"{key} must be text of {LONGEST} characters at most")
    return value
