"""The whole spec of one experiment, validated."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, StringConstraints

from dlrun.nn.losses import Loss
from dlrun.nn.optimizers import Adam, Optimizer
from dlrun.nn.schedules import LearningRate
from dlrun.spec.schema import Form, Shorthand
from dlrun.spec.sections import Architecture, Data, Diagnosis, Regularization, Training

FORMAT = 1  # the version of this format
NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

Name = Annotated[
    str,
    StringConstraints(pattern=NAME_PATTERN),
    Form("up to 64 letters, digits, '.', '_' or '-', the first a letter or digit"),
]


class Spec(BaseModel):
    """One experiment: data, architecture, regularization, optimizer, training, diagnosis.

    Frozen; equal specs are equal experiments. The constructor validates what it is given, instances included.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, revalidate_instances="always")

    dlrun: Annotated[int, Ge(FORMAT), Le(FORMAT)] = FORMAT  # no Literal: that would take 1.0 and true
    name: Name = "experiment"  # of a file without one: the file's own
    tags: tuple[str, ...] = ()
    notes: str = ""
    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 0
    data: Data
    architecture: Architecture = Architecture()
    loss: Literal["auto"] | Loss = "auto"  # sigmoid cross-entropy for two classes, softmax for more
    regularization: Regularization = Regularization()
    optimizer: Optimizer = Adam()
    learning_rate: Annotated[LearningRate, Shorthand("initial")] = LearningRate()
    training: Training = Training()
    diagnosis: Diagnosis = Diagnosis()

    def with_values(self, values: Mapping[str, Any]) -> "Spec":
        """Return a spec in which these keys have other values: `{"training.threads": 2, "loss": SoftmaxCrossEntropy()}`.

        For values that dlrun itself chooses; the keys must exist, and the values fit their types.
        """
        leaves = {field: getattr(self, field) for field in type(self).model_fields}
        for path, value in values.items():
            first, *rest = path.split(".")
            leaves[first] = _with_value(leaves[first], rest, value)
        return type(self)(**leaves)


def _with_value(section: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    key, *rest = path
    if key not in {field.name for field in fields(section)}:
        raise KeyError(key)
    return replace(section, **{key: _with_value(getattr(section, key), rest, value)})
