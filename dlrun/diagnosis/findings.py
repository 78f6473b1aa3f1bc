"""A finding: what is wrong with how a run trained, in one sentence with the number that shows it, and the change that helps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["optimization", "bias", "variance"]
Kind = Literal[
    "initial_loss",
    "exploding_gradients",
    "vanishing_gradients",
    "dead_units",
    "saturated_units",
    "cost_rises",
    "rate_too_high",
    "rate_too_low",
    "stuck",
    "still_falling",
]

TITLES: dict[Kind, str] = {
    "initial_loss": "a bad start",
    "exploding_gradients": "exploding gradients",
    "vanishing_gradients": "vanishing gradients",
    "dead_units": "dead units",
    "saturated_units": "saturated units",
    "cost_rises": "the cost rises",
    "rate_too_high": "the rate is too high",
    "rate_too_low": "the rate is too low",
    "stuck": "the cost does not fall",
    "still_falling": "the cost is still falling",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong: its kind, a sentence with the observed number, the layer if it is of one, and a cure.

    side says what the cure acts on; patch holds one key of the spec and its new value as it is typed, or nothing where no
    single key helps. at_start says that it was so before the first step.
    """

    kind: Kind
    words: str
    layer: str | None = None
    side: Side = "optimization"
    patch: Mapping[str, str] = field(default_factory=dict)
    at_start: bool = False

    @property
    def title(self) -> str:
        """The finding in a few words: `vanishing gradients`."""
        return TITLES[self.kind]

    @property
    def cure(self) -> str:
        """The patch as it is typed: `-s learning_rate.initial=0.001`; nothing without one."""
        return " ".join(f"-s {key}={value}" for key, value in self.patch.items())

    def to_json(self) -> dict[str, Any]:
        """Return the finding as diagnosis.json has it."""
        return {"kind": self.kind, "words": self.words, "layer": self.layer, "side": self.side, "patch": dict(self.patch)}
