"""What a gate's quantity is in a run: from its diagnosis, its counts, its predictions on dev, another run's predictions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from dlrun.diagnosis.answers import Answers
from dlrun.diagnosis.gates import Gate
from dlrun.diagnosis.gating import Judged, Measured, judge, of_error, of_estimate, unknown
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.quantities import TEST
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.statistics.intervals import CONFIDENCE, Estimate, difference, exact
from dlrun.statistics.paired_means import PairedMeans, paired_rmse
from dlrun.statistics.paired_rates import PairedRates
from dlrun.statistics.pairing import in_one_only, places_in, unlike_numbers, unlike_words
from dlrun.statistics.scores import mean_loss, named_f1, number_scores

ON_ONE_SPLIT = "train both with the same data, split and seed"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that gates are judged by; what costs something is asked for when a gate needs it.

    counts are seconds, epochs, steps and parameters; known are quantities that predictions do not tell: those in hand, or stored;
    looked is the error on test, if somebody looked; other finds another run's predictions on dev, by its reference.
    """

    diagnosis: Diagnosis
    seed: int
    counts: Mapping[str, float | None]
    dev: Callable[[], Answers]
    other: Callable[[str], Answers]
    known: Callable[[str], Measured | None] = lambda name: None
    looked: Estimate | None = None
    answers: dict[str, Answers] = field(default_factory=dict, init=False)

    @property
    def regression(self) -> bool:
        """Whether the errors are root mean square errors."""
        return self.diagnosis.errors.metric == "rmse"

    @property
    def margin(self) -> float:
        """How much larger than another run's an error may be and is not called worse: the tolerance of the diagnosis."""
        return self.diagnosis.tolerance * self.diagnosis.scale

    @property
    def on_dev(self) -> Answers:
        """The predictions on dev, read once."""
        if "dev" not in self.answers:
            self.answers["dev"] = self.dev()
        return self.answers["dev"]


def judged(gate: Gate, evidence: Evidence) -> Judged:
    """Judge a gate. Errors: InvalidInput if its quantity is not there to be measured, with the reason."""
    return judge(gate, measure(gate, evidence), evidence.margin)


def judged_anyway(gate: Gate, evidence: Evidence) -> Judged:
    """Judge a gate; one whose quantity is not there, or not any more, is inconclusive, with the reason."""
    try:
        return judged(gate, evidence)
    except DlrunError as error:
        return unknown(gate, error.problems[0].what)


def measure(gate: Gate, evidence: Evidence) -> Measured:
    """Return a gate's quantity with its interval.

    Errors: InvalidInput if it is not there; DlrunError if the file that would tell is damaged.
    """
    if gate.against:
        return _compared(evidence.on_dev, evidence.other(gate.against), evidence)
    name = gate.quantity
    found = of_diagnosis(name, evidence.diagnosis) or _known(name, evidence) or evidence.known(name) or _of_dev(name, evidence)
    if found is None:
        raise InvalidInput(Problem(what=_why(name, evidence), cure=_CURES.get(name, "")))
    return found


_CURES = {
    TEST: "look at it: dlrun evaluate RUN --split test",
    "train.loss": "write the gate in the spec, and train",
    "dev.auc": "write the gate in the spec, and train",
}


def _why(name: str, evidence: Evidence) -> str:
    if name == TEST:
        return "nobody has looked at the test part of this run"
    if name in ("train.loss", "dev.auc") and evidence.diagnosis.errors.dev is not None:
        return f"{name} cannot be told from what this run left on disk"
    return f"{name} has no value in this run"


def _known(name: str, evidence: Evidence) -> Measured | None:
    """Return a count, or a look at test."""
    if name == TEST:
        return of_error(evidence.looked) if evidence.looked else None
    count = evidence.counts.get(name)
    return None if count is None else Measured(count, count, count)


def of_diagnosis(name: str, found: Diagnosis) -> Measured | None:
    """Return an error or a gap; None of other quantities, and of a part that there is not."""
    errors = found.errors
    part, _, of = name.partition(".")
    if of == "error":
        error = errors.parts.get(part)
        return of_error(error) if error else None
    steps = {
        "avoidable_bias": (errors.train, exact(errors.target)),
        "variance": (errors.unseen, errors.train),
        "data_mismatch": (errors.dev, errors.train_dev),
    }
    above, below = steps.get(name, (None, None))
    if above is None or below is None:
        return None
    gap = difference(above, below)  # of the errors, whatever metric the ladder is in
    return Measured(gap.value, gap.low, gap.high, above.n, (above, below))


def _of_dev(name: str, evidence: Evidence) -> Measured | None:
    """Return a score of the predictions on dev."""
    if evidence.diagnosis.errors.dev is None or not name.startswith("dev."):
        return None
    answers, seed = evidence.on_dev, evidence.seed
    estimate: Estimate | None = None
    if name == "dev.loss":
        estimate = mean_loss(answers.losses, seed)
    elif name == "dev.macro_f1" and not evidence.regression:
        estimate = named_f1(answers.labels, answers.predictions, seed)
    elif name in ("dev.mae", "dev.r2") and evidence.regression:
        scores = number_scores(_numbers(answers.labels), _numbers(answers.predictions), seed)
        estimate = scores.mae if name == "dev.mae" else scores.r2
    return of_estimate(estimate) if estimate else None


def _compared(ours: Answers, theirs: Answers, evidence: Evidence) -> Measured:
    """Return our error minus the other run's, on the same examples."""
    same_examples(ours.ids, theirs.ids)
    places = places_in(theirs.ids, ours.ids)
    labels, others = ([cells[place] for place in places] for cells in (theirs.labels, theirs.predictions))
    if not evidence.regression:
        _same_labels(unlike_words(ours.labels, labels))
        return _difference(PairedRates.of_words(ours.labels, others, ours.predictions))
    right = _numbers(ours.labels)
    _same_labels(unlike_numbers(right, _numbers(labels)))
    return _difference(paired_rmse(right, _numbers(others), _numbers(ours.predictions), evidence.seed))


def _difference(found: PairedRates | PairedMeans) -> Measured:
    low, high = found.limits(CONFIDENCE)
    return Measured(found.value, min(low, found.value), max(high, found.value), found.n)


def same_examples(ours: Sequence[str], theirs: Sequence[str]) -> None:
    """Return if these are the ids of the same examples. Errors: InvalidInput if they are not."""
    if any(in_one_only(ours, theirs)):
        shared = len(set(ours) & set(theirs))
        what = f"the runs were not judged on the same dev examples: {len(ours):,} and {len(theirs):,}, {shared:,} in both"
        raise InvalidInput(Problem(what=what, cure=ON_ONE_SPLIT))


def _same_labels(unlike: int) -> None:
    if unlike:
        what = f"the runs were not judged on the same dev examples: the labels of {unlike:,} differ that have the same id"
        raise InvalidInput(Problem(what=what, cure=ON_ONE_SPLIT))


def _numbers(cells: Sequence[str]) -> list[float]:
    try:
        found = [float(cell) for cell in cells]
    except ValueError:
        raise DlrunError("the stored predictions are damaged: a cell holds no number") from None
    if not all(map(isfinite, found)):
        raise DlrunError("the stored predictions are damaged: a number is not finite")
    return found
