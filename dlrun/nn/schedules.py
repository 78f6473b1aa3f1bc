"""Learning-rate schedules: the step size as a pure function of progress, α = schedule.at(α₀, progress).

α₀ is the initial rate; e counts completed epochs and is constant within one (the course's epoch_num), with `per: step` the
steps done; E is how many there will be, and schedules that know E stay at their end once it is reached. Every rate is
finite and at least 0. Where PyTorch has the same schedule it is named; its scheduler is stepped once an epoch, or a step.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, TypeAlias

from annotated_types import Ge, Gt, Le, Lt, MinLen

Per: TypeAlias = Literal["epoch", "step"]
Rate: TypeAlias = Annotated[float, Gt(0), Le(1e100)]  # more is a slip; finite, whatever multiple of it is taken


class Progress(NamedTuple):
    """How far training has come before a step, of how much: epochs passed as a float, and steps done."""

    epochs: float
    step: int
    total_epochs: int
    total_steps: int
    reductions: int = 0  # what `Plateau` has counted

    def count(self, per: Per) -> int:
        """Return e: completed epochs, constant within an epoch; or the steps done."""
        return math.floor(self.epochs) if per == "epoch" else self.step

    def left(self, per: Per) -> float:
        """Return 1 − e/E, the share of the run still ahead: 1 at the start, also of a run of no steps, and 0 at the end."""
        done, total = self.count(per), self.total_epochs if per == "epoch" else self.total_steps
        return 1.0 if done == 0 else max(total - done, 0) / max(total, 1)


@dataclass(frozen=True, kw_only=True)
class Constant:
    """The same rate throughout: α = α₀."""

    kind: Literal["constant"] = "constant"

    def at(self, initial: float, progress: Progress) -> float:
        """Return α₀."""
        return initial


@dataclass(frozen=True, kw_only=True)
class InverseTime:
    """α = α₀ / (1 + rate · e): at rate 1, 0.2 becomes 0.1, 0.067, 0.05, 0.04 after 1, 2, 3, 4 epochs. PyTorch: LambdaLR."""

    kind: Literal["inverse_time"] = "inverse_time"
    rate: Annotated[float, Gt(0)] = 1.0
    """How fast: at 1, an initial rate of 0.2 becomes 0.1, 0.067, 0.05, 0.04 after 1, 2, 3, 4 epochs."""
    per: Per = "epoch"
    """What e counts: completed epochs, or steps."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return α₀ / (1 + rate · e)."""
        return initial * (1 / (1 + self.rate * progress.count(self.per)))


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """α = α₀ · baseᵉ. PyTorch: ExponentialLR, gamma = base."""

    kind: Literal["exponential"] = "exponential"
    base: Annotated[float, Gt(0), Le(1)] = 0.95
    """What the rate is multiplied by every time e grows by one."""
    per: Per = "epoch"
    """What e counts: completed epochs, or steps."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return α₀ · baseᵉ."""
        return initial * self.base ** progress.count(self.per)


@dataclass(frozen=True, kw_only=True)
class Sqrt:
    """α = α₀ · k/√(e + 1): per epoch α₀ · k/√(epoch_num + 1), per step α₀ · k/√t with t = 1, 2, …. PyTorch: LambdaLR.

    The notes of the course divide by √epoch_num, which is 0 in the first epoch: counting starts at 1 here.
    """

    kind: Literal["sqrt"] = "sqrt"
    k: Annotated[float, Gt(0), Le(1_000_000)] = 1.0
    """The constant of the formula: the first rate is k · α₀."""
    per: Per = "epoch"
    """What e counts: completed epochs, or steps."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return α₀ · k/√(e + 1)."""
        return initial * (self.k / math.sqrt(progress.count(self.per) + 1))


@dataclass(frozen=True, kw_only=True)
class Staircase:
    """α = α₀ · factor^⌊e/every⌋: halved every 10 epochs. PyTorch: StepLR, step_size = every, gamma = factor."""

    kind: Literal["staircase"] = "staircase"
    factor: Annotated[float, Gt(0), Le(1)] = 0.5
    """What the rate is multiplied by at each stair."""
    every: Annotated[int, Ge(1), Le(1_000_000_000)] = 10
    """How long a stair is."""
    per: Per = "epoch"
    """What e counts: completed epochs, or steps."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return α₀ · factor^⌊e/every⌋."""
        return initial * self.factor ** (progress.count(self.per) // self.every)


@dataclass(frozen=True, kw_only=True)
class RateFrom:
    """The rate from the moment on when so many epochs are completed."""

    epoch: Annotated[int, Ge(0)]
    """From how many completed epochs on."""
    rate: Rate
    """The rate itself, not a factor."""


@dataclass(frozen=True, kw_only=True)
class Manual:
    """The rate of the latest entry whose epoch is reached, as set by someone who watches the model; before the first, α₀.

    The order of the entries does not matter; of two for one epoch, which a spec refuses, the last holds.
    """

    kind: Literal["manual"] = "manual"
    rates: Annotated[tuple[RateFrom, ...], MinLen(1)]
    """A list of `{epoch: 10, rate: 1e-4}`; before the first of them the rate is `initial`."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return the rate of the latest entry reached, or α₀."""
        reached = [entry for entry in self.rates if entry.epoch <= progress.epochs]
        return max(reversed(reached), key=lambda entry: entry.epoch).rate if reached else initial  # of equals, the last


@dataclass(frozen=True, kw_only=True)
class Linear:
    """α = α₀ (1 − (1 − final) e/E): straight down to final · α₀, reached when the run is over.

    PyTorch: LinearLR, start_factor = 1, end_factor = final, total_iters = E.
    """

    kind: Literal["linear"] = "linear"
    final: Annotated[float, Ge(0), Le(1)] = 0.0
    """The end, as a fraction of the initial rate."""
    per: Per = "step"
    """What e counts: completed epochs, or steps."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return α₀ (final + (1 − final)(1 − e/E))."""
        return initial * (self.final + (1 - self.final) * progress.left(self.per))


@dataclass(frozen=True, kw_only=True)
class Cosine:
    """α = α₀ (final + (1 − final)(1 + cos(π e/E))/2): half a cosine wave, down to final · α₀ when the run is over.

    PyTorch: CosineAnnealingLR, T_max = E, eta_min = final · α₀ (which climbs again beyond E).
    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts.
    """

    kind: Literal["cosine"] = "cosine"
    final: Annotated[float, Ge(0), Le(1)] = 0.0
    """The end, as a fraction of the initial rate."""
    per: Per = "step"
    """What e counts: completed epochs, or steps."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return α₀ (final + (1 − final)(1 + cos(π e/E))/2)."""
        return initial * (self.final + (1 - self.final) * _eased(progress.left(self.per)))


@dataclass(frozen=True, kw_only=True)
class OneCycle:
    """Up from α₀ to peak · α₀ at step warm · E, then down to final · α₀ at step E, the last; each half a cosine wave.

    With steps t = 1, 2, …, E and U = warm · E: the share (t − 1)/(U − 1) of the way up for t < U, then (t − U)/(E − U) of the
    way down. With E ≤ 1/warm there is no way up, and the first step is already on the way down.
    PyTorch: OneCycleLR, max_lr = peak · α₀, div_factor = peak, final_div_factor = 1/final, pct_start = warm,
    cycle_momentum = False. Source: Smith & Topin 2018, arXiv:1708.07120, whose cycle is two straight lines and is followed by
    some steps far below α₀; the two halves of cosine waves are the form that fastai and PyTorch gave it.
    """

    kind: Literal["one_cycle"] = "one_cycle"
    peak: Annotated[float, Ge(1), Le(1_000_000)] = 10.0
    """The highest rate, as a multiple of the initial one."""
    final: Annotated[float, Gt(0), Le(1)] = 1e-4
    """The end, as a fraction of the initial rate; 0 would waste the last step."""
    warm: Annotated[float, Gt(0), Lt(1)] = 0.3
    """The part of all steps that climbs to the peak."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return the rate of step t, on its way up or down."""
        t, end = progress.step + 1, progress.total_steps
        top = self.warm * end
        if t < top:
            return initial * (1 + (self.peak - 1) * _eased((t - 1) / (top - 1)))
        left = (end - t) / (end - top) if t < end else 0.0
        return initial * (self.final + (self.peak - self.final) * _eased(left))


@dataclass(frozen=True, kw_only=True)
class ReduceOnPlateau:
    """α = α₀ · factorʳ, r the reductions so far: one whenever more than `patience` evaluations in a row were no better.

    Better is below (1 − threshold) times the best so far. PyTorch: ReduceLROnPlateau, mode = min, threshold_mode = rel,
    cooldown = 0, min_lr = 0, eps = 0.
    """

    kind: Literal["reduce_on_plateau"] = "reduce_on_plateau"
    factor: Annotated[float, Gt(0), Lt(1)] = 0.1
    """What the rate is multiplied by at each reduction."""
    patience: Annotated[int, Ge(0), Le(1_000_000_000)] = 10
    """How many evaluations of the dev loss (without dev, the train loss) may pass without improvement."""
    threshold: Annotated[float, Ge(0), Lt(1)] = 1e-4
    """The smallest improvement that counts, relative to the best so far."""

    def at(self, initial: float, progress: Progress) -> float:
        """Return α₀ · factorʳ."""
        return initial * self.factor**progress.reductions


@dataclass
class Plateau:
    """What `reduce_on_plateau` remembers: the best value so far, evaluations since that were no better, reductions."""

    best: float = math.inf
    waiting: int = 0
    reductions: int = 0

    def observe(self, value: float, schedule: ReduceOnPlateau) -> None:
        """Take in an evaluation, the lower the better; what is not a number is no better."""
        if value < self.best * (1 - schedule.threshold):
            self.best, self.waiting = value, 0
            return
        self.waiting += 1
        if self.waiting > schedule.patience:
            self.waiting, self.reductions = 0, self.reductions + 1


Schedule = (  # the registry: a new schedule is one class above and its name here
    Constant | InverseTime | Exponential | Sqrt | Staircase | Manual | Linear | Cosine | OneCycle | ReduceOnPlateau
)


@dataclass(frozen=True, kw_only=True)
class LearningRate:
    """The step size α: an initial value, how it decays, and a linear ramp over its first `warmup` epochs, parts allowed.

    With mini-batches the cost ends up wandering around a minimum, at a distance that the rate decides: a rate that decays
    ends nearer to it. Tune the initial rate first, then the decay.

    Of the S = round(warmup · steps per epoch) steps of the ramp, step s = 0, 1, … takes (s + 1)/S of the schedule's rate: the
    first is not 0, the last is whole. The schedule's clock runs meanwhile. PyTorch, with a constant rate: LinearLR,
    start_factor = 1/S, total_iters = S − 1. Source: Goyal et al. 2017, arXiv:1706.02677, section 2.2.
    """

    initial: Rate = 1e-3
    """α₀, the rate at the start: the first thing to tune, on a logarithmic scale."""
    decay: Schedule = Constant()
    """How α falls while training goes on: noise near the minimum shrinks with it."""
    warmup: Annotated[float, Ge(0), Le(1_000_000_000)] = 0.0
    """Epochs, parts of one allowed, over which the rate first grows from nearly 0."""

    def at(self, progress: Progress) -> float:
        """Return the rate of the step that comes next."""
        rate = self.decay.at(self.initial, progress)
        if not self.warmup:
            return rate
        ramp = round(self.warmup * progress.total_steps / max(progress.total_epochs, 1))
        return rate * ((progress.step + 1) / ramp) if progress.step < ramp else rate


def _eased(share: float) -> float:
    """Return (1 − cos(π · share))/2, written so that it is above 0 wherever the share is."""
    return math.sin(math.pi / 2 * share) ** 2
