"""`dlrun compare` finds what is there, and seldom what is not: simulated pairs, written and read as the files that they are."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from dlrun.arrays import Array, BoolArray
from dlrun.comparison.comparing import Pair, compare
from dlrun.rundir.listing import ListedRun, read_run
from dlrun.rundir.paths import RunPaths
from tests.proofs.counting import RecordProperty, cases, proof
from tests.stored_predictions import store_estimates, write_classified, write_estimated
from tests.stored_runs import store_run

FULL, FEW = 1_000, 60
SIZES = (100, 359, 1_000)  # dev examples
SPARE = 3.0  # standard deviations that chance may take from a bar where few cases are tried


def at_least(share: float, tried: int) -> float:
    """Return the bar for so many cases: the full count must reach it, a few may miss it by chance."""
    return share if tried >= FULL else share - SPARE * (share * (1 - share) / tried) ** 0.5


def judged(runs: list[ListedRun]) -> tuple[Pair, ...]:
    return compare(runs, 0, {run.paths.id: run.paths.id for run in runs}).pairs


def stored(home: Path, count: int) -> list[RunPaths]:
    return [store_run(home, minute, tail) for minute, tail in enumerate(["aaaa", "bbbb", "cccc", "dddd"][:count])]


def outcomes(rng: np.random.Generator, n: int, *only: float) -> list[BoolArray]:
    """Return what each of some runs gets wrong: 5 % all of them, and each a share of its own where the others are right."""
    u = rng.random(n)
    ends = 0.05 + np.cumsum(only)
    return [(u < 0.05) | ((end - share <= u) & (u < end)) for share, end in zip(only, ends, strict=True)]


def losses(rng: np.random.Generator, wrong: BoolArray) -> Array:
    """Return cross-entropies: above ln 2 where wrong, most of them tiny where right."""
    sizes: Array = np.where(wrong, np.log(2) + rng.exponential(1.0, len(wrong)), np.log(2) * rng.random(len(wrong)) ** 8)
    return sizes


@pytest.mark.proof
def test_runs_of_equal_quality_are_told_to_be_so(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = "no real difference of errors, and of losses, in ≥ 93 % each"
    with proof(record_property, "between runs that are equally good `compare` finds no difference", bar=bar) as row:
        rng, alike, alike_losses = np.random.default_rng(), 0, 0
        paths = stored(tmp_path, 2)
        for _ in range(cases(FULL, FEW)):
            share, n = rng.uniform(0.01, 0.15) / 2, int(rng.choice(SIZES))
            for place, wrong in zip(paths, outcomes(rng, n, share, share), strict=True):
                write_classified(place, wrong, losses(rng, wrong))
            (pair,) = judged([read_run(place) for place in paths])
            alike += not pair.judged["error"].real
            alike_losses += not pair.judged["loss"].real
            row.cases += 1
        shares = alike / row.cases, alike_losses / row.cases
        row.figure = f"errors: none in {shares[0]:.1%}; losses: none in {shares[1]:.1%}; 1 to 15 % of examples tell the two apart"
        assert min(shares) >= at_least(0.93, row.cases), row.figure


@pytest.mark.proof
def test_a_gain_of_five_points_is_found(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = "the better one is called better in ≥ 95 %"
    with proof(record_property, "a true gain of 5 points on 1,000 dev examples is found by `compare`", bar=bar) as row:
        rng, found, inside = np.random.default_rng(), 0, 0
        paths = stored(tmp_path, 2)
        for _ in range(cases(FULL, FEW)):
            apart = rng.uniform(0.05, 0.15)
            for place, wrong in zip(paths, outcomes(rng, 1_000, (apart + 0.05) / 2, (apart - 0.05) / 2), strict=True):
                order = rng.permutation(1_000)  # the rows of two runs need not stand in one order
                write_classified(place, wrong[order], ids=order.tolist())
            (pair,) = judged([read_run(place) for place in paths])
            error = pair.judged["error"]
            found += error.real and error.value < 0
            inside += error.low <= -0.05 <= error.high
            row.cases += 1
        row.figure = f"found in {found / row.cases:.1%}; the interval holds the 5 points in {inside / row.cases:.1%}"
        assert found / row.cases >= at_least(0.95, row.cases), row.figure
        assert inside / row.cases >= at_least(0.93, row.cases), row.figure


@pytest.mark.proof
def test_several_equal_runs_raise_few_alarms_together(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = "an alarm in any of the three in ≤ 7 %"
    with proof(record_property, "three runs as good as the one they are compared with: Holm keeps alarms rare", bar=bar) as row:
        rng, alarms = np.random.default_rng(), 0
        paths = stored(tmp_path, 4)
        for _ in range(cases(FULL, FEW)):
            share, n = rng.uniform(0.01, 0.15) / 2, int(rng.choice(SIZES))
            for place, wrong in zip(paths, outcomes(rng, n, *[share] * 4), strict=True):
                write_classified(place, wrong)
            alarms += any(pair.judged["error"].real for pair in judged([read_run(place) for place in paths]))
            row.cases += 1
        row.figure = f"an alarm in {alarms / row.cases:.1%}"
        assert 1 - alarms / row.cases >= at_least(0.93, row.cases), row.figure


@pytest.mark.proof
def test_regressions_of_equal_quality_are_told_to_be_so(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = "no real difference of RMSEs in ≥ 93 %"
    with proof(record_property, "between regressions that are equally good `compare` finds no difference", bar=bar) as row:
        rng, alike = np.random.default_rng(), 0
        paths = [store_estimates(tmp_path, tail, minute) for minute, tail in enumerate(["aaaa", "bbbb"])]
        for _ in range(cases(FULL, FEW)):
            n, heavy = int(rng.choice(SIZES)), bool(rng.random() < 0.5)
            targets = rng.normal(100, 20, n)
            noise = [rng.standard_t(5, n) if heavy else rng.normal(size=n) for _ in range(3)]
            for place, own in zip(paths, noise[1:], strict=True):
                write_estimated(place, targets, noise[0] + 0.5 * own)
            (pair,) = judged([read_run(place) for place in paths])
            alike += not pair.judged["error"].real
            row.cases += 1
        row.figure = f"none in {alike / row.cases:.1%}; residuals are normal, or Student's with 5 degrees of freedom, by turns"
        assert alike / row.cases >= at_least(0.93, row.cases), row.figure


def test_the_simulated_runs_are_what_they_are_said_to_be() -> None:
    runs = outcomes(np.random.default_rng(1), 200_000, 0.03, 0.03, 0.08)
    assert [round(float(wrong.mean()), 2) for wrong in runs] == [0.08, 0.08, 0.13]
    for (i, a), (j, b) in combinations(enumerate(runs), 2):
        assert float((a ^ b).mean()) == pytest.approx((0.03, 0.03, 0.08)[i] + (0.03, 0.03, 0.08)[j], abs=0.003)
