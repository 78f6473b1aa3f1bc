"""What an experiment trains and is judged on: train, dev and test, ready for a network."""

from dataclasses import dataclass

import numpy.typing as npt

from dlrun.arrays import Array, IntArray
from dlrun.data.labels import LabelArray, encode_labels, label_notes
from dlrun.data.preprocessing import Normalization, Normalize, TargetScale
from dlrun.data.raw import RawData, Selection, row_numbers
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
    chosen = _choose(raw, counts, seed, labels[raw.pool] if classes and split.stratify else None)
    y = {name: labels[selection.part][selection.rows] for name, selection in chosen.items()}
    normalization = normalize.fit(chosen["train"])
    scale = TargetScale.fit(y["train"], chosen["train"]) if regression else None
    examples = {
        name: Examples(
            x=normalization.apply(selection, dtype),
            y=scale.standardize(y[name], selection, dtype) if scale else y[name],
            ids=selection.examples.ids[selection.rows],
        )
        for name, selection in chosen.items()
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
            *split_notes(split, counts, m),
            *(label_notes(y["train"], classes) if classes else ()),
            *normalization.notes(),
        ),
    )


def _choose(raw: RawData, counts: dict[str, int], seed: int, labels: IntArray | None) -> dict[str, Selection]:
    """Return the examples of train, dev and test; empty parts are left out."""
    drawn = split_rows(counts, len(raw.parts[raw.pool]), seed, labels)
    chosen = {name: Selection(raw=raw, part=raw.pool, rows=rows) for name, rows in drawn.items() if len(rows)}
    chosen |= {name: Selection(raw=raw, part=name, rows=row_numbers(len(raw.parts[name]))) for name in raw.brought}
    return {name: chosen[name] for name in PARTS if name in chosen}
