"""The keys of runs: which of a spec's differ between them, and how to call one shortly."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

from dlrun.errors import InvalidInput, Problem
from dlrun.rundir.listing import ListedRun
from dlrun.rundir.values import RUN_KEYS, value_text

SHOWN = 12  # candidates listed in an error
TOLD_ANYWAY = {"name", "dlrun"}  # the name has a column, the format's version tells nothing about an experiment


class SpecKeys:
    """The keys in the specs of some runs; they are gathered when first asked for, since there may be thousands of runs."""

    def __init__(self, runs: Iterable[ListedRun]) -> None:
        self._specs = [run.record.spec for run in runs if run.record]

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        """What stands at each address, of sections too; one value where all are equal."""
        return dict(_walk("", self._specs))

    @property
    def leaves(self) -> list[str]:
        """The addresses at which there is more, or less, than a section."""
        return [address for address, values in self._values.items() if not _all_sections(values)]

    @cached_property
    def varying(self) -> dict[str, int]:
        """The addresses at which the specs differ, each with its number of different values, in the order of the specs.

        A key that some specs lack differs only if those that have it do not agree: that Adam has a beta1 and momentum has none is
        said by optimizer.kind.
        """
        found: dict[str, int] = {}
        for address, values in self._values.items():
            within_another = any(section in found for section in _sections(address))  # null in one, a section in the others
            if (
                not _all_sections(values)
                and not within_another
                and address not in TOLD_ANYWAY
                and (count := _different(values)) > 1
            ):
                found[address] = count
        return found

    @cached_property
    def headings(self) -> dict[str, str]:
        """The addresses that differ, the most varied first, each with its shortest end that means no other key.

        `initial` is enough for learning_rate.initial, but optimizer.kind needs both.
        """
        means = Counter(end for key in {*self._values, *RUN_KEYS} for end in _ends(key))
        by_variety = sorted(self.varying, key=lambda key: -self.varying[key])
        return {key: next((end for end in _ends(key) if means[end] == 1), key) for key in by_variety}

    def find(self, word: str, where: str) -> str | None:
        """Return the key that is meant by its address or the end of it, also one of the run itself; None if there is none.

        Errors: InvalidInput if it is the end of several; where says who asked.
        """
        return word if word in RUN_KEYS else find_key(word, self._values, where)


def find_key(word: str, known: Collection[str], where: str) -> str | None:
    """Return the address that a word is, or is the end of; None if there is none.

    Errors: InvalidInput if it is the end of several; where says who asked.
    """
    if word in known:
        return word
    meant = [key for key in known if key.endswith(f".{word}")]
    if len(meant) > 1:
        listed = tuple(f"   {key}" for key in meant[:SHOWN])
        raise InvalidInput(Problem(what=f"{word!r} means {len(meant)} keys, which one?", where=where, excerpt=listed))
    return meant[0] if meant else None


def _walk(prefix: str, trees: list[dict[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """Yield each address with the values there; where all are equal, one is enough, and most are."""
    if trees and all(tree == trees[0] for tree in trees):
        trees = trees[:1]
    for name in dict.fromkeys(chain.from_iterable(trees)):
        values = [tree[name] for tree in trees if name in tree]
        yield prefix + name, values
        if inner := [value for value in values if isinstance(value, dict)]:
            yield from _walk(f"{prefix}{name}.", inner)


def _sections(address: str) -> Iterator[str]:
    """Yield the addresses of what an address lies in: a, a.b of a.b.c."""
    return accumulate(address.split(".")[:-1], "{}.{}".format)


def _all_sections(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _different(values: list[Any]) -> int:
    """Return the number of different values; 1, true and 1.0 are not told apart."""
    if all(value == values[0] for value in values):
        return 1
    return len({value if isinstance(value, int | float | str) else repr(value) for value in values})


def _ends(key: str) -> list[str]:
    steps = key.split(".")
    return [".".join(steps[start:]) for start in range(len(steps) - 1, -1, -1)]


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
