"""Which rows of a source go to which part, with their labels; nothing is measured or scaled yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from dlrun.arrays import IntArray
from dlrun.data.drawing import PARTS
from dlrun.data.label_noise import LabelNoise, noise_notes
from dlrun.data.labels import Labels, check_training_labels, encode_labels
from dlrun.data.missing import Missing
from dlrun.data.raw import RawData, Selection, row_numbers
from dlrun.data.sources import Source
from dlrun.data.splitting import SomeOrNone, Split, absence_notes, split_notes


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
    regression: bool,
    seed: int,
) -> Chosen:
    """Load, encode the labels, and choose the rows of each part."""
    raw = missing.cleaned(source.load(seed))
    labels, classes = encode_labels(raw, regression=regression)
    m = len(raw.parts[raw.pool])
    drawn = split.draw(raw, train_dev, labels[raw.pool] if classes else None, seed)
    selections = _selections(raw, drawn.rows)
    y = {name: labels[selection.part][selection.rows] for name, selection in selections.items()}
    if classes:
        check_training_labels(y["train"], classes)
    return Chosen(
        raw=raw,
        selections=selections,
        labels=label_noise.applied(y, classes, seed) if label_noise else y,
        classes=classes,
        split=split.resolved(drawn.sizes),
        held_out=drawn.sizes.get("train_dev", 0),
        notes=(
            *raw.notes,
            *split_notes(split, drawn.lengths, m),
            *drawn.notes,
            *absence_notes(selections.keys()),
            *noise_notes(label_noise, y),
        ),
    )


def _selections(raw: RawData, drawn: Mapping[str, IntArray]) -> dict[str, Selection]:
    """Return the examples of each part, drawn or brought; empty parts are left out."""
    chosen = {name: Selection(raw=raw, part=raw.pool, rows=rows) for name, rows in drawn.items() if len(rows)}
    chosen |= {name: Selection(raw=raw, part=name, rows=row_numbers(len(raw.parts[name]))) for name in raw.brought}
    return {name: chosen[name] for name in PARTS if name in chosen}
