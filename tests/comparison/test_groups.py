from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array, BoolArray
from dlrun.comparison.comparing import compare
from dlrun.comparison.groups import GroupComparison, compare_groups
from dlrun.errors import InvalidInput
from dlrun.rundir.groups import groups_of
from dlrun.rundir.listing import list_runs
from dlrun.rundir.paths import RunPaths
from dlrun.statistics.paired_groups import paired_group_rates, paired_groups
from dlrun.statistics.paired_means import ROOT
from tests.stored_predictions import listed, marked, write_classified, write_estimated
from tests.stored_runs import spec_with, store_run, summary

RNG = np.random.default_rng(5)
LETTERS = "abcdefgh"


def store_group(home: Path, group: int, seeds: int, **changes: Any) -> list[RunPaths]:
    """Store runs aaaa, aaab, … of the first group, baaa, baab, … of the second: other learning rates, other seeds."""
    spec = {"learning_rate__initial": 0.1 * (group + 1), "data__seed": 7, **changes.pop("spec", {})}
    return [
        store_run(home, 10 * group + k, f"{LETTERS[group]}aa{LETTERS[k]}", spec=spec_with(**{"seed": k, **spec}), **changes)
        for k in range(seeds)
    ]


def write_group(runs: Sequence[RunPaths], wrong: BoolArray) -> None:
    for paths, row in zip(runs, wrong, strict=True):
        order = RNG.permutation(len(row))
        write_classified(paths, row[order], np.where(row, 1.5, 0.1)[order], order.tolist())


def compared(home: Path, against: int = 0) -> GroupComparison:
    runs = list_runs(home)
    groups = groups_of(runs)[::-1]  # the oldest first
    names = {run.paths.id: run.paths.id[-4:] for run in runs}
    return compare_groups(groups, against, [LETTERS[k].upper() for k in range(len(groups))], names)


def refused(home: Path) -> str:
    with pytest.raises(InvalidInput) as raised:
        compared(home)
    return str(raised.value)


def rows(n: int, rate: float, m: int = 300) -> BoolArray:
    wrong: BoolArray = RNG.random((n, m)) < rate
    return wrong


def test_rates_and_losses_of_all_seeds_decide_together(tmp_path: Path) -> None:
    first, second = rows(3, 0.15), rows(4, 0.05)
    write_group(store_group(tmp_path, 0, 3), first)
    write_group(store_group(tmp_path, 1, 4), second)
    found = compared(tmp_path)
    (pair,) = found.pairs
    # groups list their newest run first
    expected = paired_group_rates(first[::-1], second[::-1])
    judged = pair.differences["error"].judged
    assert (judged.value, judged.p, judged.low) == pytest.approx((expected.value, expected.p, expected.limits(0.95)[0]))
    assert judged.real
    assert (pair.differences["error"].needed, found.n) == (None, 300)
    losses = [np.where(wrong, 1.5, 0.1) for wrong in (first, second)]
    assert pair.differences["loss"].judged.p == pytest.approx(paired_groups(losses[0], losses[1]).p)


def test_the_contract_names_groups_runs_and_what_is_needed(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 2, dev_error=0.02), rows(2, 0.10))
    write_group(store_group(tmp_path, 1, 3, dev_error=0.03), rows(3, 0.11))
    found = compared(tmp_path)
    tree = found.to_json()
    assert set(tree) == {"against", "metric", "dev_n", "keys", "groups", "comparisons", "notes"}
    assert tree["keys"] == ["learning_rate.initial"]  # neither seed nor seeds
    first, second = tree["groups"]
    assert (first["seeds"], second["seeds"]) == (2, 3)
    assert [run[-4:] for run in second["runs"]] == ["baaa", "baab", "baac"]
    assert (second["dev_error"], second["dev_spread"]) == (0.03, 0.0)
    (pair,) = tree["comparisons"]
    assert (pair["group"], pair["against"], pair["better"]) == (second["group"], first["group"], None)
    assert set(pair["error"]) == {
        "value", "low", "high", "p", "confidence", "real", "needed_n", "needed_seeds", "examples_share",
    }  # fmt: skip
    assert pair["error"]["needed_n"] >= 300
    assert 0 < pair["error"]["examples_share"] < 1


def test_regressions_are_compared_by_the_mean_of_their_rmses(tmp_path: Path) -> None:
    targets = RNG.normal(1000, 50, 200)
    errors: list[Array] = [RNG.normal(scale=1 + 0.3 * k, size=(3, 200)) for k in range(2)]
    for k, own in enumerate(errors):
        for paths, row in zip(store_group(tmp_path, k, 3, summary=summary(1.0, metric="rmse")), own, strict=True):
            write_estimated(paths, targets, row)
    (pair,) = compared(tmp_path).pairs
    assert set(pair.differences) == {"error", "squared_error"}
    judged = pair.differences["error"].judged
    rmses = [np.sqrt(np.square(own).mean(axis=1)).mean() for own in errors]
    assert judged.value == pytest.approx(rmses[1] - rmses[0])
    assert judged.p == pytest.approx(paired_groups(np.square(errors[0]), np.square(errors[1]), ROOT).p)


def test_all_are_held_against_one_and_corrected(tmp_path: Path) -> None:
    for k, rate in enumerate((0.15, 0.05, 0.14)):
        write_group(store_group(tmp_path, k, 3), rows(3, rate))
    found = compared(tmp_path, against=1)
    assert [pair.group.runs[0].paths.id[-4] for pair in found.pairs] == ["a", "c"]
    assert found.against.runs[0].paths.id[-4] == "b"
    assert max(pair.differences["error"].judged.confidence for pair in found.pairs) == pytest.approx(0.975)


def test_what_failed_or_has_no_predictions_is_left_out_and_said(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 3)[:2], rows(2, 0.1))
    write_group(store_group(tmp_path, 1, 2), rows(2, 0.1))
    store_run(tmp_path, 30, "bxxx", status="diverged", spec=spec_with(learning_rate__initial=0.2, data__seed=7, seed=77))
    found = compared(tmp_path)
    assert "of the 3 seeds of A 1 is left out: aaac has no dev predictions" in found.notes
    assert "of the 3 seeds of B 1 is left out: bxxx is diverged" in found.notes
    assert found.to_json()["groups"][0]["seeds"] == 2


def test_seeds_that_are_all_alike_are_no_proof_of_no_spread(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 2, dev_error=0.1), rows(2, 0.1))
    for paths, error in zip(store_group(tmp_path, 1, 2), (0.1, 0.2), strict=True):
        write_group([paths], rows(1, error))
        paths.record.write_text(paths.record.read_text().replace('"error": 0.02', f'"error": {error}'))
    notes = compared(tmp_path).notes
    assert any("all seeds of A have the same error" in note for note in notes)
    assert not any("all seeds of B" in note for note in notes)


def test_losses_of_two_kinds_are_not_compared(tmp_path: Path) -> None:
    for k, kind in enumerate(("hinge", "softmax_cross_entropy")):
        write_group(store_group(tmp_path, k, 2, spec={"loss": {"kind": kind}}), rows(2, 0.1))
    found = compared(tmp_path)
    assert set(found.pairs[0].differences) == {"error"}
    assert any("losses are not compared: loss.kind" in note for note in found.notes)


def test_a_group_of_one_is_refused_with_the_cure(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 2), rows(2, 0.1))
    (alone,) = store_group(tmp_path, 1, 1)
    write_group([alone], rows(1, 0.1))
    store_run(tmp_path, 30, "bxxx", status="failed", spec=spec_with(learning_rate__initial=0.2, data__seed=7, seed=77))
    said = refused(tmp_path)
    assert "the group of B has 1 completed seed (bxxx is failed): how much is training's chance takes two or more" in said
    assert "resolved.yaml --seeds 5, then name one of those" in said


def test_a_group_without_any_predictions_says_why(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 2), rows(2, 0.1))
    store_group(tmp_path, 1, 2, dev_error=None)
    assert "baab has no dev predictions: it has no dev part" in refused(tmp_path)


def test_fewer_than_two_groups_are_refused(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 2), rows(2, 0.1))
    assert "a comparison needs two groups or more" in refused(tmp_path)


@pytest.mark.parametrize(("called", "said"), [(["a", "b"], "a and b mean one group"), (["a", "a"], "a is named twice")])
def test_one_group_twice_is_refused(tmp_path: Path, called: list[str], said: str) -> None:
    store_group(tmp_path, 0, 2)
    (group,) = groups_of(list_runs(tmp_path))
    with pytest.raises(InvalidInput, match=said):
        compare_groups([group, group], 0, called, {})


def test_a_classification_and_a_regression_are_refused(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 2), rows(2, 0.1))
    for paths in store_group(tmp_path, 1, 2, summary=summary(1.0, metric="rmse")):
        write_estimated(paths, np.arange(9.0), np.ones(9))
    assert "A is a classification, B is a regression" in refused(tmp_path)


def test_seeds_that_divided_the_data_anew_are_refused(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 2), rows(2, 0.1, 60))
    own = store_group(tmp_path, 1, 2, spec={"data__seed": None})
    write_group(own, rows(2, 0.1, 60))
    write_classified(own[1], marked(60, 3), ids=range(20, 80))
    said = refused(tmp_path)
    assert "the seeds of B were judged on different dev examples" in said
    assert "20 of the 60 ids of baab are not in baaa" in said
    assert "seed (1 and 0) differs" in said
    assert "dlrun train SPEC --seeds 5" in said


def test_groups_on_other_examples_are_refused(tmp_path: Path) -> None:
    write_group(store_group(tmp_path, 0, 2), rows(2, 0.1, 60))
    for paths in store_group(tmp_path, 1, 2, spec={"data__seed": 8}):
        write_classified(paths, marked(60, 3), ids=range(20, 80))
    said = refused(tmp_path)
    assert "the dev parts of A and B are not the same examples: 20 of the 60 ids of A are not in B" in said
    assert "data.seed (7 and 8)" in said


def test_single_runs_are_told_that_their_seeds_could_say_more(tmp_path: Path) -> None:
    first, second = store_group(tmp_path, 0, 3), store_group(tmp_path, 1, 1)
    write_group([*first, *second], rows(4, 0.1))

    def notes(*runs: RunPaths) -> str:
        return " ".join(compare(listed(*runs), 0, {paths.id: paths.id[-4:] for paths in runs}).notes)

    assert "aaab is one of 3 seeds: with --seeds each run stands for all seeds of its group" in notes(first[1], second[0])
    assert "--seeds" not in notes(first[0], first[1])  # one recipe does not differ from itself
