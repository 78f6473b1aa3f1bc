"""Splitting: how many examples go to train, dev and test; which, `drawing` says."""

import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Annotated

from annotated_types import Ge, Gt, Le

from dlrun.arrays import IntArray
from dlrun.data.drawing import PARTS, Draw, Drawn, Pool, Random
from dlrun.data.raw import RawData
from dlrun.errors import InvalidInput, Problem, raise_all
from dlrun.purposes import Purpose

MOST_FOLDS = 50
SIZED = ("train", "dev", "test")  # the parts that have a size in `data.split`
LARGEST_DEFAULT = 10_000  # examples in dev and in test: enough to see a difference of a tenth of a point

# A whole number counts examples, a number with a point is a fraction of them: 1 is one example, 1.0 is all.
Some = Annotated[int, Ge(1)] | Annotated[float, Gt(0), Le(1)]
SomeOrNone = Annotated[int, Ge(0)] | Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One of several divisions of the same rows: fold `number` of `of` is dev, the other folds are train, test stays out.

    Over all numbers every row is in dev once. `dlrun train --folds K` trains one run for each and pools what they predict.
    """

    number: Annotated[int, Ge(1), Le(MOST_FOLDS)]
    """Which fold is dev, counted from 1."""
    of: Annotated[int, Ge(2), Le(MOST_FOLDS)]
    """How many folds there are."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """The sizes of train, dev and test: counts (int) or fractions (float) of the m examples that are split.

    Left out, dev and test are min(m/5, 10,000) each, or an equal share of what other sizes leave; train is the rest.
    A size of 0 means that there is no such part, any other size that there is one. Which examples go where is drawn at
    random, and `stratify` keeps the classes' proportions in every part; or a column decides (`by`).
    """

    train: Annotated[Some | None, Purpose.VARIANCE] = None
    """A count (`1000`) or a fraction (`60%`, `0.6`); left out, the rest. More training data is the surest cure of variance."""
    dev: SomeOrNone | None = None
    """The part that chooses: the best epoch, the verdict. Left out, min(20 %, 10,000) examples; `0` means none, and then
    no variance verdict."""
    test: SomeOrNone | None = None
    """The part nobody looks at but `dlrun evaluate --split test`. Left out, min(20 %, 10,000) examples; `0` means none."""
    fold: Fold | None = None
    """Divide the rows that are not test into folds, one of which is dev: `{number: 2, of: 5}`. Then `train` and `dev` have no
    size of their own. For few examples: each is in dev once, so all of them judge."""
    stratify: bool = True
    """Keep the classes' proportions in every part, to within one example. Where a column decides (`by`), it has no say."""
    by: Draw = Random()
    """What decides which part an example goes to: chance, or a column.

    Rows that belong together, of one patient, one house, one writer, must not be torn: what was learned from one of them is
    no news in dev. Where the future is to be predicted, dev and test must lie in the future of train.
    """

    def counts(self, m: int, brought: Set[str] = frozenset(), train_dev: SomeOrNone = 0) -> dict[str, int]:
        """Return how many of m examples go to each part; a part that the file brings gets none, and takes no size.

        `train_dev` is the size of the part that is held out of the training distribution, 0 for none.

        Fractions are rounded down, but those that add up to 1 leave nobody out: train has the rest.
        Raises InvalidInput at `data.split`, with the numbers: more than there is, no training example, or a size above 0
        that is less than one example.
        """
        raise_all(self._sizes_of_brought(brought, train_dev))
        sizes = self._sizes(brought, train_dev)
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

    def draw(self, raw: RawData, train_dev: SomeOrNone, labels: IntArray | None, seed: int) -> Drawn:
        """Choose the rows of each part; `labels` are the class indices (m,) of those that are divided, None for regression.

        Errors: those of `counts`, and InvalidInput for folds of what cannot be folded.
        """
        if not self.fold:
            return self.by.draw(
                self.pool(raw, self.counts(len(raw.parts[raw.pool]), raw.brought, train_dev), train_dev, labels), seed
            )
        if "dev" in raw.brought:
            what = "the data brings its own dev part, so there is nothing for folds to choose"
            raise InvalidInput(Problem(what=what, where="data.split.fold", cure="leave the fold out; --seeds 5 repeats training"))
        outer = replace(self, dev=0, fold=None)
        pool = outer.pool(raw, outer.counts(len(raw.parts[raw.pool]), raw.brought, train_dev), train_dev, labels)
        drawn = self.by.draw(pool, seed)
        rows = drawn.rows["train"]
        is_dev = self.by.folds(pool, rows, self.fold.of, seed) == self.fold.number - 1
        chosen = {**drawn.rows, "train": rows[~is_dev], "dev": rows[is_dev]}
        return replace(drawn, rows={part: chosen[part] for part in PARTS if part in chosen}, notes=())

    def pool(self, raw: RawData, counts: Mapping[str, int], train_dev: SomeOrNone, labels: IntArray | None) -> Pool:
        """Return what is divided, and into what; `labels` are the class indices (m,) of its rows, None for regression."""
        strata = labels if self.stratify else None
        return Pool(raw=raw, sizes=self._sizes(raw.brought, train_dev), counts=counts, labels=strata)

    def _sizes(self, brought: Set[str], train_dev: SomeOrNone) -> dict[str, int | float | None]:
        sizes = {part: getattr(self, part) for part in SIZED if part not in brought}
        return sizes | ({"train_dev": train_dev} if train_dev else {})

    def _sizes_of_brought(self, brought: Set[str], train_dev: SomeOrNone) -> Iterator[Problem]:
        """Yield the sizes given for parts that the data brings."""
        given = {f"data.split.{part}": part for part in SIZED if getattr(self, part) is not None}
        given |= {"data.train_dev": "train_dev"} if train_dev else {}
        for key, part in given.items():
            if part in brought:
                yield Problem(what=f"the data brings its own {part} part", where=key, cure="leave this out")

    def resolved(self, sizes: Mapping[str, int | float]) -> "Split":
        """Return the split written as the sizes drawn, which choose the same rows again."""
        sized = ("test",) if self.fold else SIZED
        return replace(self, **{part: sizes.get(part) for part in sized})  # type: ignore[arg-type]

    def _too_many(self, sizes: Mapping[str, int | float | None], m: int) -> Problem:
        given = {part: size for part, size in sizes.items() if size is not None}
        words = " + ".join(f"{part} {_words(size)}" for part, size in given.items())
        if all(isinstance(size, float) for size in given.values()):
            what = f"{words} = {_words(math.fsum(given.values()))}, more than all of the data"
        else:
            what = f"{words} is more than the {m:,} examples there are"
        return Problem(what=what, where="data.split", cure="make one smaller, or leave out train: it gets the rest")


def split_notes(split: Split, counts: Mapping[str, int], m: int) -> Iterator[str]:
    """Yield what the user should know about the sizes; that nobody is left, when other sizes take all, needs no saying."""
    if unused := m - sum(counts.values()):
        yield f"{unused:,} of {m:,} examples are left unused by data.split"
    asked = {part: getattr(split, part) for part in counts if part in SIZED}
    empty = [part for part, size in asked.items() if size is None and not counts[part]]
    if empty and m - math.fsum(_quotas(asked, m).values()) > 1e-9 * m:
        yield f"no {' and no '.join(empty)} part: what data.split leaves for it is less than one example"


def absence_notes(parts: Set[str]) -> Iterator[str]:
    """Yield what it means that dev, or test, is not among the parts."""
    if "dev" not in parts:
        yield "without a dev part there is no variance verdict, and nothing chooses the best epoch: the last one counts"
    elif "test" not in parts:
        yield "without a test part this is the course's train/development practice: dev chooses, so its error is not unbiased"


def _quotas(sizes: Mapping[str, int | float | None], m: int) -> dict[str, float]:
    """Return how many of m examples each size asks for, not yet rounded; sizes that are left out are left out."""
    return {part: size * m if isinstance(size, float) else size for part, size in sizes.items() if size is not None}


def _less_than_one(part: str, size: float, m: int) -> Problem:
    what = f"{_words(size)} of {m:,} examples is less than one"
    cure = f"give a larger share, or a count (`{part}: 1` is one example); `{part}: 0` means no such part"
    return Problem(what=what, where="data.train_dev" if part == "train_dev" else f"data.split.{part}", cure=cure)


def _words(size: int | float) -> str:
    return f"{100 * size:.10g} %" if isinstance(size, float) else f"{size:,}"
