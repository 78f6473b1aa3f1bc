"""Groups of seeds against one of them: whether the recipe is better, and not only one network that came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from shlex import quote
from typing import Any

import numpy as np

from dlrun.comparison.comparing import Measure, doubts
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
from dlrun.rundir.groups import OF_NO_ACCOUNT, Group
from dlrun.rundir.keys import SpecKeys
from dlrun.rundir.listing import ListedRun
from dlrun.rundir.predictions import Predictions
from dlrun.statistics.paired import Judged, judge_all
from dlrun.statistics.paired_groups import Needed, PairedGroups, paired_group_rates, paired_groups
from dlrun.statistics.paired_means import ROOT

FEWEST = 2  # seeds: one says nothing about the spread
REASONS = 3  # runs left out that are named
BOTH = (
    "the limits of a difference hold two kinds of chance: which examples dev holds, and how training went; every best epoch was "
    "chosen on these dev examples"
)
STEADY = (
    "all seeds of {} have the same error: on so few dev examples that does not mean that they have no spread, more seeds show it"
)

Names = Mapping[str, str]  # what groups and runs are called, by key and by id


@dataclass(frozen=True)
class Difference:
    """A judged difference of two groups: what would decide it, and how much of its variance the examples make, in [0, 1]."""

    judged: Judged
    needed: Needed | None
    share_of_examples: float

    def to_json(self) -> dict[str, Any]:
        """Return what a pair of runs has, the seeds that would decide with needed_n examples, and the examples' share."""
        seeds = self.needed.seeds if self.needed else None
        return {**vars(self.judged), "needed_seeds": seeds, "examples_share": self.share_of_examples}


@dataclass(frozen=True)
class GroupPair:
    """One group against the one that all are compared with; differences are its mean minus the other's."""

    group: Group
    differences: Mapping[Measure, Difference]


@dataclass(frozen=True)
class GroupComparison:
    """Some groups, of each the runs that are judged, the one that the others are held against, and what came of it."""

    groups: tuple[Group, ...]
    against: Group
    n: int
    pairs: tuple[GroupPair, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain data: the contract of `dlrun compare --seeds`, without curves."""
        keys = [key for key in SpecKeys([group.runs[0] for group in self.groups]).varying if key not in OF_NO_ACCOUNT]
        return {
            "against": self.against.key,
            "metric": self.against.metric,
            "dev_n": self.n,
            "keys": keys,
            "groups": [_told(group, keys) for group in self.groups],
            "comparisons": [_pair_told(pair, self.against) for pair in self.pairs],
            "notes": list(self.notes),
        }


def compare_groups(groups: Sequence[Group], against: int, called: Sequence[str], names: Names) -> GroupComparison:
    """Compare every group with the one at `against`; they are called as given, their runs as names say, by id.

    Errors: InvalidInput with everything that forbids it: fewer than two groups, one twice, fewer than two completed seeds, a
    classification and a regression, other dev examples, within a group or between two. DlrunError if predictions are damaged.
    """
    raise_all(_not_groups(groups, called))
    usable = [_usable(group) for group in groups]
    raise_all(p for group, runs, name in zip(groups, usable, called, strict=True) if (p := _too_few(group, runs, name, names)))
    judged = [Group(group.key, tuple(runs)) for group, runs in zip(groups, usable, strict=True)]
    first, others = judged[against], [k for k in range(len(groups)) if k != against]
    raise_all(p for k in others if (p := same_kind(first.runs[0], judged[k].runs[0], (called[against], called[k]))))
    rows = _rows(judged, against, called, names)
    alike = not list(differing_keys(_firsts(judged), "loss."))
    measured = [_measured(rows[against], rows[k], with_losses=alike) for k in others]
    found = {measure: _differences([one[measure] for one in measured]) for measure in measured[0]}
    pairs = [GroupPair(judged[k], {measure: found[measure][place] for measure in found}) for place, k in enumerate(others)]
    left_out = [_left_out(*one, names) for one in zip(groups, usable, called, strict=True) if len(one[0].runs) > len(one[1])]
    steady = [STEADY.format(name) for group, name in zip(judged, called, strict=True) if _spread(group) == 0]
    notes = [BOTH, *steady, *left_out, *doubts(_firsts(judged))]
    return GroupComparison(tuple(judged), first, len(rows[against][0]), tuple(pairs), tuple(notes))


def _not_groups(groups: Sequence[Group], called: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the groups before anything of them is read."""
    if len(groups) < 2:
        return [Problem(what="a comparison needs two groups or more", cure="which there are: dlrun ls --groups")]
    problems = []
    for key in dict.fromkeys(group.key for group in groups):
        alike = [name for group, name in zip(groups, called, strict=True) if group.key == key]
        if len(alike) > 1:
            who = " and ".join(dict.fromkeys(alike))
            what = f"{who} {'mean one group' if len(set(alike)) > 1 else 'is named twice'} ({key})"
            problems.append(Problem(what=f"{what}: a recipe does not differ from itself", cure="other groups: dlrun ls --groups"))
    return problems


def _usable(group: Group) -> list[ListedRun]:
    return [run for run in group.judged if without_predictions(run, "") is None]


def _too_few(group: Group, usable: Sequence[ListedRun], name: str, names: Names) -> Problem | None:
    """Return why so few seeds of a group can be judged that nothing is known about their spread, or None."""
    if len(usable) >= FEWEST:
        return None
    if group.judged and not usable:
        return without_predictions(group.judged[0], names[group.judged[0].paths.id])
    why = f" ({_reasons(group, usable, names)})" if len(group.runs) > len(usable) else ""
    what = f"the group of {name} has {len(usable) or 'no'} completed seed{why}: how much is training's chance takes two or more"
    spec = quote(str(group.runs[0].paths.resolved))
    return Problem(what=what, cure=f"dlrun train {spec} --seeds 5, then name one of those")


def _rows(groups: Sequence[Group], against: int, called: Sequence[str], names: Names) -> list[list[Outcomes]]:
    """Return the outcomes of each group's runs, a row a seed, all in the order of the examples of the first run at `against`."""
    problems: list[Problem] = []
    read = [[read_outcomes(run) for run in group.runs] for group in groups]
    for group, found, name in zip(groups, read, called, strict=True):
        problems += _unlike_within(group, [predictions for predictions, _ in found], name, names)
    raise_all(problems)
    ours = read[against][0][0]
    for group, found, name in zip(groups, read, called, strict=True):
        both = groups[against].runs[0], group.runs[0]
        if group.key != groups[against].key and (unlike := other_examples(ours, found[0][0], both, (called[against], name))):
            problems.append(unlike)
    raise_all(problems)
    return [[in_order_of(ours, predictions, outcomes) for predictions, outcomes in found] for found in read]


def _unlike_within(group: Group, read: Sequence[Predictions], name: str, names: Names) -> list[Problem]:
    """Return, in a list, that the seeds of a group were judged on different examples; an empty one if they were not."""
    first = group.runs[0]
    for run, predictions in zip(group.runs[1:], read[1:], strict=True):
        called = names[first.paths.id], names[run.paths.id]
        if unlike := other_examples(read[0], predictions, (first, run), called):
            cure = "seeds on one split, which data.seed keeps: dlrun train SPEC --seeds 5"
            return [Problem(what=f"the seeds of {name} were judged on different dev examples: {unlike.what}", cure=cure)]
    return []


def _measured(first: Sequence[Outcomes], second: Sequence[Outcomes], *, with_losses: bool) -> dict[Measure, PairedGroups]:
    both = first, second
    if len(first[0].squares):
        squares = [np.stack([one.squares for one in runs]) for runs in both]
        return {"error": paired_groups(squares[0], squares[1], ROOT), "squared_error": paired_groups(squares[0], squares[1])}
    wrong = [np.stack([one.wrong for one in runs]) for runs in both]
    measured: dict[Measure, PairedGroups] = {"error": paired_group_rates(wrong[0], wrong[1])}
    if with_losses:
        losses = [np.stack([one.losses for one in runs]) for runs in both]
        measured["loss"] = paired_groups(losses[0], losses[1])
    return measured


def _differences(measured: Sequence[PairedGroups]) -> list[Difference]:
    return [
        Difference(judged, None if judged.real else one.needed(judged.confidence), one.share_of_examples)
        for one, judged in zip(measured, judge_all(measured), strict=True)
    ]


def _left_out(group: Group, usable: Sequence[ListedRun], name: str, names: Names) -> str:
    left = len(group.runs) - len(usable)
    said = f"of the {len(group.runs)} seeds of {name} {left} {'is' if left == 1 else 'are'} left out"
    return f"{said}: {_reasons(group, usable, names)}"


def _reasons(group: Group, usable: Sequence[ListedRun], names: Names) -> str:
    kept = {run.paths.id for run in usable}
    left = [run for run in group.runs if run.paths.id not in kept]
    told = [f"{names[run.paths.id]} {'has no dev predictions' if run in group.judged else f'is {run.status}'}" for run in left]
    return ", ".join(told[:REASONS]) + (f", and {len(told) - REASONS} more" if len(told) > REASONS else "")


def _firsts(groups: Sequence[Group]) -> tuple[ListedRun, ...]:
    return tuple(group.runs[0] for group in groups)


def _spread(group: Group) -> float | None:
    error = group.mean("dev_error")
    return error.spread if error else None


def _told(group: Group, keys: Sequence[str]) -> dict[str, Any]:
    error = group.mean("dev_error")
    return {
        "group": group.key,
        "name": group.runs[0].value("name"),
        "seeds": len(group.runs),
        "runs": [run.paths.id for run in reversed(group.runs)],
        "train_error": _mean(group, "train_error"),
        "dev_error": error and error.value,
        "dev_low": error and error.low,
        "dev_high": error and error.high,
        "dev_spread": _spread(group),
        **{key: _mean(group, key) for key in ("dev_loss", "epochs", "best_epoch", "seconds")},
        "parameters": group.runs[0].value("parameters"),
        "spec": {key: group.runs[0].value(key) for key in keys},
    }


def _mean(group: Group, key: str) -> float | None:
    values = [value for run in group.runs if (value := run.value(key)) is not None]
    return fsum(values) / len(values) if values else None


def _pair_told(pair: GroupPair, against: Group) -> dict[str, Any]:
    error = pair.differences["error"].judged
    better = (pair.group if error.value < 0 else against).key if error.real else None
    return {
        "group": pair.group.key,
        "against": against.key,
        "better": better,
        **{measure: difference.to_json() for measure, difference in pair.differences.items()},
    }
