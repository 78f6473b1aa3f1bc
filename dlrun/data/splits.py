"""What an experiment trains and is judged on: train, dev and test, ready for a network."""

from dataclasses import dataclass, replace

from dlrun.arrays import Array, IntArray
from dlrun.data.encoding import Categories, OneHot, encoding_notes
from dlrun.data.label_noise import LabelNoise, noise_notes
from dlrun.data.labels import LabelArray, encode_labels, label_notes, label_type
from dlrun.data.missing import Missing, RefuseMissing, imputation_notes
from dlrun.data.preparation import Classes, Dtype, Preparation
from dlrun.data.preprocessing import Normalization, Normalize, TargetScale
from dlrun.data.raw import RawData, Selection, row_numbers
from dlrun.data.sources import Source
from dlrun.data.splitting import PARTS, SomeOrNone, Split, split_notes, split_rows

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

    `split` is the one asked for, written as counts; `sha256` that of the source; `notes` are sentences for the user.
    """

    train: Examples
    train_dev: Examples | None = None
    dev: Examples | None
    test: Examples | None
    preparation: Preparation
    split: Split
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
    def parts(self) -> dict[str, Examples]:
        """The parts that are there, by name."""
        parts = {"train": self.train, "train_dev": self.train_dev, "dev": self.dev, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def sizes(self) -> dict[str, int]:
        """How many examples each part has; parts that are not there are left out."""
        return {name: len(part) for name, part in self.parts.items()}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The rows of each part as they came, with their labels: class indices, or targets in their own units (classes is None)."""

    raw: RawData
    selections: dict[str, Selection]
    labels: dict[str, LabelArray]
    classes: tuple[str, ...] | None
    split: Split
    notes: tuple[str, ...]

    @property
    def regression(self) -> bool:
        """Whether the labels are targets."""
        return self.classes is None


def prepare(
    source: Source,
    split: Split,
    normalize: Normalize,
    *,
    missing: Missing = REFUSED,
    categories: Categories = ONE_HOT,
    train_dev: SomeOrNone = 0,
    label_noise: LabelNoise | None = None,
    regression: bool,
    seed: int,
    dtype: Dtype,
) -> Splits:
    """Load, encode, split and normalize; what is measured, is measured on the training part alone."""
    chosen = choose(source, split, missing, train_dev=train_dev, label_noise=label_noise, regression=regression, seed=seed)
    return prepared(chosen, normalize, missing, categories, dtype)


def choose(
    source: Source,
    split: Split,
    missing: Missing,
    *,
    train_dev: SomeOrNone,
    label_noise: LabelNoise | None,
    regression: bool,
    seed: int,
) -> Chosen:
    """Load, encode the labels, and choose the rows of each part."""
    raw = missing.cleaned(source.load(seed))
    labels, classes = encode_labels(raw, regression=regression)
    m = len(raw.parts[raw.pool])
    counts = split.counts(m, raw.brought, train_dev)
    selections = _choose(raw, counts, seed, labels[raw.pool] if classes and split.stratify else None)
    y = {name: labels[selection.part][selection.rows] for name, selection in selections.items()}
    return Chosen(
        raw=raw,
        selections=selections,
        labels=label_noise.applied(y, classes, seed) if label_noise else y,
        classes=classes,
        split=split.resolved(counts),
        notes=(*raw.notes, *split_notes(split, counts, m), *noise_notes(label_noise, y)),
    )


def prepared(chosen: Chosen, normalize: Normalize, missing: Missing, categories: Categories, dtype: Dtype) -> Splits:
    """Measure the training part, and make every part ready for a network."""
    raw, y, classes = chosen.raw, chosen.labels, chosen.classes
    train = chosen.selections["train"]
    scale = TargetScale.fit(y["train"], train) if chosen.regression else None
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
    examples = {
        name: Examples(
            x=preparation.inputs(selection),
            y=scale.standardize(y[name], selection, dtype) if scale else y[name],
            ids=selection.examples.ids[selection.rows],
        )
        for name, selection in chosen.selections.items()
    }
    return Splits(
        train=examples["train"],
        train_dev=examples.get("train_dev"),
        dev=examples.get("dev"),
        test=examples.get("test"),
        preparation=preparation,
        split=chosen.split,
        sha256=raw.sha256,
        notes=(
            *chosen.notes,
            *(label_notes(y["train"], classes) if classes else ()),
            *imputation_notes(imputation, train),
            *encoding_notes(preparation.encodings, chosen.selections),
            *preparation.normalization.notes(),
        ),
    )


def _choose(raw: RawData, counts: dict[str, int], seed: int, labels: IntArray | None) -> dict[str, Selection]:
    """Return the examples of train, dev and test; empty parts are left out."""
    drawn = split_rows(counts, len(raw.parts[raw.pool]), seed, labels)
    chosen = {name: Selection(raw=raw, part=raw.pool, rows=rows) for name, rows in drawn.items() if len(rows)}
    chosen |= {name: Selection(raw=raw, part=name, rows=row_numbers(len(raw.parts[name]))) for name in raw.brought}
    return {name: chosen[name] for name in PARTS if name in chosen}
