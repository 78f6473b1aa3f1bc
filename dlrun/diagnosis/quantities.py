"""What a gate may ask about: every quantity by name, what it is measured in, and which runs have it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

Scale = Literal["error", "share", "plain", "count"]
Task = Literal["classes", "numbers"]  # of a classifier, of a regression


@dataclass(frozen=True)
class Quantity:
    """One number of a run.

    An `error` is a fraction wrong, of a regression in the target's units, and so is a gap; a `share` is 1 at most; a `plain`
    number has units of its own; a `count` is known exactly. parts are those of the data it needs, task the one it exists for.
    """

    words: str
    scale: Scale
    parts: tuple[str, ...] = ()
    task: Task | None = None


QUANTITIES: dict[str, Quantity] = {
    "train.error": Quantity("the error on train", "error"),
    "train_dev.error": Quantity("the error on train-dev", "error", ("train_dev",)),
    "dev.error": Quantity("the error on dev", "error", ("dev",)),
    "train.loss": Quantity("the mean loss on train", "plain"),
    "dev.loss": Quantity("the mean loss on dev", "plain", ("dev",)),
    "dev.macro_f1": Quantity("the mean F1 of the classes on dev", "share", ("dev",), "classes"),
    "dev.auc": Quantity("the area under the ROC curve on dev", "share", ("dev",), "classes"),
    "dev.mae": Quantity("the mean absolute error on dev", "plain", ("dev",), "numbers"),
    "dev.r2": Quantity("the share of the target's variance explained on dev", "share", ("dev",), "numbers"),
    "avoidable_bias": Quantity("how far the train error lies above the target", "error"),
    "variance": Quantity("how far the error on train-dev, or dev without it, lies above the train error", "error", ("dev",)),
    "data_mismatch": Quantity("how far the dev error lies above the train-dev error", "error", ("train_dev", "dev")),
    "seconds": Quantity("how long training took", "count"),
    "epochs": Quantity("how many epochs were completed", "count"),
    "steps": Quantity("how many steps were taken", "count"),
    "parameters": Quantity("how many parameters the network has", "count"),
}
TEST = "test.error"  # of a stored run alone, once somebody has looked
PAIRED = "dev.error"  # the one that is compared with another run's

LOOKED_AT = Quantity("the error on test, as it was when somebody looked", "error")


def quantity_of(name: str) -> Quantity:
    """Return what a name stands for, `test.error` included."""
    return LOOKED_AT if name == TEST else QUANTITIES[name]


def missing(name: str, parts: Collection[str], *, regression: bool) -> str:
    """Return why a run with these parts of data cannot have a quantity; nothing if it can."""
    asked = quantity_of(name)
    if asked.task == "classes" and regression:
        return f"{name} is of classes, and this is a regression"
    if asked.task == "numbers" and not regression:
        return f"{name} is of a regression, and this tells classes apart"
    lacking = list(_lacking(name, asked, parts))
    return f"{name} needs a {' and a '.join(lacking)} part, and there is none" if lacking else ""


def _lacking(name: str, asked: Quantity, parts: Collection[str]) -> Iterator[str]:
    if name == "variance" and "train_dev" in parts:
        return
    yield from (part.replace("_", "-") for part in asked.parts if part not in parts)
