"""The basic recipe: what to try next, as patches of the spec, in the order in which the course tries them.

First whatever keeps the cost from falling; then bias until it is low; then variance; then a look back at bias. A patch turns one
knob. Only a bigger network brings L2 with it, since size without regularization buys variance; what has two effects says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dlrun.diagnosis.headline import UNITS, numbers, rounded_up
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.situation import Situation

Side = Literal["optimization", "bias", "variance", "mismatch", "chance", "none"]

FIRST_L2 = 1.0  # λ, with the penalty λ/(2·batch size): enough to be seen, far from too much
LITTLE_L2 = 0.1
STRONGER = 4
SEEDS = 5
MOST_SIZE = 4  # times the training examples: a parameter more than that for each is no remedy for bias any more
LONG_STEPS = {"rate_too_high", "cost_rises", "exploding_gradients"}
IN_DOUBT = {"cost_rises", "rate_too_high", "stuck"}
A_LITTLE = "expect the train error to rise a little"


@dataclass(frozen=True)
class Advice:
    """One next experiment: on which side it acts, why, the number behind it, which keys change, what it costs, what will be seen.

    Without a patch there is nothing to change in the spec. parameters are how many there are now and then; times is how much
    longer training takes, about.
    """

    side: Side
    reason: str
    observed: str = ""
    patch: dict[str, str] = field(default_factory=dict)
    expect: str = ""
    parameters: tuple[int, int] | None = None
    times: float = 1.0

    def to_json(self) -> dict[str, object]:
        """Return the advice as diagnosis.json has it."""
        before, after = self.parameters or (None, None)
        return {
            "side": self.side,
            "reason": self.reason,
            "observed": self.observed or None,
            "patch": self.patch,
            "expect": self.expect or None,
            "parameters_before": before,
            "parameters_after": after,
            "times": self.times if self.patch else None,
        }


def recipe(diagnosis: Diagnosis, now: Situation) -> tuple[Advice, ...]:
    """Return all that is worth trying, the first thing first; where nothing is wrong, one piece of advice without a patch."""
    if not now.trained:
        why = "these are the initial weights: nothing has been trained yet"
        return (Advice("optimization", why, patch={"training.epochs": "30"}),)
    found = list(_all(diagnosis, now))
    return tuple(found) or (_at_the_end(now),)


def _all(diagnosis: Diagnosis, now: Situation) -> Iterator[Advice]:
    verdict = diagnosis.verdict
    yield from _against_trouble(diagnosis, now)
    if "high_bias" in verdict:
        yield from _against_bias(diagnosis, now)
    if "high_variance" in verdict and diagnosis.mismatch_is_possible:
        yield Advice(
            "mismatch",
            "dev is unlike train: a train-dev part tells whether this is variance or data mismatch",
            _gap(diagnosis, "variance"),
            {"data.train_dev": "10%"},
            "the gap splits in two: train to train-dev is variance, train-dev to dev is mismatch",
        )
    if "high_variance" in verdict:
        yield from _against_variance(diagnosis, now)
    if "data_mismatch" in verdict:
        yield Advice(
            "mismatch",
            "data mismatch: look at what is unlike between train and dev, and train on examples that are more like dev",
            _gap(diagnosis, "data_mismatch"),
            expect="the gap from train-dev to dev closes; the train error may rise, since the task is wider",
        )
    if "dev_overfitting" in verdict:
        yield Advice(
            "mismatch",
            "overfitting to dev: too much was chosen on too few examples; take a larger dev part, or a fresh one",
            _gap(diagnosis, "dev_overfitting"),
            expect="dev and test errors agree; the dev error rises to what it always was",
        )
    yield from _against_doubt(diagnosis)


def _against_trouble(diagnosis: Diagnosis, now: Situation) -> Iterator[Advice]:
    """Yield what lets the cost fall, the cause first; with dropout also a look at the cost without it."""
    falls = {
        "optimization": "the cost falls from the first steps on, and every layer moves",
        "bias": "the train error falls further",
    }
    for found in diagnosis.findings:
        times = 2.0 if "training.epochs" in found.patch else 1.0
        expect = falls.get(found.side, "")
        yield Advice(found.side, f"{found.title}: {found.words}", found.layer or "", dict(found.patch), expect, times=times)
    seen = "; ".join(found.title for found in diagnosis.trouble)
    yield from _against_long_steps(diagnosis, now, seen)
    if now.dropout and any(found.kind in IN_DOUBT for found in diagnosis.trouble):
        why = "with dropout on, the cost that is shown is another function at every step: look at it without"
        patch = {"regularization.keep_prob": "1.0"}
        yield Advice("optimization", why, seen, patch, "the cost falls at every epoch; then put dropout back")


def _against_long_steps(diagnosis: Diagnosis, now: Situation, seen: str) -> Iterator[Advice]:
    """Yield what else keeps steps from overshooting, beside a smaller rate."""
    kinds = {found.kind for found in diagnosis.trouble}
    course = diagnosis.optimization
    if course is None or not kinds & LONG_STEPS:
        return
    if not now.clips:
        why = "clipping: no gradient is longer than 1, however steep the cost is where it stands"
        yield Advice("optimization", why, seen, {"training.clip": "1"}, "the cost has no jumps")
    if "exploding_gradients" in kinds:
        return
    if course.setting.decay == "constant":
        why = "decay: large steps early, small ones at the end"
        yield Advice("optimization", why, seen, {"learning_rate.decay": "cosine"}, "the cost comes to rest at the end")
    if course.setting.batch_size < now.train:
        larger = {"training.batch_size": str(min(2 * course.setting.batch_size, now.train))}
        why, expect = "a larger mini-batch has a gradient with less noise", "the cost wanders less, in fewer steps an epoch"
        yield Advice("optimization", why, seen, larger, expect)


def _against_bias(diagnosis: Diagnosis, now: Situation) -> Iterator[Advice]:
    """Yield what lets the network fit its training set better."""
    seen = _gap(diagnosis, "avoidable_bias")
    falls = "the train error falls; where dev does not follow, variance was bought"
    keeps = {"regularization.l2": f"{LITTLE_L2:g}"} if now.l2 == 0 else {}
    before = now.weights(now.hidden)
    wider = tuple(2 * units for units in now.hidden) or (32,)
    if now.weights(wider) <= MOST_SIZE * max(now.train, 1) * max(now.outputs, 1) or not now.hidden:
        why = "high bias: a bigger network fits the training set better; l2 keeps its variance down"
        after = now.weights(wider)
        yield Advice("bias", why, seen, {**_wider(now, wider), **keeps}, falls, (before, after), _ratio(after, before))
    if now.may_deepen:
        deeper = (*now.hidden, now.hidden[-1])
        why, after = "high bias: another layer composes features of features; l2 keeps its variance down", now.weights(deeper)
        yield Advice("bias", why, seen, {**_listed(deeper), **keeps}, falls, (before, after), _ratio(after, before))
    if diagnosis.optimization is None:  # else it is known whether the cost still falls, and said above
        why = "high bias: longer training, if the cost still falls at the end"
        yield Advice("bias", why, seen, {"training.epochs": str(2 * now.epochs)}, falls, times=2.0)
    if now.optimizer != "adam":
        why = f"high bias: adam finds its way where {now.optimizer} is slow; its rate is another one"
        yield Advice("bias", why, seen, {"optimizer": "adam", "learning_rate.initial": "0.001"}, falls)
    else:
        why = "high bias: a rate three times as large goes further in as many steps"
        yield Advice("bias", why, seen, {"learning_rate.initial": f"{3 * now.rate:g}"}, f"{falls}; if the cost jumps, go back")
    if not now.batch_norm and now.hidden:
        why = "high bias: batch norm lets every layer learn at its own scale, and bears larger rates"
        yield Advice("bias", why, seen, {"architecture.batch_norm": "true"}, falls, times=1.3)
    if less := _less_regularization(now):
        yield Advice("bias", "high bias: less regularization lets the network fit more of what it sees", seen, less, falls)


def _against_variance(diagnosis: Diagnosis, now: Situation) -> Iterator[Advice]:
    """Yield what makes the network say the same of examples it has not seen."""
    seen, closes = _gap(diagnosis, "variance"), f"the gap from train to dev narrows; {A_LITTLE}"
    why = "high variance: more regularization; expect the train error to rise a little"
    yield Advice("variance", why, seen, {"regularization.l2": f"{now.l2 * STRONGER or FIRST_L2:g}"}, closes)
    buys = now.more_data or "what they would buy, dlrun diagnose RUN --learning-curve tells"
    why = f"high variance: more training examples than {now.train:,}; {buys}"
    yield Advice("variance", why, seen, expect="the gap from train to dev narrows, and the train error rises towards it")
    if not now.dropout and now.hidden:
        why = "high variance: dropout, so that no unit can rely on another one"
        yield Advice("variance", why, seen, {"regularization.keep_prob": "0.8"}, f"{closes}; the cost is noisier", times=1.2)
    if not now.early_stopping and now.best_epoch is not None and now.best_epoch < 0.7 * now.epochs:
        why = f"high variance: dev was best at epoch {now.best_epoch:g} of {now.epochs}; early stopping ends there"
        both = "less time; it turns two knobs at once, fit and variance, where l2 with several λ keeps them apart"
        yield Advice("variance", why, seen, {"training.early_stopping": "{patience: 5}"}, both, times=now.best_epoch / now.epochs)
    smaller = tuple(max(1, units // 2) for units in now.hidden)
    if now.hidden and smaller != now.hidden and "high_bias" not in diagnosis.verdict:
        before, after = now.weights(now.hidden), now.weights(smaller)
        why = "high variance: a smaller network has less to remember with"
        yield Advice("variance", why, seen, _wider(now, smaller), closes, (before, after), _ratio(after, before))


def _against_doubt(diagnosis: Diagnosis) -> Iterator[Advice]:
    """Yield what would decide what is open."""
    if diagnosis.variance is None:
        why = "variance is unknown: a dev part would show it"
        yield Advice("chance", why, patch={"data.split.dev": "20%"}, expect="the gap from train to dev, with its interval")
        return
    undecided = {name: gap for name, gap in diagnosis.gaps.items() if gap.status == "inconclusive"}
    if not undecided or diagnosis.verdict:
        return
    name, gap = next(iter(undecided.items()))
    needs = f"; about {rounded_up(gap.needed_n):,} examples would decide" if gap.needed_n else ""
    seen = f"{name} {numbers(gap, UNITS[diagnosis.rungs.rung_metric])}{needs}"
    why = "inconclusive: other seeds show how much of this is chance"
    yield Advice("chance", why, seen, {"seeds": str(SEEDS)}, "the spread from seed to seed, and the mean's interval", times=SEEDS)


def _at_the_end(now: Situation) -> Advice:
    if now.has_test:
        return Advice("none", "nothing is wrong on train and dev: the test part has the unbiased error, look once")
    return Advice("none", "nothing is wrong on train and dev; there is no test part to look at")


def _gap(diagnosis: Diagnosis, name: Literal["avoidable_bias", "variance", "data_mismatch", "dev_overfitting"]) -> str:
    found = getattr(diagnosis, name)
    return f"{name.replace('_', ' ')} {numbers(found, UNITS[diagnosis.rungs.rung_metric])}" if found else ""


def _wider(now: Situation, hidden: Sequence[int]) -> dict[str, str]:
    if now.plain:
        return _listed(hidden)
    return {f"architecture.hidden.{k}.units": str(units) for k, units in enumerate(hidden)}


def _listed(hidden: Sequence[int]) -> dict[str, str]:
    return {"architecture.hidden": f"[{','.join(map(str, hidden))}]"}


def _less_regularization(now: Situation) -> dict[str, str]:
    if now.dropout:
        return {"regularization.keep_prob": "1.0"}
    if now.l2 > 0:
        return {"regularization.l2": f"{now.l2 / STRONGER:g}"}
    return {"regularization.l1": f"{now.l1 / STRONGER:g}"} if now.l1 > 0 else {}


def _ratio(after: int, before: int) -> float:
    """Return how much longer a step takes: in proportion to the weights, as the matrix products go."""
    return after / before if before else 1.0
