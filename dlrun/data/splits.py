"""What an experiment trains and is judged on: train, dev and test, ready for a network."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dlrun.arrays import Array, IntArray
from dlrun.data.choosing import Chosen, choose
from dlrun.data.deferred import DeferredInputs
from dlrun.data.encoding import Categories, OneHot, encoding_notes
from dlrun.data.label_noise import LabelNoise
from dlrun.data.labels import LabelArray, label_notes, label_type
from dlrun.data.missing import Missing, RefuseMissing, imputation_notes
from dlrun.data.preparation import Classes, Dtype, Preparation
from dlrun.data.preprocessing import Normalization, Normalize, TargetScale
from dlrun.data.sources import Source
from dlrun.data.splitting import SomeOrNone, Split
from dlrun.memory import give_back

REFUSED, ONE_HOT = RefuseMissing(), OneHot()


class Examples:
    """Examples of one part: x (m, n) in the network's dtype, y (m,) class indices int64 or standardized targets, ids (m,).

    An id is the row in the source, or in the part if the source brings parts. x may be made only when it is asked for.
    """

    def __init__(self, *, x: Array | DeferredInputs, y: LabelArray, ids: IntArray) -> None:
        self._x, self.y, self.ids = x, y, ids

    @property
    def x(self) -> Array:
        """The inputs."""
        return self._x.made() if isinstance(self._x, DeferredInputs) else self._x

    @property
    def nbytes(self) -> int:
        """The bytes of all three, as if x were made."""
        return self._x.nbytes + self.y.nbytes + self.ids.nbytes

    def __len__(self) -> int:
        return len(self.y)


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
    def parts(self) -> dict[str, Examples]:
        """The parts that are there, by name."""
        parts = {"train": self.train, "train_dev": self.train_dev, "dev": self.dev, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def sizes(self) -> dict[str, int]:
        """How many examples each part has; parts that are not there are left out."""
        return {name: len(part) for name, part in self.parts.items()}

    def make_inputs(self) -> None:
        """Make the inputs of all parts that training looks at, so that no step has to wait for them; test is none of them."""
        give_back()  # what reading and checking took: some 15 MiB
        for part in (self.train, self.train_dev, self.dev):
            if part is not None:
                _ = part.x


def prepare(
    source: Source,
    split: Split,
    normalize: Normalize,
    *,
    missing: Missing = REFUSED,
    categories: Categories = ONE_HOT,
    train_dev: SomeOrNone = 0,
    label_noise: LabelNoise | None = None,
    train_share: float | None = None,
    regression: bool,
    seed: int,
    dtype: Dtype,
) -> Splits:
    """Load, encode, split and normalize; what is measured, is measured on the training part alone."""
    chosen = choose(
        source,
        split,
        missing,
        train_dev=train_dev,
        label_noise=label_noise,
        train_share=train_share,
        regression=regression,
        seed=seed,
    )
    return prepared(chosen, normalize, missing, categories, dtype)


def prepared(chosen: Chosen, normalize: Normalize, missing: Missing, categories: Categories, dtype: Dtype) -> Splits:
    """Measure the training part, and make every part ready for a network."""
    preparation = _fitted(chosen, normalize, missing, categories, dtype)
    scale = preparation.target_scale
    examples = {
        name: Examples(
            x=preparation.inputs_later(selection),
            y=scale.standardize(chosen.labels[name], selection, dtype) if scale else chosen.labels[name],
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
        held_out=chosen.held_out,
        sha256=chosen.raw.sha256,
        notes=(*chosen.notes, *_notes(chosen, preparation)),
    )


def _fitted(chosen: Chosen, normalize: Normalize, missing: Missing, categories: Categories, dtype: Dtype) -> Preparation:
    """Return the preparation, measured on the training part."""
    raw, classes, train = chosen.raw, chosen.classes, chosen.selections["train"]
    imputation = missing.fit(train)
    return Preparation(
        columns=raw.columns or raw.features,
        numbers=raw.features,
        images=raw.images,
        normalization=normalize.fit(replace(train, fill=imputation.fill) if imputation else train),
        imputation=imputation,
        encodings=categories.fit(train),
        dtype=dtype,
        classes=Classes(names=classes, labels=label_type(raw)) if classes else None,
        target_scale=TargetScale.fit(chosen.labels["train"], train) if chosen.regression else None,
    )


def _notes(chosen: Chosen, preparation: Preparation) -> Iterator[str]:
    """Yield what the user should know about the training labels, and about the preparation."""
    if chosen.classes:
        yield from label_notes(chosen.labels["train"], chosen.classes)
    yield from imputation_notes(preparation.imputation, chosen.selections)
    yield from encoding_notes(preparation.encodings, chosen.selections)
    yield from preparation.normalization.notes()
