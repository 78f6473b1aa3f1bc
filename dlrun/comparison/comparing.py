"""Runs against one of them: paired tests on the stored dev predictions, corrected for how many there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dlrun.comparison.examples import (
    Outcomes,
    differing_keys,
    in_order_of,
    other_examples,
    read_outcomes,
    same_kind,
)
from dlrun.errors import Problem, raise_all
from dlrun.rundir.comparable import without_predictions
from dlrun.rundir.groups import groups_beside
from dlrun.rundir.keys import SpecKeys
from dlrun.rundir.listing import ListedRun
from dlrun.statistics.paired import Judged, Paired, judge_all
from dlrun.statistics.paired_means import MEAN, ROOT, paired_means
from dlrun.statistics.paired_rates import PairedRates

Measure = Literal["error", "loss", "squared_error"]

SEED = 0  # of the bootstrap: the same files give the same numbers
CHOSEN = (
    "both best epochs were chosen on these dev examples; whether the recipe is better, and not only this network, other seeds say"
)


@dataclass(frozen=True)
class Pair:
    """One run against the one that all are compared with; differences are the run's minus the other's: below 0 it is better.

    only_wrong and only_against_wrong count the examples that one of them gets wrong; None for a regression.
    """

    run: ListedRun
    judged: Mapping[Measure, Judged]
    only_wrong: int | None
    only_against_wrong: int | None


@dataclass(frozen=True)
class Comparison:
    """Some runs, the one that the others are held against, and what came of it; n dev examples; notes for the reader."""

    runs: tuple[ListedRun, ...]
    against: ListedRun
    n: int
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]

    @property
    def metric(self) -> str:
        """What the errors are: error_rate or rmse."""
        return str(self.against.value("metric"))

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain data: the contract of `dlrun compare`, without curves."""
        keys = list(SpecKeys(self.runs).varying)
        return {
            "against": self.against.paths.id,
            "metric": self.metric,
            "dev_n": self.n,
            "keys": keys,
            "runs": [_told(run, keys) for run in self.runs],
            "comparisons": [_pair_told(pair, self.against) for pair in self.pairs],
            "notes": list(self.notes),
        }


def compare(runs: Sequence[ListedRun], against: int, names: Mapping[str, str]) -> Comparison:
    """Compare every run with the one at `against`; names are what runs are called in errors, by id.

    Errors: InvalidInput with everything that forbids it: fewer than two runs, the same run twice, one without dev predictions, a
    classification and a regression, other dev examples. DlrunError if predictions are damaged.
    """
    called = [names[run.paths.id] for run in runs]
    raise_all(_not_comparable(runs, called))
    first, others = runs[against], [run for k, run in enumerate(runs) if k != against]
    name = called[against]
    raise_all(p for run in others if (p := same_kind(first, run, (name, names[run.paths.id]))))
    predictions, outcomes = read_outcomes(first)
    aligned: list[Outcomes] = []
    problems: list[Problem] = []
    for run in others:
        read, theirs = read_outcomes(run)
        if found := other_examples(predictions, read, (first, run), (name, names[run.paths.id])):
            problems.append(found)
        else:
            aligned.append(in_order_of(predictions, read, theirs))
    raise_all(problems)
    pairs = _pairs(others, outcomes, aligned, with_losses=not list(differing_keys(tuple(runs), "loss.")))
    notes = [CHOSEN, *_seeds_beside(runs, called), *doubts(runs)]
    return Comparison(tuple(runs), first, len(outcomes), pairs, tuple(notes))


def _not_comparable(runs: Sequence[ListedRun], called: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the runs before anything of them is read."""
    if len(runs) < 2:
        return [Problem(what="a comparison needs two runs or more", cure="dlrun compare @last~1 @last")]
    places = [run.paths.root.resolve() for run in runs]
    twice = dict.fromkeys(name for place, name in zip(places, called, strict=True) if places.count(place) > 1)
    problems = [Problem(what=f"{name} is named twice: a run does not differ from itself") for name in twice]
    return problems + [p for run, name in zip(runs, called, strict=True) if (p := without_predictions(run, name))]


def _pairs(others: Sequence[ListedRun], first: Outcomes, aligned: Sequence[Outcomes], *, with_losses: bool) -> tuple[Pair, ...]:
    measured: list[dict[Measure, Paired]] = []
    rates: list[PairedRates | None] = []
    for theirs in aligned:
        if len(first.wrong):
            rates.append(rate := PairedRates.of(first.wrong, theirs.wrong))
            measured.append({"error": rate})
            if with_losses:
                measured[-1]["loss"] = paired_means(first.losses, theirs.losses, SEED)
        else:
            rates.append(None)
            squares = first.squares, theirs.squares
            measured.append({"error": paired_means(*squares, SEED, ROOT), "squared_error": paired_means(*squares, SEED, MEAN)})
    judged = {measure: judge_all([one[measure] for one in measured]) for measure in measured[0]}
    return tuple(
        Pair(
            run,
            {measure: judged[measure][k] for measure in judged},
            rate.only_second if rate else None,
            rate.only_first if rate else None,
        )
        for k, (run, rate) in enumerate(zip(others, rates, strict=True))
    )


def doubts(runs: Sequence[ListedRun]) -> list[str]:
    """Return what a reader must know of these specs to believe the numbers no more than they deserve."""
    notes = []
    if sources := list(differing_keys(tuple(runs), "data.source.")):
        notes.append(f"ids and labels are the same, but {', '.join(sources)}: are the examples? That cannot be seen from here")
    if losses := list(differing_keys(tuple(runs), "loss.")):
        notes.append(f"the losses are not compared: {', '.join(losses)}")
    return notes


def _seeds_beside(runs: Sequence[ListedRun], called: Sequence[str]) -> Iterator[str]:
    """Yield that `--seeds` could say more, where a run has seeds beside it and each is of another group than the others."""
    groups = groups_beside(runs)
    keys = [group.key for group in groups if group]
    several = [(name, len(group.judged)) for name, group in zip(called, groups, strict=True) if group and len(group.judged) > 1]
    if several and len(set(keys)) == len(runs):
        told = ", ".join(f"{name} is one of {count} seeds" for name, count in several)
        yield f"{told}: with --seeds each run stands for all seeds of its group"


def _told(run: ListedRun, keys: Sequence[str]) -> dict[str, Any]:
    figures = ("name", "status", "train_error", "dev_error", "dev_low", "dev_high", "dev_loss", "epochs", "best_epoch")
    return {
        "run": run.paths.id,
        "path": str(run.paths.root),
        **{key: run.value(key) for key in (*figures, "steps", "parameters", "seconds", "verdict")},
        "spec": {key: run.value(key) for key in keys},
    }


def _pair_told(pair: Pair, against: ListedRun) -> dict[str, Any]:
    error = pair.judged["error"]
    better = (pair.run if error.value < 0 else against).paths.id if error.real else None
    return {
        "run": pair.run.paths.id,
        "against": against.paths.id,
        "better": better,
        "only_wrong": pair.only_wrong,
        "only_against_wrong": pair.only_against_wrong,
        **{measure: vars(judged) for measure, judged in pair.judged.items()},
    }
