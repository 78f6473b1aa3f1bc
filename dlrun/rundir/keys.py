"""The keys of runs: which of a spec's differ between them, and how to call one shortly."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from dlrun.errors import InvalidInput, Problem
from dlrun.rundir.listing import ListedRun
from dlrun.rundir.values import RUN_KEYS, value_text

SHOWN = 12  # candidates listed in an error
TOLD_ANYWAY = {"name", "dlrun"}  # the name has a column, the format's version tells nothing about an experiment


def spec_keys(runs: Iterable[ListedRun]) -> list[str]:
    """Return every address in the specs of these runs, sections too, in the order of the specs."""
    return [address for address, _ in _walk("", _specs(runs))]


def varying_keys(runs: Iterable[ListedRun]) -> dict[str, int]:
    """Return the addresses at which the specs of these runs differ, each with its number of different values.

    A key that some specs lack differs only if those that have it do not agree: that Adam has a beta1 and momentum has none is
    said by optimizer.kind.
    """
    found: dict[str, int] = {}
    for address, values in _walk("", _specs(runs)):
        leaf = not all(isinstance(value, dict) for value in values)
        within_another = any(address.startswith(f"{section}.") for section in found)  # null in one, a section in the others
        if leaf and not within_another and address not in TOLD_ANYWAY and (count := _different(values)) > 1:
            found[address] = count
    return found


def _specs(runs: Iterable[ListedRun]) -> list[Any]:
    return [run.record.spec for run in runs if run.record]


def _walk(prefix: str, trees: list[dict[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """Yield each address with the values there; where all are equal, one is enough, and most are."""
    if trees and all(tree == trees[0] for tree in trees):
        trees = trees[:1]
    for name in dict.fromkeys(name for tree in trees for name in tree):
        values = [tree[name] for tree in trees if name in tree]
        yield prefix + name, values
        if inner := [value for value in values if isinstance(value, dict)]:
            yield from _walk(f"{prefix}{name}.", inner)


def _different(values: list[Any]) -> int:
    """Return the number of different values; 1, true and 1.0 are not told apart."""
    if all(value == values[0] for value in values):
        return 1
    return len({value if isinstance(value, int | float | str) else repr(value) for value in values})


def short_names(keys: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return for each key the shortest end of its address that means no other known key: `initial`, but `optimizer.kind`."""
    ends: dict[str, set[str]] = {}
    for key in {*known, *RUN_KEYS}:
        for end in _ends(key):
            ends.setdefault(end, set()).add(key)
    return {key: next((end for end in _ends(key) if ends.get(end, {key}) == {key}), key) for key in keys}


def _ends(key: str) -> list[str]:
    steps = key.split(".")
    return [".".join(steps[start:]) for start in range(len(steps) - 1, -1, -1)]


def find_key(word: str, known: Collection[str], where: str) -> str | None:
    """Return the key that is meant by its address or the end of it; None if there is none.

    Errors: InvalidInput if it is the end of several; where says who asked.
    """
    if word in RUN_KEYS or word in known:
        return word
    meant = [key for key in known if key.endswith(f".{word}")]
    if len(meant) > 1:
        listed = tuple(f"   {key}" for key in meant[:SHOWN])
        raise InvalidInput(Problem(what=f"{word!r} means {len(meant)} keys, which one?", where=where, excerpt=listed))
    return meant[0] if meant else None


def sorted_by(runs: Sequence[ListedRun], key: str, *, descending: bool) -> list[ListedRun]:
    """Return the runs by the value of a key: numbers before words; those without a value come last, whichever way."""
    valued = [(value, run) for run in runs if (value := run.value(key)) is not None]
    known = {id(run) for _, run in valued}
    ordered = sorted(valued, key=lambda pair: _rank(pair[0]), reverse=descending)
    return [run for _, run in ordered] + [run for run in runs if id(run) not in known]


def _rank(value: Any) -> tuple[int, float, list[tuple[int, int, str]]]:
    if isinstance(value, int | float):
        return 0, value, []
    # numbers within words by their size: 64, 32 before 128
    parts = re.findall(r"(\d{1,18})|(\D+)", value_text(value))
    return 1, 0.0, [(0, int(digits), "") if digits else (1, 0, word) for digits, word in parts]
