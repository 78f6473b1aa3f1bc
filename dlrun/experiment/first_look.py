"""The first look at data that nobody has written a spec for: what is in it, and how it can be prepared."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlrun.data.inspection import Column, cells_of, duplicates, inspect
from dlrun.data.leaks import Leak, find_leak
from dlrun.data.messages import did_you_mean, quoted
from dlrun.data.missing import Impute, Missing, RefuseMissing
from dlrun.data.opening import as_words, guess_target, has_columns, source_class
from dlrun.data.preprocessing import Standard
from dlrun.data.raw import RawData
from dlrun.data.sources import Digits, Source
from dlrun.data.sources.csv import EMPTY
from dlrun.data.sources.files import shown_path
from dlrun.data.splits import Splits, prepare
from dlrun.data.splitting import LARGEST_DEFAULT, Split
from dlrun.data.targets import Target, inspect_target
from dlrun.errors import InvalidInput, Problem

SHARE = 0.2  # of the examples, for dev and for test, as long as that is no more than anybody needs
FEWEST = 5  # examples of which a fifth is one


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """What a first look found, and the data as a network will see it.

    `files` are the data files by the source's keys, `rows` the examples of each part that the data brings, `columns` those of a
    table (arrays have none), `repeated` counts rows of training that are there more than once.
    """

    files: Mapping[str, str]
    source: Source
    rows: Mapping[str, int]
    images: bool
    target: Target
    why_target: str
    columns: tuple[Column, ...] = ()
    leaks: tuple[Leak, ...] = ()
    repeated: int = 0
    split: Split
    missing: Missing
    normalize: Standard
    splits: Splits

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """The columns that no network should see, each with the reason."""
        copies = {leak.column: leak.reason for leak in self.leaks if leak.copy}
        dropped = {column.name: copies.get(column.name, column.reason) for column in self.columns}
        return tuple((c.name, dropped[c.name]) for c in self.columns if not c.used or c.name in copies)

    @property
    def suspected(self) -> tuple[Leak, ...]:
        """The leaks that are only suspected: these columns stay in."""
        return tuple(leak for leak in self.leaks if not leak.copy)

    @property
    def gaps(self) -> dict[str, int]:
        """How many cells are missing of each column that is used."""
        out = {name for name, _ in self.left_out}
        return {column.name: column.missing for column in self.columns if column.missing and column.name not in out}

    def named(self, nature: str) -> list[str]:
        """Return the used columns of one nature."""
        out = {name for name, _ in self.left_out}
        return [column.name for column in self.columns if column.nature == nature and column.name not in out]


def look_at_digits() -> FirstLook:
    """Look at the packaged digits."""
    source = Digits()
    return _arrays(source, source.load(0), {})


def look_at(files: Mapping[str, str], target: str | None) -> FirstLook:
    """Look at data files, named by the source's keys (`path`, `dev`, …), and at the column to predict, guessed if it is None.

    Errors: InvalidInput for whatever cannot be read, or leaves nothing to train on.
    """
    cls = source_class(files)
    if has_columns(cls):
        return _table(cls, files, target)
    if target is not None:
        what = f"--target names a column of a table; a file of kind {cls.kind} says by itself which array holds the labels"
        raise InvalidInput(Problem(what=what, where=shown_path(files["path"]), cure="leave --target out"))
    source: Source = cls(**files)
    return _arrays(source, source.load(0), files)


def _arrays(source: Source, raw: RawData, files: Mapping[str, str]) -> FirstLook:
    target = inspect_target(raw)
    gaps = any(bool(np.isnan(part.x).any()) for part in raw.parts.values() if part.x.dtype.kind == "f")
    return _prepared(source, raw, files, target, "the labels of the file" if files else "the packaged data", gaps)


def _table(cls: Any, files: Mapping[str, str], told: str | None) -> FirstLook:
    header = cls.header(files["path"])
    name, why = (told, "as told") if told is not None else guess_target(files["path"], header)
    if name not in header:
        cure = did_you_mean(name, header)
        raise InvalidInput(Problem(what=f"no column {quoted(name)} (--target)", where=shown_path(files["path"]), cure=cure))
    raw = as_words(cls, files, name, header).load(0)
    target = inspect_target(raw)
    table = list(cells_of(raw))
    columns = [inspect(cells) for cells in table]
    used = {column.name for column in columns if column.used}
    leaks = tuple(leak for cells in table if cells.name in used and (leak := find_leak(cells, target)))
    classes = np.unique(target.values, return_inverse=True)[1]
    repeated = duplicates(table, classes.astype(np.int64))
    copies = {leak.column for leak in leaks if leak.copy}
    kept = [column for column in columns if column.used and column.name not in copies]
    gap_words = {word for column in kept for word in column.gap_words}
    if not kept:
        reasons = "; ".join(f"{quoted(column.name)}: {column.reason}" for column in columns[:10] if not column.used)
        what = f"no column is left to predict {quoted(name)} from: {reasons or 'there is only the target, more than once'}"
        raise InvalidInput(Problem(what=what, where=raw.name, cure="is this the right target? --target COLUMN"))
    source: Source = cls(
        **files,
        target=name,
        drop=tuple(column.name for column in columns if column not in kept),
        categorical=tuple(column.name for column in kept if column.nature == "code"),
        **({"empty": (*EMPTY, *sorted(gap_words))} if gap_words else {}),
    )
    gaps = any(column.missing for column in kept)
    look = _prepared(source, raw, files, target, why, gaps)
    return replace(look, columns=tuple(columns), leaks=leaks, repeated=repeated)


def _prepared(source: Source, raw: RawData, files: Mapping[str, str], target: Target, why: str, gaps: bool) -> FirstLook:
    """Prepare the data as the spec will, so that nothing is written that does not run."""
    split = choose_split(len(raw.parts[raw.pool]), raw.brought)
    missing: Missing = Impute() if gaps else RefuseMissing()
    normalize = Standard(per="all" if raw.images else "column")
    splits = prepare(source, split, normalize, missing=missing, regression=target.regression, seed=0, dtype="float32")
    return FirstLook(
        files=files,
        source=source,
        rows={part: len(examples) for part, examples in raw.parts.items()},
        images=raw.images,
        target=target,
        why_target=why,
        split=split,
        missing=missing,
        normalize=normalize,
        splits=splits,
    )


def choose_split(m: int, brought: Set[str]) -> Split:
    """Return the sizes of what the data does not bring: a fifth each, never more than 10,000.

    Where dev has a file of its own and test has none, there is no test part: one from the training file would be of another
    distribution than dev.
    """
    if {"dev", "test"} <= brought or m < FEWEST:
        return Split()
    size = SHARE if SHARE * m <= LARGEST_DEFAULT else LARGEST_DEFAULT
    if "dev" in brought:
        return Split(test=0)
    if "test" in brought:
        return Split(dev=size)
    return Split(train=1 - 2 * SHARE, dev=size, test=size) if size == SHARE else Split(dev=size, test=size)
