"""`dlrun compare` finds what is there, and seldom what is not: simulated pairs, written and read as the files that they are."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from dlrun.arrays import Array, BoolArray
from dlrun.comparison.comparing import Pair, compare
from dlrun.comparison.groups import GroupPair, compare_groups
from dlrun.rundir.groups import Group
from dlrun.rundir.listing import ListedRun, read_run
from dlrun.rundir.paths import RunPaths
from dlrun.statistics.paired_rates import PairedRates
from tests.proofs.counting import Proof, RecordProperty, cases, proof
from tests.stored_predictions import store_estimates, write_classified, write_estimated
from tests.stored_runs import spec_with, store_run, summary

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


def stored_groups(home: Path, sizes: list[int], metric: str = "error_rate") -> list[list[RunPaths]]:
    """Return so many seeds of each of some recipes, as records that predictions can be put beside; those that are there stay."""
    groups = []
    for k, size in enumerate(sizes):
        spec = [spec_with(seed=seed, data__seed=7, learning_rate__initial=0.1 * (k + 1)) for seed in range(size)]
        tails = [f"{'ab'[k]}aa{'abcde'[seed]}" for seed in range(size)]
        there = home / "-".join(map(str, sizes))
        groups.append(
            [RunPaths(path) for tail in tails for path in there.glob(f"*-{tail}")]
            or [
                store_run(there, 10 * k + seed, tails[seed], spec=spec[seed], summary=summary(0.1, metric=metric))
                for seed in range(size)
            ]
        )
    return groups


def judged_groups(groups: list[list[RunPaths]]) -> GroupPair:
    names = {paths.id: paths.id for group in groups for paths in group}
    found = [Group(str(k), tuple(map(read_run, group))) for k, group in enumerate(groups)]
    (pair,) = compare_groups(found, 0, ["A", "B"], names).pairs
    return pair


def seeds_of(rng: np.random.Generator, wrong: BoolArray, count: int, noise: float) -> list[BoolArray]:
    """Return what each of some seeds of a recipe gets wrong: each turns a share of its own over, 0 to twice the noise."""
    return [wrong ^ (rng.random(len(wrong)) < share) for share in rng.uniform(0, 2 * noise, count)]


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


def report_gain(row: Proof, found: int, inside: int) -> None:
    """Write how often a gain was found, and was inside the interval, and see that both are often enough."""
    row.figure = f"found in {found / row.cases:.1%}; the interval holds the 5 points in {inside / row.cases:.1%}"
    assert found / row.cases >= at_least(0.95, row.cases), row.figure
    assert inside / row.cases >= at_least(0.93, row.cases), row.figure


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
        report_gain(row, found, inside)


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


@pytest.mark.proof
def test_equal_recipes_are_told_to_be_so(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = "no real difference of errors, and of losses, in ≥ 93 % each"
    with proof(
        record_property, "between groups of 3 to 5 seeds of equally good recipes `compare --seeds` finds none", bar=bar
    ) as row:
        rng, alike, alike_losses, networks = np.random.default_rng(), 0, 0, 0
        for _ in range(cases(FULL, FEW)):
            share, noise, n = rng.uniform(0.01, 0.1) / 2, rng.uniform(0, 0.04), int(rng.choice(SIZES))
            groups = stored_groups(tmp_path, [int(count) for count in rng.integers(3, 6, 2)])
            firsts: list[BoolArray] = []
            for paths, wrong in zip(groups, outcomes(rng, n, share, share), strict=True):
                seeds = seeds_of(rng, wrong, len(paths), noise)
                firsts.append(seeds[0])
                for place, one in zip(paths, seeds, strict=True):
                    write_classified(place, one, losses(rng, one))
            pair = judged_groups(groups)
            alike += not pair.differences["error"].judged.real
            alike_losses += not pair.differences["loss"].judged.real
            networks += PairedRates.of(firsts[0], firsts[1]).p > 0.05
            row.cases += 1
        shares = alike / row.cases, alike_losses / row.cases
        alone = f"one network of each alone: errors in {networks / row.cases:.1%}"
        row.figure = f"errors: none in {shares[0]:.1%}; losses: none in {shares[1]:.1%}; {alone}"
        assert min(shares) >= at_least(0.93, row.cases), row.figure


@pytest.mark.proof
def test_a_recipe_that_gains_five_points_is_found(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = "the better one is called better in ≥ 95 %"
    with proof(record_property, "a recipe's true gain of 5 points, 5 seeds on 1,000 dev examples, is found", bar=bar) as row:
        rng, found, inside = np.random.default_rng(), 0, 0
        groups = stored_groups(tmp_path, [5, 5])
        for _ in range(cases(FULL, FEW)):
            apart, noise = rng.uniform(0.06, 0.12), rng.uniform(0, 0.04)
            gain = 0.05 / (1 - 2 * noise)  # of which the seeds turn as much over in the one as in the other
            for paths, wrong in zip(groups, outcomes(rng, 1_000, (apart + gain) / 2, (apart - gain) / 2), strict=True):
                for place, one in zip(paths, seeds_of(rng, wrong, 5, noise), strict=True):
                    order = rng.permutation(1_000)  # the rows of two runs need not stand in one order
                    write_classified(place, one[order], ids=order.tolist())
            error = judged_groups(groups).differences["error"].judged
            found += error.real and error.value < 0
            inside += error.low <= -0.05 <= error.high
            row.cases += 1
        report_gain(row, found, inside)


@pytest.mark.proof
def test_equal_recipes_of_regressions_are_told_to_be_so(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = "no real difference of RMSEs in ≥ 93 %"
    with proof(
        record_property, "between groups of equally good regressions `compare --seeds` finds no difference", bar=bar
    ) as row:
        rng, alike = np.random.default_rng(), 0
        for _ in range(cases(FULL, FEW)):
            n, heavy, spread = int(rng.choice(SIZES)), bool(rng.random() < 0.5), rng.uniform(0, 0.1)
            groups = stored_groups(tmp_path, [int(count) for count in rng.integers(3, 6, 2)], metric="rmse")
            targets = rng.normal(100, 20, n)
            noise = [rng.standard_t(5, n) if heavy else rng.normal(size=n) for _ in range(3)]
            for paths, own in zip(groups, noise[1:], strict=True):
                for place in paths:
                    factor = 1 + spread * rng.normal()
                    write_estimated(place, targets, factor * (noise[0] + 0.5 * own + 0.3 * rng.normal(size=n)))
            alike += not judged_groups(groups).differences["error"].judged.real
            row.cases += 1
        row.figure = f"none in {alike / row.cases:.1%}; RMSEs spread by 0 to 10 % from one seed to the next"
        assert alike / row.cases >= at_least(0.93, row.cases), row.figure


def test_the_simulated_seeds_are_what_they_are_said_to_be() -> None:
    rng = np.random.default_rng(2)
    wrong = outcomes(rng, 100_000, 0.05)[0]
    rates = [float(one.mean()) for one in seeds_of(rng, wrong, 200, 0.04)]
    assert np.mean(rates) == pytest.approx(0.10 + 0.04 * (1 - 2 * 0.10), abs=0.005)
    assert np.std(rates) == pytest.approx(0.8 * 0.08 / 12**0.5, rel=0.2)


def test_the_simulated_runs_are_what_they_are_said_to_be() -> None:
    runs = outcomes(np.random.default_rng(1), 200_000, 0.03, 0.03, 0.08)
    assert [round(float(wrong.mean()), 2) for wrong in runs] == [0.08, 0.08, 0.13]
    for (i, a), (j, b) in combinations(enumerate(runs), 2):
        assert float((a ^ b).mean()) == pytest.approx((0.03, 0.03, 0.08)[i] + (0.03, 0.03, 0.08)[j], abs=0.003)
