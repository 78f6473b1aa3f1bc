"""What an experiment trains and is judged on: train, dev and test, ready for a network."""

from dataclasses import dataclass

import numpy.typing as npt

from dlrun.arrays import Array, IntArray
from dlrun.data.labels import LabelArray, encode_labels, label_notes
from dlrun.data.preprocessing import Normalization, Normalize, TargetScale
from dlrun.data.raw import RawData, row_numbers
from dlrun.data.sources import Source
from dlrun.data.splitting import PARTS, Split, split_notes, split_rows


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Examples of one part: x (m, n) in the network's dtype, y (m,) class indices int64 or standardized targets, ids (m,).

    An id is the row in the source, or in the part if the source brings parts.
    """

    x: Array
    y: LabelArray
    ids: IntArray

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """The parts, and what was learned from the source on the way.

    `classes` is None for regression, `target_scale` for classification; `split` is the one asked for, written as counts;
    `sha256` that of the source; `notes` are sentences for the user.
    """

    train: Examples
    dev: Examples | None
    test: Examples | None
    features: tuple[str, ...]
    classes: tuple[str, ...] | None
    normalization: Normalization
    target_scale: TargetScale | None
    split: Split
    sha256: str
    notes: tuple[str, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """How many examples each part has; parts that are not there are left out."""
        parts = {"train": self.train, "dev": self.dev, "test": self.test}
        return {name: len(part) for name, part in parts.items() if part is not None}


def prepare(source: Source, split: Split, normalize: Normalize, *, regression: bool, seed: int, dtype: npt.DTypeLike) -> Splits:
    """Load, encode, split and normalize; what is measured, is measured on the training part alone."""
    raw = source.load(seed)
    labels, classes = encode_labels(raw, regression=regression)
    m = len(raw.parts[raw.pool])
    counts = split.counts(m, raw.brought)
    rows = _rows(raw, counts, seed, labels[raw.pool] if classes and split.stratify else None)
    train_part, train_rows = rows["train"]
    train_labels = labels[train_part][train_rows]
    x = raw.parts[train_part].x
    normalization = normalize.fit(x, train_rows, images=raw.images, features=raw.features)
    scale = TargetScale.fit(train_labels) if regression else None
    examples = {
        name: Examples(
            x=normalization.apply(raw.parts[part].x, chosen, dtype),
            y=scale.standardize(labels[part][chosen], dtype) if scale else labels[part][chosen],
            ids=raw.parts[part].ids[chosen],
        )
        for name, (part, chosen) in rows.items()
    }
    return Splits(
        train=examples["train"],
        dev=examples.get("dev"),
        test=examples.get("test"),
        features=raw.features,
        classes=classes,
        normalization=normalization,
        target_scale=scale,
        split=split.resolved(counts),
        sha256=raw.sha256,
        notes=(
            *raw.notes,
            *split_notes(counts, m),
            *(label_notes(train_labels, classes) if classes else ()),
            *normalization.notes(),
        ),
    )


def _rows(raw: RawData, counts: dict[str, int], seed: int, labels: IntArray | None) -> dict[str, tuple[str, IntArray]]:
    """Return for train, dev and test the raw part it comes from and the rows there; empty parts are left out."""
    drawn = split_rows(counts, len(raw.parts[raw.pool]), seed, labels)
    rows = {name: (raw.pool, chosen) for name, chosen in drawn.items() if len(chosen)}
    rows |= {name: (name, row_numbers(len(raw.parts[name]))) for name in raw.brought}
    return {name: rows[name] for name in PARTS if name in rows}
