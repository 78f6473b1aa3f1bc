"""Splitting: how many examples go to train, dev and test, and which."""

import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from dlrun.arrays import IntArray
from dlrun.data.stratification import apportion
from dlrun.errors import InvalidInput, Problem, raise_all
from dlrun.purposes import Purpose
from dlrun.seeding import Stream, rng_for

SIZED = ("train", "dev", "test")  # the parts that have a size in `data.split`
PARTS = ("train", "train_dev", "dev", "test")  # the order in which rows are drawn: train_dev takes from train alone
LARGEST_DEFAULT = 10_000  # examples in dev and in test: enough to see a difference of a tenth of a point

# A whole number counts examples, a number with a point is a fraction of them: 1 is one example, 1.0 is all.
Some = Annotated[int, Ge(1)] | Annotated[float, Gt(0), Le(1)]
SomeOrNone = Annotated[int, Ge(0)] | Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, kw_only=True)
class Split:
    """The sizes of train, dev and test: counts (int) or fractions (float) of the m examples that are split.

    Left out, dev and test are min(m/5, 10,000) each, or an equal share of what other sizes leave; train is the rest.
    A size of 0 means that there is no such part, any other size that there is one. `stratify` keeps the classes'
    proportions in every part.
    """

    train: Annotated[Some | None, Purpose.VARIANCE] = None
    """A count (`1000`) or a fraction (`60%`, `0.6`); left out, the rest. More training data is the surest cure of variance."""
    dev: SomeOrNone | None = None
    """The part that chooses: the best epoch, the verdict. Left out, min(20 %, 10,000) examples; `0` means none, and then
    no variance verdict."""
    test: SomeOrNone | None = None
    """The part nobody looks at but `dlrun evaluate --split test`. Left out, min(20 %, 10,000) examples; `0` means none."""
    stratify: bool = True
    """Keep the classes' proportions in every part, to within one example."""

    def counts(self, m: int, brought: Set[str] = frozenset(), train_dev: SomeOrNone = 0) -> dict[str, int]:
        """Return how many of m examples go to each part; a part that the file brings gets none, and takes no size.

        `train_dev` is the size of the part that is held out of the training distribution, 0 for none.

        Fractions are rounded down, but those that add up to 1 leave nobody out: train has the rest.
        Raises InvalidInput at `data.split`, with the numbers: more than there is, no training example, or a size above 0
        that is less than one example.
        """
        sizes = {part: getattr(self, part) for part in SIZED if part not in brought}
        raise_all(self._sizes_of_brought(brought, train_dev))
        if train_dev:
            sizes["train_dev"] = train_dev
        quotas = _quotas(sizes, m)
        left = m - math.fsum(quotas.values())
        if left < -1e-9 * m:
            raise InvalidInput(self._too_many(sizes, m))
        open_parts = [part for part in sizes if part not in quotas]
        quotas |= {part: min(m / 5, LARGEST_DEFAULT, max(left, 0) / len(open_parts)) for part in open_parts}
        counts = {part: math.floor(round(quotas[part], 6)) for part in sizes}
        held_out = sum(counts.values()) - counts["train"]
        if "train" in open_parts or (isinstance(self.train, float) and math.fsum(quotas.values()) >= m * (1 - 1e-9)):
            counts["train"] = m - held_out
        if counts["train"] < 1:
            what = f"no example is left for training: {m:,} in all, {held_out:,} held out"
            raise InvalidInput(Problem(what=what, where="data.split", cure="make dev or test smaller"))
        raise_all(_less_than_one(part, size, m) for part, size in sizes.items() if size and not counts[part])
        return counts

    def _sizes_of_brought(self, brought: Set[str], train_dev: SomeOrNone) -> Iterator[Problem]:
        """Yield the sizes given for parts that the data brings."""
        given = {f"data.split.{part}": part for part in SIZED if getattr(self, part) is not None}
        given |= {"data.train_dev": "train_dev"} if train_dev else {}
        for key, part in given.items():
            if part in brought:
                yield Problem(what=f"the data brings its own {part} part", where=key, cure="leave this out")

    def resolved(self, counts: Mapping[str, int]) -> "Split":
        """Return the split written as the counts chosen, which choose the same rows again."""
        return replace(self, **{part: counts.get(part) for part in SIZED})  # type: ignore[arg-type]

    def _too_many(self, sizes: Mapping[str, int | float | None], m: int) -> Problem:
        given = {part: size for part, size in sizes.items() if size is not None}
        words = " + ".join(f"{part} {_words(size)}" for part, size in given.items())
        if all(isinstance(size, float) for size in given.values()):
            what = f"{words} = {_words(math.fsum(given.values()))}, more than all of the data"
        else:
            what = f"{words} is more than the {m:,} examples there are"
        return Problem(what=what, where="data.split", cure="make one smaller, or leave out train: it gets the rest")


def split_rows(counts: Mapping[str, int], m: int, seed: int, labels: IntArray | None = None) -> dict[str, IntArray]:
    """Return the sorted rows of each part, disjoint and of exactly these sizes, drawn from m rows.

    With class indices `labels` (m,), every part has each class within 1 example of its proportional number.
    """
    rng = rng_for(seed, Stream.SPLIT)
    order = rng.permutation(m)
    sizes = np.array([counts.get(part, 0) for part in PARTS])
    sizes = np.append(sizes, m - sizes.sum())  # the last part is what stays unused
    if labels is None:
        groups, table = [order], sizes[None, :]
    else:
        class_sizes = np.bincount(labels)
        order = order[np.argsort(labels[order], kind="stable")]
        groups, table = np.split(order, np.cumsum(class_sizes)[:-1]), apportion(class_sizes, sizes)
    pieces = [np.split(group, np.cumsum(row)[:-1]) for group, row in zip(groups, table, strict=True)]
    return {part: np.sort(np.concatenate([piece[i] for piece in pieces])) for i, part in enumerate(PARTS) if part in counts}


def split_notes(split: Split, counts: Mapping[str, int], m: int) -> Iterator[str]:
    """Yield what the user should know about the sizes; that nobody is left, when other sizes take all, needs no saying."""
    if unused := m - sum(counts.values()):
        yield f"{unused:,} of {m:,} examples are left unused by data.split"
    asked = {part: getattr(split, part) for part in counts if part in SIZED}
    empty = [part for part, size in asked.items() if size is None and not counts[part]]
    if empty and m - math.fsum(_quotas(asked, m).values()) > 1e-9 * m:
        yield f"no {' and no '.join(empty)} part: what data.split leaves for it is less than one example"


def _quotas(sizes: Mapping[str, int | float | None], m: int) -> dict[str, float]:
    """Return how many of m examples each size asks for, not yet rounded; sizes that are left out are left out."""
    return {part: size * m if isinstance(size, float) else size for part, size in sizes.items() if size is not None}


def _less_than_one(part: str, size: float, m: int) -> Problem:
    what = f"{_words(size)} of {m:,} examples is less than one"
    cure = f"give a larger share, or a count (`{part}: 1` is one example); `{part}: 0` means no such part"
    return Problem(what=what, where="data.train_dev" if part == "train_dev" else f"data.split.{part}", cure=cure)


def _words(size: int | float) -> str:
    return f"{100 * size:.10g} %" if isinstance(size, float) else f"{size:,}"
