"""The sections of a spec: what each key is for, its bounds and its default."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from annotated_types import Ge, Gt, Le
from pydantic import PlainSerializer, PlainValidator

from dlrun.data.encoding import Categories, OneHot
from dlrun.data.missing import Missing, RefuseMissing
from dlrun.data.preprocessing import Normalize, Standard
from dlrun.data.sources import Source
from dlrun.data.splitting import SomeOrNone, Split
from dlrun.nn.constraints import Clip
from dlrun.nn.initializers import Auto, Initializer
from dlrun.nn.layers import Activation, BatchNorm, Relu
from dlrun.spec.schema import Form, Shorthand

KeepProb = Annotated[float, Gt(0), Le(1)]
Units = Annotated[int, Ge(1), Le(1_000_000)]
Count = Annotated[int, Ge(1), Le(1_000_000_000)]  # more is a slip, and would not end


@dataclass(frozen=True, kw_only=True)
class Data:
    """Where the examples come from, how they are split, and how inputs are normalized."""

    source: Source
    split: Split = Split()
    train_dev: SomeOrNone = 0
    missing: Missing = RefuseMissing()
    categories: Categories = OneHot()
    normalize: Normalize = Standard()


@dataclass(frozen=True, kw_only=True)
class HiddenLayer:
    """One hidden layer; what it leaves out is as `architecture` and `regularization` say for all."""

    units: Units
    activation: Activation | None = None
    batch_norm: bool | BatchNorm | None = None
    init: Initializer | None = None
    keep_prob: KeepProb | None = None


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """The network: its hidden layers, what follows each, and how weights begin."""

    hidden: tuple[Annotated[HiddenLayer, Shorthand("units")], ...] = (HiddenLayer(units=64),)
    activation: Activation = Relu()
    batch_norm: bool | BatchNorm = False
    init: Initializer = Auto()


@dataclass(frozen=True, kw_only=True)
class KeepProbs:
    """Dropout on the input and on the hidden layers: the probabilities of keeping a unit."""

    input: KeepProb = 1.0
    hidden: KeepProb | tuple[KeepProb, ...] = 1.0


@dataclass(frozen=True, kw_only=True)
class Regularization:
    """What holds variance down: l2 and l1 are the λ of λ/(2m) Σ‖W‖² and λ/(2m) Σ|W|, keep_prob the share dropout keeps."""

    l2: Annotated[float, Ge(0)] = 0.0
    l1: Annotated[float, Ge(0)] = 0.0
    include_bias: bool = False
    max_norm: Annotated[float, Gt(0), Le(1e30)] | None = None  # of the weights into each hidden unit
    keep_prob: Annotated[KeepProb | tuple[KeepProb, ...] | KeepProbs, Shorthand("hidden")] = 1.0  # one for all hidden, or each


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """Stop when dev has not become better for this many epochs: its error, or at equal error its loss."""

    patience: Count


_EVERY = re.compile(r"([1-9][0-9]{0,8}) +(step|epoch)s?")


@dataclass(frozen=True)
class Every:
    """A period of training: `500 steps`, `1 epoch`."""

    count: int
    unit: Literal["step", "epoch"]

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the period a text names; ValueError if it names none."""
        if isinstance(value, cls):
            value = str(value)
        match = _EVERY.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(value)
        return cls(int(match[1]), "step" if match[2] == "step" else "epoch")

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" if self.count == 1 else f"{self.count} {self.unit}s"


Period = Annotated[Every, PlainValidator(Every.parse), PlainSerializer(str), Form("'N steps' or 'N epochs'")]


@dataclass(frozen=True, kw_only=True)
class Training:
    """How long, in what portions and with what precision the network is trained, and what is recorded."""

    epochs: Annotated[int, Ge(0), Le(1_000_000_000)] = 30  # 0 leaves the initial network
    batch_size: Count | Literal["full"] = 64  # 1 is stochastic gradient descent
    clip: Annotated[Clip | None, Shorthand("norm")] = None
    early_stopping: EarlyStopping | None = None
    evaluate_every: Period = Every(1, "epoch")
    record_steps: Literal["auto", "off"] | Count = "auto"  # a row of steps.csv each N steps
    dtype: Literal["float32", "float64"] = "float32"
    threads: Literal["auto"] | Annotated[int, Ge(1), Le(1024)] = "auto"
    kernels: Literal["auto", "numpy"] = "auto"


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What errors are compared with: the human or best possible error, and how large a gap may be before it matters."""

    target_error: Annotated[float, Ge(0)] | None = None  # without it 0 is assumed, and the report says so
    tolerance: Annotated[float, Gt(0)] = 0.02
