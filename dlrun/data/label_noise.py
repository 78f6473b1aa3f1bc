"""Wrong labels on purpose: a planted fault, to see what it does to errors and to a diagnosis."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from dlrun.arrays import IntArray
from dlrun.data.findings import part_name
from dlrun.errors import InvalidInput, Problem
from dlrun.seeding import Stream, rng_for

Share = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, kw_only=True)
class LabelNoise:
    """The share of each part's labels that become another class, each other class with the same probability.

    Chosen are share · m rows of a part, rounded; which, depends on the seed alone. On train it teaches what is wrong, on dev and
    test it measures against what is wrong: no error can then be expected below the share.
    """

    train: Share = 0.0
    """The share of wrong labels in train: `30%`."""
    train_dev: Share = 0.0
    """The share of wrong labels in train-dev."""
    dev: Share = 0.0
    """The share of wrong labels in dev."""
    test: Share = 0.0
    """The share of wrong labels in test."""

    def applied(self, labels: Mapping[str, IntArray], classes: tuple[str, ...] | None, seed: int) -> dict[str, IntArray]:
        """Return the labels with the wrong ones among them; InvalidInput for regression, and for parts that are not there."""
        if classes is None:
            what, cure = "label noise is for classes, this is a regression", "leave it out"
            raise InvalidInput(Problem(what=what, where="data.label_noise", cure=cure))
        noisy = dict(labels)
        for counter, (part, share) in enumerate(self.shares.items()):
            if share and part not in labels:
                what = f"there is no {part_name(part)} part whose labels could be wrong"
                raise InvalidInput(Problem(what=what, where=f"data.label_noise.{part}", cure="leave it out"))
            if share:
                noisy[part] = _with_wrong_ones(labels[part], share, len(classes), rng_for(seed, Stream.LABEL_NOISE, counter))
        return noisy

    @property
    def shares(self) -> dict[str, float]:
        """The share of each part, in an order that stays: it numbers the random streams."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def noise_notes(noise: LabelNoise | None, labels: Mapping[str, IntArray]) -> Iterator[str]:
    """Yield how many labels of which part are wrong on purpose."""
    for part, share in noise.shares.items() if noise else ():
        if share:
            m = len(labels[part])
            yield f"label noise: {round(share * m):,} of {m:,} labels of {part_name(part)} are wrong on purpose"


def _with_wrong_ones(y: IntArray, share: float, n_classes: int, rng: np.random.Generator) -> IntArray:
    rows = rng.choice(len(y), size=round(share * len(y)), replace=False)
    wrong = y.copy()
    wrong[rows] = (y[rows] + rng.integers(1, n_classes, len(rows))) % n_classes
    return wrong
