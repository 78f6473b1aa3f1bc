"""What advice must know of a run beside its diagnosis: the knobs as they stand, and what a step of the network costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The knobs of a run that advice may turn.

    hidden are the units of each layer; plain says that no layer has settings of its own, which a new list would drop,
    may_deepen that nothing is told of each layer, so that another one can be put behind the last;
    features and outputs are the widths around them; best_epoch is None of a run without dev; train is the number of training
    examples; seconds are those of training; more_data is what a learning curve promises of more examples, in words.
    """

    hidden: tuple[int, ...]
    plain: bool
    may_deepen: bool
    features: int
    outputs: int
    batch_norm: bool
    l2: float
    l1: float
    dropout: bool
    optimizer: str
    rate: float
    early_stopping: bool
    clips: bool
    epochs: int
    best_epoch: float | None
    train: int
    seconds: float
    seed: int
    has_test: bool
    trained: bool
    more_data: str = ""

    @classmethod
    def of(cls, spec: Mapping[str, Any], summary: Mapping[str, Any], seconds: float | None, more_data: str = "") -> "Situation":
        """Read it from a run's resolved spec and its summary; KeyError or TypeError if they are not those of a finished run."""
        architecture, regularization, training = spec["architecture"], spec["regularization"], spec["training"]
        layers, examples = architecture["hidden"], summary["examples"]
        hidden = tuple(int(layer["units"]) for layer in layers)
        features = int(summary["features"])
        plain = all(value is None for layer in layers for key, value in layer.items() if key != "units")
        return cls(
            hidden=hidden,
            plain=plain,
            may_deepen=plain and bool(hidden) and not _is_listed(regularization["keep_prob"]),
            features=features,
            outputs=_outputs(int(summary["parameters"]), (features, *hidden)),
            batch_norm=bool(architecture["batch_norm"]) or any(layer["batch_norm"] for layer in layers),
            l2=float(regularization["l2"]),
            l1=float(regularization["l1"]),
            dropout=_drops(regularization["keep_prob"]) or any(_drops(layer["keep_prob"]) for layer in layers),
            optimizer=str(spec["optimizer"]["kind"]),
            rate=float(spec["learning_rate"]["initial"]),
            early_stopping=training["early_stopping"] is not None,
            clips=training["clip"] is not None,
            epochs=int(training["epochs"]),
            best_epoch=summary["best_epoch"],
            train=int(examples["train"]),
            seconds=float(seconds or 0.0),
            seed=int(spec["seed"]),
            has_test=bool(examples.get("test")),
            trained=summary["steps"] > 0,
            more_data=more_data,
        )

    def weights(self, hidden: Sequence[int]) -> int:
        """Return about how many parameters a network with these hidden layers has: Σ (n_in + 1) n_out."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise((self.features, *hidden, self.outputs)))


def _outputs(parameters: int, widths: Sequence[int]) -> int:
    """Return how many outputs a network of so many parameters has, about."""
    inside = sum((n_in + 1) * n_out for n_in, n_out in pairwise(widths))
    return max(1, round((parameters - inside) / (widths[-1] + 1)))


def _is_listed(keep: Any) -> bool:
    """Return whether each hidden layer has a number of its own."""
    return isinstance(keep.get("hidden") if isinstance(keep, Mapping) else keep, list | tuple)


def _drops(keep: Any) -> bool:
    match keep:
        case None:
            return False
        case bool() | str():
            return False
        case int() | float():
            return keep < 1
        case Mapping():
            return any(_drops(value) for value in keep.values())
        case _:
            return any(_drops(value) for value in keep)
