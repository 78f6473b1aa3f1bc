"""The whole spec of one experiment, validated."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, StringConstraints

from dlrun.diagnosis.gates import Gates
from dlrun.nn.losses import Loss
from dlrun.nn.optimizers import Adam, Optimizer
from dlrun.nn.schedules import LearningRate
from dlrun.purposes import Purpose
from dlrun.spec.gates import SpecGates
from dlrun.spec.schema import Form, Shorthand
from dlrun.spec.sections import Architecture, Data, Diagnosis, Regularization, Training

FORMAT = 1  # the version of this format
MOST_SEEDS = 100
NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

Name = Annotated[
    str,
    StringConstraints(pattern=f"^{NAME}$"),
    Form("up to 64 letters, digits, '.', '_' or '-', the first a letter or digit", NAME),
]


class Spec(BaseModel):
    """One experiment: data, architecture, regularization, optimizer, training, diagnosis.

    Frozen; equal specs are equal experiments. The constructor validates what it is given, instances included.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, revalidate_instances="always")

    dlrun: Annotated[int, Ge(FORMAT), Le(FORMAT), Purpose.TELL] = FORMAT  # no Literal: that would take 1.0 and true
    """The version of this format."""
    name: Annotated[Name, Purpose.TELL] = "experiment"
    """Part of the run's id: letters, digits, `.`, `_`, `-`. Left out, it is the file's own."""
    tags: Annotated[tuple[str, ...], Purpose.TELL] = ()
    """Words to find runs by."""
    notes: Annotated[str, Purpose.TELL] = ""
    """Anything."""
    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 0
    """The one root seed: initialization, split, shuffling, dropout and generated data each draw a stream of their own from it."""
    seeds: Annotated[int, Ge(1), Le(MOST_SEEDS), Purpose.TELL] = 1
    """How many times `dlrun train` trains this, each time with another seed on the same data; it shows the mean, and how much of
    the result is chance. The first run has `seed` itself, the seeds of the others derive from it."""
    data: Annotated[Data, Purpose.REALITY]
    """Where the examples come from, how they are divided and prepared."""
    architecture: Annotated[Architecture, Purpose.FIT] = Architecture()
    """The network: its hidden layers, what follows each, and how weights begin."""
    loss: Annotated[Literal["auto"] | Loss, Purpose.FIT] = "auto"
    """What is minimized; `auto` is sigmoid cross-entropy for two classes, softmax for more.

    Cross-entropy is −log of the probability that the network gives to the right class: small only where that is near 1.
    Softmax with two classes is logistic regression.
    """
    regularization: Annotated[Regularization, Purpose.VARIANCE] = Regularization()
    """What holds variance down."""
    optimizer: Annotated[Optimizer, Purpose.FIT] = Adam()
    """How a gradient becomes a step.

    Momentum averages gradients: what goes back and forth cancels, what leads downhill adds up. RMSprop divides by the root of
    averaged squares: steep directions no longer set the pace. Adam does both; its rate needs tuning, its β₁, β₂ and ε do not.
    In many dimensions it is plateaus and saddle points that slow training down, hardly bad local optima; there they help.
    """
    learning_rate: Annotated[LearningRate, Shorthand("initial"), Purpose.FIT] = LearningRate()
    """The step size α; a bare number is `initial`."""
    training: Annotated[Training, Purpose.FIT] = Training()
    """How long, in what portions and with what precision."""
    diagnosis: Annotated[Diagnosis, Purpose.TELL] = Diagnosis()
    """What errors are compared with."""
    gates: Annotated[SpecGates, Purpose.TELL] = Gates()
    """What the run must be like: `{dev.error: "< 8%", variance: "< 8%"}`. Training goes on whatever they say; they are judged at
    its end, and exit code 3 says that one failed.

    A gate on what is measured passes when its whole 95 % interval fulfils the condition, fails when none of it does, and is
    inconclusive otherwise: then the table says about how many examples would decide, and `--strict` makes it exit code 4.
    `"dev.error vs RUN": "not worse"` compares with another run on the same dev examples; it passes when the whole interval of the
    difference lies below `diagnosis.tolerance`, and fails when it lies above 0. Limits are numbers, percents (`8%`) or, of error
    rates, points. Test is never a gate of a spec.
    """

    @property
    def data_seed(self) -> int:
        """The seed that draws the data and divides it."""
        return self.seed if self.data.seed is None else self.data.seed

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
