from pathlib import Path

import numpy as np
import pytest

from dlrun.comparison.comparing import Comparison, compare
from dlrun.errors import InvalidInput
from dlrun.rundir.paths import RunPaths
from dlrun.statistics.paired_rates import mcnemar
from tests.stored_predictions import listed, marked, store_estimates, store_pair, write_classified, write_estimated
from tests.stored_runs import spec_with, store_run


def compared(*paths: RunPaths, against: int = 0) -> Comparison:
    return compare(listed(*paths), against, {place.id: place.id[-4:] for place in paths})


def test_the_pairs_that_differ_decide(tmp_path: Path) -> None:
    first, second = marked(200, *range(20)), marked(200, *range(15, 23))
    found = compared(*store_pair(tmp_path, first, second))
    (pair,) = found.pairs
    assert (pair.only_wrong, pair.only_against_wrong, found.n, found.metric) == (3, 15, 200, "error_rate")
    assert pair.judged["error"].value == pytest.approx(-0.06)
    assert pair.judged["error"].p == mcnemar(3, 15)
    assert pair.judged["error"].real
    assert found.to_json()["comparisons"][0]["better"] == pair.run.paths.id


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    first, second = marked(100, 1, 2, 3), marked(100, 3, 50)
    a, b = store_pair(tmp_path, first, second)
    straight = compared(a, b).pairs[0]
    order = np.random.default_rng(0).permutation(100)
    write_classified(b, second[order], ids=order.tolist())
    shuffled = compared(a, b).pairs[0]
    assert (shuffled.judged["error"], shuffled.only_wrong) == (straight.judged["error"], straight.only_wrong)
    assert shuffled.judged["loss"].value == pytest.approx(straight.judged["loss"].value)


def test_all_are_held_against_one_and_corrected(tmp_path: Path) -> None:
    a, b = store_pair(tmp_path, marked(200, *range(12)), marked(200, *range(4)))
    c = store_run(tmp_path, 2, "cccc")
    write_classified(c, marked(200, *range(30)))
    found = compared(a, b, c, against=1)
    assert [pair.run.paths.id[-4:] for pair in found.pairs] == ["aaaa", "cccc"]
    assert found.against.paths.id == b.id
    alone = compared(b, a).pairs[0].judged["error"].p
    assert found.pairs[0].judged["error"].p == pytest.approx(alone)  # the larger one, so its factor is 1
    assert found.pairs[1].judged["error"].p < 0.001


def test_regressions_are_compared_by_rmse_and_squared_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    a, b = store_estimates(tmp_path, "aaaa"), store_estimates(tmp_path, "bbbb", 1)
    targets, errors = rng.normal(1000, 50, 300), rng.normal(size=300)
    write_estimated(a, targets, errors)
    write_estimated(b, targets + 1e-5, 1.1 * errors)  # the last digits of a target that was standardized
    (pair,) = compared(a, b).pairs
    rmse = np.sqrt(np.mean(errors**2))
    assert pair.judged["error"].value == pytest.approx(0.1 * rmse)
    assert pair.judged["squared_error"].value == pytest.approx(0.21 * rmse**2)
    assert pair.judged["error"].real
    assert (pair.only_wrong, "loss" in pair.judged) == (None, False)


def test_losses_of_two_kinds_are_not_compared(tmp_path: Path) -> None:
    a, b = store_pair(tmp_path, marked(50, 1), marked(50, 2), loss={"kind": "hinge"})
    store_run(tmp_path / "x", spec=spec_with(loss={"kind": "softmax_cross_entropy"})).record.replace(a.record)
    found = compared(a, b)
    assert "loss" not in found.pairs[0].judged
    assert any("losses are not compared: loss.kind" in note for note in found.notes)


def test_another_source_is_told(tmp_path: Path) -> None:
    a, b = store_pair(tmp_path, marked(50, 1), marked(50, 2), data={"source": {"kind": "moons", "noise": 0.1}})
    told = store_run(tmp_path / "x", spec=spec_with(data={"source": {"kind": "moons", "noise": 0.2}}))
    told.record.replace(a.record)
    assert any("data.source.noise (0.2 and 0.1)" in note for note in compared(a, b).notes)


def refused(*paths: RunPaths) -> str:
    with pytest.raises(InvalidInput) as raised:
        compared(*paths)
    return str(raised.value)


def test_fewer_than_two_and_the_same_twice_are_refused(tmp_path: Path) -> None:
    a, _ = store_pair(tmp_path, marked(9), marked(9))
    assert "needs two runs" in refused(a)
    assert "aaaa is named twice" in refused(a, a)


def test_runs_without_predictions_are_refused_with_the_reason_all_at_once(tmp_path: Path) -> None:
    a, b = store_pair(tmp_path, marked(9), marked(9))
    runs = [
        store_run(tmp_path, 2, "cccc", status="interrupted"),
        store_run(tmp_path, 3, "dddd", dev_error=None),
        store_run(tmp_path, 4, "eeee"),
        store_run(tmp_path, 5, "ffff", status="diverged"),
    ]
    said = refused(a, b, *runs)
    for words in (
        "cccc has no dev predictions: it is interrupted", "dlrun resume cccc", "dddd has no dev predictions: it has no dev part",
        "eeee has no dev predictions: the file is missing", "ffff has no dev predictions: it is diverged",
    ):  # fmt: skip
        assert words in said


def test_a_classification_and_a_regression_are_refused(tmp_path: Path) -> None:
    a, _ = store_pair(tmp_path, marked(9), marked(9))
    other = store_estimates(tmp_path, "cccc", 2)
    write_estimated(other, np.arange(9.0), np.ones(9))
    assert "aaaa is a classification, cccc is a regression" in refused(a, other)


def test_other_examples_are_refused_with_how_many_and_the_key(tmp_path: Path) -> None:
    a, b = store_pair(tmp_path, marked(60, 3), marked(60, 4), seed=8)
    write_classified(b, marked(50, 4), ids=range(20, 70))
    said = refused(a, b)
    assert "20 of the 60 ids of aaaa are not in bbbb, 10 of the 50 of bbbb not in aaaa" in said
    assert "seed (7 and 8) differs" in said


def test_other_labels_are_refused(tmp_path: Path) -> None:
    a, b = store_pair(tmp_path, marked(60, 3), marked(60, 4))
    rows = b.predictions_of("dev").read_text().replace("\n5,1,1,", "\n5,0,1,").replace("\n6,0,0,", "\n6,1,1,")
    b.predictions_of("dev").write_text(rows)
    assert "2 of 60 labels differ; no key of data differs: the data itself has changed" in refused(a, b)
