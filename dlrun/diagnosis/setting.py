"""What a run was trained with, as far as cures depend on it, and the patches that turn one of these knobs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import log10
from typing import Any

from dlrun.diagnosis.reading import count, number, tree_of, truth, word

SANE_STARTS = frozenset({"auto", "he", "xavier", "glorot", "orthogonal"})  # scaled by the width of the layer
BOUNDED = frozenset({"tanh", "sigmoid"})
MOST_DECADES = 4  # of one change of the rate; more is a jump into the dark
KNOBS = ("activation", "batch_norm", "init")  # that a hidden layer may set for itself


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The knobs that cures turn: kinds as in the spec, rate the initial one, m training examples.

    own_* says that a hidden layer sets this key itself, so that the one for all layers would not reach it.
    """

    optimizer: str
    rate: float
    decay: str
    warmup: bool
    activation: str
    init: str
    normalize: str
    batch_norm: bool
    dropout: bool
    own_activation: bool = False
    own_batch_norm: bool = False
    own_init: bool = False
    epochs: int
    batch_size: int
    m: int
    stopped_early: bool = False

    @property
    def full_batch(self) -> bool:
        """Whether every step sees all training examples."""
        return self.batch_size >= self.m

    @property
    def exact(self) -> bool:
        """Whether the cost of every step is one function of the weights: full batch, constant rate, no dropout, no batch norm."""
        still = self.decay == "constant" and not self.warmup
        return self.full_batch and still and not self.dropout and not self.batch_norm

    def rate_times(self, factor: float) -> dict[str, str]:
        """Return the patch that multiplies the rate by a factor, rounded to a power of ten, of one decade at least."""
        decades = round(log10(factor))
        sign = 1 if factor > 1 else -1
        decades = sign * min(max(1, sign * decades), MOST_DECADES)
        return {"learning_rate.initial": f"{self.rate * 10.0**decades:.3g}"}

    def longer(self, times: int = 2) -> dict[str, str]:
        """Return the patch that trains several times as long."""
        return {"training.epochs": str(times * max(self.epochs, 1))}

    def better_start(self) -> dict[str, str]:
        """Return the patch for weights or inputs that start on a wrong scale; none if both are on a sane one."""
        if self.init not in SANE_STARTS and not self.own_init:
            return {"architecture.init": "auto"}
        return {"data.normalize": "standard"} if self.normalize == "none" else {}

    def better_flow(self) -> dict[str, str]:
        """Return the patch that keeps signals from growing or dying with depth."""
        if found := self.better_start():
            return found
        if not self.batch_norm and not self.own_batch_norm and self.batch_size > 1:
            return {"architecture.batch_norm": "true"}
        return self.other_activation("relu") if self.activation in BOUNDED else {}

    def other_activation(self, kind: str) -> dict[str, str]:
        """Return the patch that puts another activation behind all hidden layers; none if it is that, or a layer has its own."""
        return {} if self.own_activation or self.activation == kind else {"architecture.activation": kind}

    def to_json(self) -> dict[str, Any]:
        """Return the setting as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> "Setting":
        """Read a setting. Errors: ValueError if a value is not what it must be."""
        tree: Mapping[str, Any] = tree_of(value)
        flags = ("warmup", "batch_norm", "dropout", *(f"own_{knob}" for knob in KNOBS), "stopped_early")
        words = ("optimizer", "decay", "activation", "init", "normalize")
        if not (rate := number(tree, "rate")) > 0:
            raise ValueError("rate must be above 0")
        found: dict[str, Any] = {key: word(tree, key) for key in words}
        found |= {key: truth(tree, key) for key in flags}
        found |= {key: count(tree, key) for key in ("epochs", "batch_size", "m")}
        return cls(rate=rate, **found)
