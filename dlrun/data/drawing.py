"""Drawing: which rows go to train, dev and test, by chance or as a column says; how many, `splitting` says."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

import numpy as np
from annotated_types import MinLen

from dlrun.arrays import Array, IntArray
from dlrun.data.cuts import best_cuts
from dlrun.data.folds import WHERE as FOLD
from dlrun.data.folds import deal, deal_groups, deal_places
from dlrun.data.keys import Moments, groups_of, key_of, moments_of
from dlrun.data.messages import quoted, shown
from dlrun.data.raw import RawData
from dlrun.data.stratification import apportion
from dlrun.errors import InvalidInput, Problem, raise_all
from dlrun.seeding import Stream, rng_for

UNUSED = ""
PARTS = ("train", "train_dev", "dev", "test")  # the order in which rows are drawn: train_dev takes from train alone
FIRST_SERVED = ("test", "dev", "train_dev")  # by a hash: another size of dev leaves test as it is
ORDERS = 32  # of the groups, tried for the one that can be cut nearest to the sizes
OF_A_HASH = 2.0**64

Sizes: TypeAlias = Mapping[str, int | float]
KeyColumn = Annotated[str, MinLen(1)]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """What is divided: the part of a source to be split, and the parts it goes to, those that the source brings left out.

    `sizes` are as the spec says (None: left out), `counts` the same in examples, some of which may be 0. `labels` (m,) are the
    class indices whose proportions every part is to keep, None where it need not.
    """

    raw: RawData
    sizes: Mapping[str, int | float | None]
    counts: Mapping[str, int]
    labels: IntArray | None = None

    @property
    def m(self) -> int:
        """How many rows there are."""
        return len(self.raw.parts[self.raw.pool])


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The sorted rows of each part, disjoint; the sizes that choose them again; sentences for the user."""

    rows: Mapping[str, IntArray]
    sizes: Sizes
    notes: tuple[str, ...] = ()

    @property
    def lengths(self) -> dict[str, int]:
        """How many rows each part has."""
        return {part: len(found) for part, found in self.rows.items()}


@dataclass(frozen=True, kw_only=True)
class Random:
    """Every example is as likely to go to dev as any other; with `data.split.stratify`, any other of its class."""

    kind: Literal["random"] = "random"

    def draw(self, pool: Pool, seed: int) -> Drawn:
        """Draw as many rows as are asked for; every class within 1 example of its proportional number."""
        return Drawn(rows=split_rows(pool.counts, pool.m, seed, pool.labels), sizes=pool.counts)

    def folds(self, pool: Pool, rows: IntArray, k: int, seed: int) -> IntArray:
        """Return the fold of each of these rows; all have every class alike, as far as whole rows allow."""
        return deal(len(rows), k, seed, None if pool.labels is None else pool.labels[rows])


@dataclass(frozen=True, kw_only=True)
class Group:
    """All rows with one value of a column go to one part: the patient, the house, the writer of several rows.

    The values are drawn at random, the sizes come as near as they allow. Rows of one group are alike, so dev says less than as
    many independent rows would: the intervals are too narrow where it has few groups. The column is usually one in `drop`.
    """

    kind: Literal["group"] = "group"
    column: KeyColumn
    """The column whose values must stay together, a feature or one that is dropped."""

    def draw(self, pool: Pool, seed: int) -> Drawn:
        """Cut the groups, in random order, where the sizes are met best; InvalidInput if there are fewer groups than parts."""
        groups, sizes = groups_of(key_of(pool.raw, self.column))
        wanted = _wanted(pool)
        parts = [part for part, count in wanted.items() if count]
        if len(sizes) < len(parts):
            what = f"{quoted(self.column)} has {len(sizes):,} different values, too few for {len(parts)} parts"
            raise InvalidInput(Problem(what=what, where="data.split.by", cure="split by a column with more, or at random"))
        rng = rng_for(seed, Stream.SPLIT)
        orders = (rng.permutation(len(sizes)) for _ in range(ORDERS))
        order, cuts = best_cuts(orders, sizes, [wanted[part] for part in parts])
        part_of = np.empty(len(sizes), dtype=np.int64)
        for number, (start, end) in enumerate(pairwise((0, *cuts))):
            part_of[order[start:end]] = number
        rows = {part: np.empty(0, dtype=np.int64) for part in pool.counts}
        rows |= {part: np.flatnonzero(part_of[groups] == i) for i, part in enumerate(parts) if part in pool.counts}
        each = ", ".join(f"{part} {len(np.unique(groups[rows[part]])):,}" for part in PARTS if len(rows.get(part, ())))
        return Drawn(
            rows=rows,
            sizes={part: len(found) for part, found in rows.items()},
            notes=(f"groups of {quoted(self.column)}: {each}", *_missed(pool, rows)),
        )

    def folds(self, pool: Pool, rows: IntArray, k: int, seed: int) -> IntArray:
        """Return the fold of each of these rows; a group stays together."""
        return deal_groups(groups_of(key_of(pool.raw, self.column))[0][rows], k, seed)


@dataclass(frozen=True, kw_only=True)
class Time:
    """Oldest rows train, later ones are dev, the newest are test: what a model must do that predicts the future.

    Train-dev is drawn at random from the time of train, so that the step from it to dev is what time changed. Rows that counts
    leave unused are the oldest. Rows of one moment stand in the order of the file.
    """

    kind: Literal["time"] = "time"
    column: KeyColumn
    """The column that says when: numbers, or dates as ISO 8601 writes them (`2026-03-01`, `2026-03-01 12:30`)."""

    def draw(self, pool: Pool, seed: int) -> Drawn:
        """Sort by the column and cut; the order of the rows within train and train-dev is random."""
        moments = moments_of(pool.raw, self.column)
        order = np.argsort(moments.values, kind="stable")
        counts = {part: pool.counts.get(part, 0) for part in PARTS}
        used = order[pool.m - sum(counts.values()) :]
        dev, test = len(used) - counts["dev"] - counts["test"], len(used) - counts["test"]
        old = rng_for(seed, Stream.SPLIT).permutation(used[:dev])
        rows = {"train": old[: counts["train"]], "dev": used[dev:test], "test": used[test:], "train_dev": old[counts["train"] :]}
        rows = {part: np.sort(rows[part]) for part in PARTS if part in pool.counts}
        return Drawn(rows=rows, sizes=pool.counts, notes=tuple(_spans(self.column, moments, rows)))

    def folds(self, pool: Pool, rows: IntArray, k: int, seed: int) -> IntArray:
        """Refuse: all folds but one would be predicted by a model that has seen what came after."""
        what = "by time there are no folds: most would be predicted from what came after them"
        raise InvalidInput(Problem(what=what, where=FOLD, cure="--seeds 5 tells the chance of training; dev is the later rows"))


@dataclass(frozen=True, kw_only=True)
class Hash:
    """The SHA-256 of a column's text decides, whatever the seed: a row never moves to another part when the data grows.

    u = first 8 bytes of SHA-256(text in UTF-8) / 2⁶⁴:  test if u < test, dev if u < test + dev, then train-dev, then train

    Sizes are fractions here, dev and test 20 % where they are left out, and are met as chance allows. Rows with one text stay
    together.
    """

    kind: Literal["hash"] = "hash"
    column: KeyColumn
    """The column that names a row, a feature or one that is dropped."""

    def draw(self, pool: Pool, seed: int) -> Drawn:
        """Hash every row's key; the seed has no effect. InvalidInput for counts, and where a part that is asked for is empty."""
        raise_all(_counted(pool))
        shares = _shares(pool.sizes)
        place = self._places(pool)
        rows, below = {}, 0.0
        for part in [part for part in FIRST_SERVED if part in shares]:
            rows[part] = np.flatnonzero((place >= below) & (place < below + shares[part]))
            below += shares[part]
        rest = math.inf if math.fsum(shares.values()) > 1 - 1e-9 else below + shares["train"]
        rows["train"] = np.flatnonzero((place >= below) & (place < rest))
        raise_all(_empty(self.column, shares, rows))
        rows = {part: rows[part] for part in PARTS if part in rows}
        each = ", ".join(f"{part} {len(found):,}" for part, found in rows.items() if len(found))
        return Drawn(rows=rows, sizes=shares, notes=(f"by the hash of {quoted(self.column)}: {each}",))

    def folds(self, pool: Pool, rows: IntArray, k: int, seed: int) -> IntArray:
        """Return the fold of each of these rows: what lies above the test part, in k equal pieces. The seed has no effect."""
        test = _shares(pool.sizes).get("test", 0.0)
        return deal_places((self._places(pool)[rows] - test) / (1 - test), k)

    def _places(self, pool: Pool) -> Array:
        """Return u of each row (m,)."""
        key = key_of(pool.raw, self.column)
        u = {text: int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / OF_A_HASH for text in set(key)}
        return np.array([u[text] for text in key], dtype=np.float64)


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


def _wanted(pool: Pool) -> dict[str, int]:
    """Return how many rows each part asks for, and how many are to stay unused."""
    return {**pool.counts, UNUSED: pool.m - sum(pool.counts.values())}


def _missed(pool: Pool, rows: Mapping[str, IntArray]) -> Iterator[str]:
    """Yield the sizes that whole groups do not meet."""
    missed = [f"{part} {len(rows[part]):,} for {count:,}" for part, count in pool.counts.items() if len(rows[part]) != count]
    if missed:
        yield f"whole groups do not give the sizes of data.split: {', '.join(missed)} examples"


def _spans(column: str, moments: Moments, rows: Mapping[str, IntArray]) -> Iterator[str]:
    """Yield from when to when each part is, and where rows of one moment stand on both sides of a border."""
    ordered = [part for part in ("train", "train_dev", "dev", "test") if len(rows.get(part, ()))]
    ends = {}
    for part in ordered:
        values = moments.values[rows[part]]
        first, last = rows[part][values.argmin()], rows[part][values.argmax()]
        ends[part] = (moments.texts[first], moments.texts[last])
    spans = (f"{part} {shown(first, width=30)} … {shown(last, width=30)}" for part, (first, last) in ends.items())
    yield f"by {quoted(column)}: {', '.join(spans)}"
    for earlier, later in pairwise(part for part in ordered if part != "train_dev"):
        last, first = moments.values[rows[earlier]].max(), moments.values[rows[later]].min()
        if last == first:
            yield f"rows of {quoted(ends[later][0])} are in {earlier} and in {later}: the border falls between them"


def _counted(pool: Pool) -> Iterator[Problem]:
    """Yield the sizes that are counts: of growing data the same count would be another fraction, and rows would move."""
    for part, size in pool.sizes.items():
        if isinstance(size, int) and size:
            where = "data.train_dev" if part == "train_dev" else f"data.split.{part}"
            what = f"by a hash the size must be a fraction, got the count {size:,}"
            yield Problem(what=what, where=where, cure=f"write {100 * size / pool.m:.3g}%, which is about as many rows today")


def _shares(sizes: Mapping[str, int | float | None]) -> dict[str, float]:
    """Return the fraction of each part; dev and test, left out, are a fifth, or an equal share of what others leave."""
    shares = {part: float(size) for part, size in sizes.items() if size is not None}
    left = max(1 - math.fsum(shares.values()), 0.0)
    absent = [part for part in sizes if part not in shares]
    shares |= {part: min(0.2, left / len(absent)) for part in absent if part != "train"}
    if "train" in absent:
        shares["train"] = 1 - math.fsum(shares.values())
    return shares


def _empty(column: str, shares: Sizes, rows: Mapping[str, IntArray]) -> Iterator[Problem]:
    """Yield the parts that are asked for and got nothing."""
    for part, share in shares.items():
        if share and not len(rows[part]):
            what = f"no row's hash of {quoted(column)} falls into {part}, {100 * share:.3g} % of the rows"
            yield Problem(what=what, where="data.split.by", cure="give it a larger share, or a column with more values")


# the registry: a new way to draw is one class above and its name here
Draw: TypeAlias = Random | Group | Time | Hash
