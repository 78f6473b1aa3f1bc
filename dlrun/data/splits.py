"""What an experiment trains and is judged on: train, dev and test, ready for a network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dlrun.arrays import Array, IntArray
from dlrun.data.drawing import PARTS, Drawn
from dlrun.data.encoding import Categories, OneHot, encoding_notes
from dlrun.data.labels import LabelArray, Labels, encode_labels, label_notes, label_type
from dlrun.data.missing import Missing, RefuseMissing, imputation_notes
from dlrun.data.preparation import Classes, Dtype, Preparation
from dlrun.data.preprocessing import Normalization, Normalize, TargetScale
from dlrun.data.raw import RawData, Selection, row_numbers
from dlrun.data.sources import Source
from dlrun.data.splitting import SomeOrNone, Split, absence_notes, split_notes

REFUSED, ONE_HOT = RefuseMissing(), OneHot()


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

    `split` is the one asked for and `held_out` the size of train-dev, both as sizes that choose these rows again: counts, or the
    fractions of a hash; `sha256` is that of the source; `notes` are sentences for the user.
    """

    train: Examples
    train_dev: Examples | None = None
    dev: Examples | None
    test: Examples | None
    preparation: Preparation
    split: Split
    held_out: SomeOrNone = 0
    sha256: str
    notes: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of x, in their order."""
        return self.preparation.features

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes in the order of their indices; None for regression."""
        return self.preparation.classes.names if self.preparation.classes else None

    @property
    def normalization(self) -> Normalization:
        """What was done to the inputs."""
        return self.preparation.normalization

    @property
    def target_scale(self) -> TargetScale | None:
        """What was done to the targets; None for classification."""
        return self.preparation.target_scale

    @property
    def sizes(self) -> dict[str, int]:
        """How many examples each part has; parts that are not there are left out."""
        parts = {"train": self.train, "train_dev": self.train_dev, "dev": self.dev, "test": self.test}
        return {name: len(part) for name, part in parts.items() if part is not None}


def prepare(
    source: Source,
    split: Split,
    normalize: Normalize,
    *,
    missing: Missing = REFUSED,
    categories: Categories = ONE_HOT,
    train_dev: SomeOrNone = 0,
    regression: bool,
    seed: int,
    dtype: Dtype,
) -> Splits:
    """Load, encode, split and normalize; what is measured, is measured on the training part alone."""
    raw = missing.cleaned(source.load(seed))
    labels, classes = encode_labels(raw, regression=regression)
    counts = split.counts(len(raw.parts[raw.pool]), raw.brought, train_dev)
    drawn = split.by.draw(split.pool(raw, counts, train_dev, labels[raw.pool] if classes else None), seed)
    chosen = _choose(raw, drawn.rows)
    y = {name: labels[selection.part][selection.rows] for name, selection in chosen.items()}
    train = chosen["train"]
    scale = TargetScale.fit(y["train"], train) if regression else None
    imputation = missing.fit(train)
    preparation = Preparation(
        columns=raw.columns or raw.features,
        numbers=raw.features,
        images=raw.images,
        normalization=normalize.fit(replace(train, fill=imputation.fill) if imputation else train),
        imputation=imputation,
        encodings=categories.fit(train),
        dtype=dtype,
        classes=Classes(names=classes, labels=label_type(raw)) if classes else None,
        target_scale=scale,
    )
    examples = _parts(preparation, scale, chosen, y)
    return Splits(
        train=examples["train"],
        train_dev=examples.get("train_dev"),
        dev=examples.get("dev"),
        test=examples.get("test"),
        preparation=preparation,
        split=split.resolved(drawn.sizes),
        held_out=drawn.sizes.get("train_dev", 0),
        sha256=raw.sha256,
        notes=tuple(_notes(raw, split, drawn, chosen, preparation, y["train"])),
    )


def _notes(
    raw: RawData, split: Split, drawn: Drawn, chosen: dict[str, Selection], preparation: Preparation, y: LabelArray
) -> Iterator[str]:
    """Yield what the user should know about the source, its parts, the labels y of the training part, the preparation."""
    yield from raw.notes
    yield from split_notes(split, drawn.lengths, len(raw.parts[raw.pool]))
    yield from drawn.notes
    yield from absence_notes(chosen.keys())
    if preparation.classes:
        yield from label_notes(y, preparation.classes.names)
    yield from imputation_notes(preparation.imputation, chosen["train"])
    yield from encoding_notes(preparation.encodings, chosen)
    yield from preparation.normalization.notes()


def _parts(preparation: Preparation, scale: TargetScale | None, chosen: dict[str, Selection], y: Labels) -> dict[str, Examples]:
    """Return the examples of each part, prepared; a target of regression is scaled."""
    return {
        name: Examples(
            x=preparation.inputs(selection),
            y=scale.standardize(y[name], selection, preparation.dtype) if scale else y[name],
            ids=selection.examples.ids[selection.rows],
        )
        for name, selection in chosen.items()
    }


def _choose(raw: RawData, drawn: Mapping[str, IntArray]) -> dict[str, Selection]:
    """Return the examples of train, dev and test; empty parts are left out."""
    chosen = {name: Selection(raw=raw, part=raw.pool, rows=rows) for name, rows in drawn.items() if len(rows)}
    chosen |= {name: Selection(raw=raw, part=name, rows=row_numbers(len(raw.parts[name]))) for name in raw.brought}
    return {name: chosen[name] for name in PARTS if name in chosen}
