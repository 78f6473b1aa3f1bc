"""The sections of a spec: what each key is for, its bounds and its default."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal, Self, get_args

from annotated_types import Ge, Gt, Le
from pydantic import PlainSerializer, PlainValidator

from dlrun.data.encoding import Categories, OneHot
from dlrun.data.findings import Checks
from dlrun.data.label_noise import LabelNoise
from dlrun.data.missing import Missing, RefuseMissing
from dlrun.data.preprocessing import Normalize, Standard
from dlrun.data.sources import Source
from dlrun.data.splitting import SomeOrNone, Split
from dlrun.nn.constraints import Clip
from dlrun.nn.initializers import Auto, Initializer
from dlrun.nn.layers import Activation, BatchNorm, Relu
from dlrun.nn.stopping import EarlyStopping
from dlrun.purposes import Purpose
from dlrun.spec.schema import Form, Shorthand

KeepProb = Annotated[float, Gt(0), Le(1)]
Units = Annotated[int, Ge(1), Le(1_000_000)]
Count = Annotated[int, Ge(1), Le(1_000_000_000)]  # more is a slip, and would not end


@dataclass(frozen=True, kw_only=True)
class Data:
    """Where the examples come from, how they are split, and how inputs are normalized.

    Dev is what the work aims at and test what it is judged by: both come from the data that matters in the end, and from the
    same distribution. Train may come from elsewhere. A hundred examples are divided 60/20/20; of a million, 10,000 for dev and
    10,000 for test are enough.
    """

    source: Source
    """Where the examples come from."""
    split: Split = Split()
    """How the examples are divided: train teaches, dev chooses, test judges once."""
    seed: Annotated[int, Ge(0), Le(2**63 - 1)] | None = None
    """The seed that draws generated examples, who goes to which part, and planted wrong labels; `null` is the root `seed`.

    Given, another root seed changes training alone, and runs are judged on the same examples. `dlrun train --seeds` writes it
    into each of its runs.
    """
    train_dev: SomeOrNone = 0
    """How much of the training distribution is held out as train-dev: a count or a fraction.

    Where dev comes from elsewhere, the step from train-dev to dev is data mismatch, that from train to train-dev variance.
    """
    train_share: Annotated[Annotated[float, Gt(0), Le(1)] | None, Purpose.VARIANCE] = None
    """Train on the first part of train alone, a fraction (`20%`); `null` is all of it. Dev and test stay as they are.

    The order is random, drawn from the data's seed, and one for all shares: 20 % contains 10 %. With `split.stratify` every share
    has the classes as train has them. What is measured for the inputs is measured on what is left. It shows what more data does
    without anybody having to collect it: `dlrun diagnose RUN --learning-curve` trains on six shares.
    """
    missing: Missing = RefuseMissing()
    """What is done about missing cells: nothing is guessed unless it is asked for."""
    categories: Annotated[Categories, Purpose.FIT] = OneHot()
    """How words become numbers."""
    normalize: Annotated[Normalize, Purpose.FIT] = Standard()
    """What is done to the inputs; measured on the training part alone, applied to all.

    Inputs on unlike scales make the cost a narrow valley, where only a small rate does not overshoot. On one scale it is
    rounder, and a large rate leads straight down.
    """
    checks: Annotated[Checks, Purpose.TELL] = "warn"
    """Look at the parts before training: rows that two of them share, equal rows with unlike labels, classes that are missing,
    values far outside of train, and whether parts from different files come from one distribution.

    What is found is told and written to checks.json. With `strict`, what makes the errors of the parts untrue ends it before
    anything runs: shared rows, a class that train does not have, dev unlike test, train-dev unlike train. Dev unlike train is
    none of that: train may come from elsewhere, and then the columns that moved explain a data mismatch.
    """
    label_noise: LabelNoise | None = None
    """Wrong labels on purpose, a planted fault: `{train: 30%}`."""


@dataclass(frozen=True, kw_only=True)
class HiddenLayer:
    """One hidden layer; what it leaves out is as `architecture` and `regularization` say for all."""

    units: Units
    """Units of this layer."""
    activation: Activation | None = None
    """This layer's own; `null` as for all."""
    batch_norm: bool | BatchNorm | None = None
    """This layer's own; `null` as for all."""
    init: Initializer | None = None
    """This layer's own; `null` as for all."""
    keep_prob: Annotated[KeepProb | None, Purpose.VARIANCE] = None
    """This layer's own; `null` as `regularization.keep_prob` says."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """The network: its hidden layers, what follows each, and how weights begin.

    High bias asks for a bigger network first; with regularization beside it, bigger costs time and hardly any variance. The
    variance of the first weights is 2/n_in before relu and 1/n_in before tanh, so that signals neither grow nor die from layer
    to layer.
    """

    hidden: tuple[Annotated[HiddenLayer, Shorthand("units")], ...] = (HiddenLayer(units=64),)
    """The hidden layers, one entry each: units, or `{units: 64, activation: tanh, keep_prob: 0.8, …}`; `[]` is logistic,
    softmax or linear regression. From the shell: `-s architecture.hidden.0.units=32` changes the first."""
    activation: Activation = Relu()
    """What follows each hidden layer."""
    batch_norm: bool | BatchNorm = False
    """Batch normalization before each activation; the dense layer's bias goes. `true`, or `{running_beta: 0.9, eps:
    1e-5}`. Batches need 2 examples at least; a single last one joins the batch before it."""
    init: Initializer = Auto()
    """How the weights begin."""


@dataclass(frozen=True, kw_only=True)
class KeepProbs:
    """Dropout on the input and on the hidden layers: the probabilities of keeping a unit."""

    input: KeepProb = 1.0
    """The probability of keeping an input; the course advises 1, or very near to it."""
    hidden: KeepProb | tuple[KeepProb, ...] = 1.0
    """One number, or one for each hidden layer."""


@dataclass(frozen=True, kw_only=True)
class Regularization:
    """What holds variance down: l2 and l1 are the λ of λ/(2m) Σ‖W‖² and λ/(2m) Σ|W|, keep_prob the share dropout keeps.

    High variance is low train error with high dev error. More data is the surest cure; otherwise l2, with several λ tried to
    the end, then dropout, with the smaller keep_prob where a layer has many parameters. A large λ keeps W small and so z where
    tanh is nearly a line: the network becomes simpler. Expect train error to rise a little. Under dropout the cost is no
    longer one function: see it fall with keep_prob 1 first, then switch dropout on.
    """

    l2: Annotated[float, Ge(0)] = 0.0
    """λ of J = mean loss + λ/(2m)·Σ‖W‖²_F, m the configured batch size. In PyTorch's terms `weight_decay` = λ/m, in
    scikit-learn's `alpha` = λ."""
    l1: Annotated[float, Ge(0)] = 0.0
    """λ of λ/(2m)·Σ|W|: it drives weights to zero, which L2 only makes small."""
    include_bias: bool = False
    """Penalize b too (and the β of batch norm, which takes its place), as in the course's logistic regression."""
    max_norm: Annotated[float, Gt(0), Le(1e30)] | None = None
    """The largest norm of the weights into a hidden unit; longer ones are shrunk after each step."""
    keep_prob: Annotated[KeepProb | tuple[KeepProb, ...] | KeepProbs, Shorthand("hidden")] = 1.0
    """Dropout: the probability of keeping a hidden unit; one number, one for each hidden layer, or `{input: 0.8, hidden:
    [0.5, 0.8]}`. At test time nothing is dropped or scaled."""


Unit = Literal["step", "epoch", "second", "minute", "hour"]
SECONDS: dict[str, int] = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True)
class Every:
    """A period: of training, `500 steps`, `1 epoch`, or of time, `10 seconds`, `5 minutes`, `2 hours`."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, value: object, units: tuple[Unit, ...] = get_args(Unit)) -> Self:
        """Return the period a text names; ValueError if it names none in one of these units."""
        text = str(value) if isinstance(value, cls) else value
        match = re.fullmatch(_pattern(*units), text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(value)
        unit = next(unit for unit in units if match[2].startswith(unit))
        return cls(int(match[1]), unit)

    @property
    def seconds(self) -> int | None:
        """The period in seconds, if it is one of time."""
        return self.count * SECONDS[self.unit] if self.unit in SECONDS else None

    def steps(self, per_epoch: int) -> int:
        """Return the period, one of training, in steps."""
        return self.count * (per_epoch if self.unit == "epoch" else 1)

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" if self.count == 1 else f"{self.count} {self.unit}s"


def _pattern(*units: Unit) -> str:
    return rf"([1-9][0-9]{{0,8}}) +({'|'.join(units)})s?"


def _period(words: str, *units: Unit) -> tuple[PlainValidator, PlainSerializer, Form]:
    """Return what an annotation of Every needs to take these units alone."""
    return PlainValidator(lambda value: Every.parse(value, units)), PlainSerializer(str), Form(words, _pattern(*units))


Period = Annotated[Every, *_period("'N steps' or 'N epochs'", "step", "epoch")]
Cadence = Annotated[Every, *_period("'N seconds', 'N minutes', 'N epochs' or 'N steps'", "second", "minute", "epoch", "step")]
Duration = Annotated[Every, *_period("'N seconds', 'N minutes' or 'N hours'", "second", "minute", "hour")]


@dataclass(frozen=True, kw_only=True)
class Training:
    """How long, in what portions and with what precision the network is trained, and what is recorded.

    Up to about 2,000 examples the course takes the full batch, beyond that mini-batches of 64 to 1024, a power of two that fits
    into memory. Batch size 1 loses what matrix products win; the full batch makes one step an epoch.
    """

    epochs: Annotated[int, Ge(0), Le(1_000_000_000)] = 30
    """Passes over the training part; `0` leaves the initial network."""
    batch_size: Annotated[Count | Literal["full"], Purpose.SPEED] = 64
    """Examples a step; `full` is batch, `1` stochastic gradient descent."""
    clip: Annotated[Clip | None, Shorthand("norm")] = None
    """Hold the gradient down; a bare number is `norm`."""
    early_stopping: Annotated[EarlyStopping | None, Purpose.FIT, Purpose.VARIANCE] = None
    """Stop when dev gets no better. It couples two knobs, fit and variance; `l2` with several λ keeps them apart."""
    time_limit: Annotated[Duration | None, Purpose.SPEED] = None
    """Stop after this much training, and judge what there is: `90 seconds`, `10 minutes`, `2 hours`. Where it stops depends on
    the machine; the best weights until then are kept. `dlrun resume RUN -s training.time_limit=…` goes on from there."""
    evaluate_every: Annotated[Period, Purpose.TELL] = Every(1, "epoch")
    """How often dev is evaluated, a row of metrics.csv: `500 steps`, `2 epochs`."""
    record_steps: Annotated[Literal["auto", "off"] | Count, Purpose.TELL] = "auto"
    """A row of steps.csv each N steps, or `off`; `auto` is every step up to 100,000 of them, then thinned evenly."""
    checkpoint_every: Annotated[Literal["auto"] | Cadence, Purpose.TELL] = "auto"
    """How often everything that changes is saved, so that `dlrun resume` loses no more than this: `30 seconds`, `5 minutes`,
    `1 epoch`, `100 steps`; `auto` is every 10 seconds, or less often where a save would take 1 % of the time. At the end, and
    when a signal comes, it is saved anyway."""
    dtype: Annotated[Literal["float32", "float64"], Purpose.SPEED] = "float32"
    """The precision of everything; the gradient check always uses float64."""
    threads: Annotated[Literal["auto"] | Annotated[int, Ge(1), Le(1024)], Purpose.SPEED] = "auto"
    """Threads of the matrix products; `auto` is 1 for small products, up to all cores for large ones, by shapes
    alone. Where other work keeps a core busy, 1 may be several times faster: all wait for the slowest."""
    kernels: Annotated[Literal["auto", "numpy", "numba"], Purpose.SPEED] = "auto"
    """How a step is computed: by NumPy, or in machine code made by Numba (`pip install 'dlrun[fast]'`), which takes a tenth of
    a second to load, half a second for layers that Numba itself is needed for, and then less time a step; `auto` is Numba where
    it is installed and all steps together save more than that. They agree to rounding."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What errors are compared with: the human or best possible error, and how large a gap may be before it matters.

    Bias is the train error above the target, variance the dev error above the train error: 15 % on train is bad where people
    err in 0 %, and excellent where they err in 15 %.
    """

    target_error: Annotated[float, Ge(0)] | None = None
    """The human or best possible error, in the metric: a fraction, or an RMSE in the target's units, or a loss. Without it 0 is
    assumed, and the report says so."""
    tolerance: Annotated[float, Gt(0)] = 0.02
    """How large a gap may be before it matters: points for an error rate; for an RMSE a fraction of the target's standard
    deviation; for a loss a fraction of that of always giving the shares of the classes, or the mean."""
    metric: Literal["error", "loss", "macro_f1", "auc"] = "error"
    """What the rungs of the ladder are: `error` rates or RMSEs, mean `loss`; where a class is rare, 1 − `macro_f1` or 1 − `auc`,
    which are better when smaller, as errors are. Gates and comparisons keep to what they name."""
