"""Which rows of a source go to which part, with their labels; nothing is measured or scaled yet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dlrun.arrays import IntArray
from dlrun.data.drawing import PARTS
from dlrun.data.label_noise import LabelNoise, noise_notes
from dlrun.data.labels import Labels, check_training_labels, encode_labels
from dlrun.data.missing import Missing
from dlrun.data.raw import RawData, Selection, row_numbers
from dlrun.data.sources import Source
from dlrun.data.splitting import SomeOrNone, Split, absence_notes, split_notes
from dlrun.data.train_share import WHERE, first_share, share_notes
from dlrun.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The rows of each part as they came, with their labels: class indices, or targets in their own units (classes is None).

    `split` is the one asked for and `held_out` the size of train-dev, both as sizes that choose these rows again: counts, or the
    fractions of a hash; `notes` are sentences for the user.
    """

    raw: RawData
    selections: dict[str, Selection]
    labels: Labels
    classes: tuple[str, ...] | None
    split: Split
    held_out: SomeOrNone
    notes: tuple[str, ...]

    @property
    def regression(self) -> bool:
        """Whether the labels are targets."""
        return self.classes is None


def choose(
    source: Source,
    split: Split,
    missing: Missing,
    *,
    train_dev: SomeOrNone,
    label_noise: LabelNoise | None,
    train_share: float | None = None,
    regression: bool,
    seed: int,
) -> Chosen:
    """Load, encode the labels, and choose the rows of each part; of train, at last, the first share.

    Wrong labels are planted before, so that an example has the same label in every share.
    """
    raw = missing.cleaned(source.load(seed))
    labels, classes = encode_labels(raw, regression=regression)
    m = len(raw.parts[raw.pool])
    drawn = split.draw(raw, train_dev, labels[raw.pool] if classes else None, seed)
    selections = _selections(raw, drawn.rows)
    y = {name: labels[selection.part][selection.rows] for name, selection in selections.items()}
    noisy = label_noise.applied(y, classes, seed) if label_noise else y
    strata = y["train"] if classes and split.stratify else None
    kept = first_share(train_share, len(y["train"]), seed, strata) if train_share is not None and train_share < 1 else None
    if classes:
        _check_classes(y["train"], kept, classes)
    return Chosen(
        raw=raw,
        selections=selections if kept is None else selections | {"train": _only(selections["train"], kept)},
        labels=noisy if kept is None else noisy | {"train": noisy["train"][kept]},
        classes=classes,
        split=split.resolved(drawn.sizes),
        held_out=drawn.sizes.get("train_dev", 0),
        notes=(
            *raw.notes,
            *split_notes(split, drawn.lengths, m),
            *drawn.notes,
            *absence_notes(selections.keys()),
            *noise_notes(label_noise, y),
            *share_notes(len(y["train"]), kept, y["train"], classes),
        ),
    )


def _only(train: Selection, kept: IntArray) -> Selection:
    return replace(train, rows=train.rows[kept])


def _check_classes(labels: IntArray, kept: IntArray | None, classes: tuple[str, ...]) -> None:
    """Raise InvalidInput if the classes cannot be learned: from the whole training part, or from the share that is kept."""
    check_training_labels(labels, classes)
    if kept is None:
        return
    try:
        check_training_labels(labels[kept], classes)
    except InvalidInput as error:
        cure = "take a larger share"
        raise InvalidInput(*(replace(problem, where=WHERE, cure=cure) for problem in error.problems)) from error


def _selections(raw: RawData, drawn: Mapping[str, IntArray]) -> dict[str, Selection]:
    """Return the examples of each part, drawn or brought; empty parts are left out."""
    chosen = {name: Selection(raw=raw, part=raw.pool, rows=rows) for name, rows in drawn.items() if len(rows)}
    chosen |= {name: Selection(raw=raw, part=name, rows=row_numbers(len(raw.parts[name]))) for name in raw.brought}
    return {name: chosen[name] for name in PARTS if name in chosen}
