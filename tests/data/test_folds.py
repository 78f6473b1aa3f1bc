"""Laws of folds: every row in dev once, no fold larger than it must be, nothing of dev in what is measured on train."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import IntArray
from dlrun.data.folds import deal, deal_groups, deal_places
from dlrun.errors import InvalidInput
from dlrun.experiment.setup import Experiment, set_up
from dlrun.spec import read_spec, to_yaml
from tests.experiments import write_spec
from tests.strategies import quick, seeds

folds_of = st.integers(2, 50)

TABLE = """
    seed: 3
    data:
      source: {kind: csv, path: rows.csv, target: y, drop: [day, who]}
      split: {test: 20%, fold: {number: 1, of: 4}}
    architecture: {hidden: [4]}
    training: {epochs: 1, batch_size: 8}
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = (f"{k % 7},{k % 5},2026-01-{1 + k % 28:02},w{k % 25},{'yes' if k % 3 else 'no'}" for k in range(80))
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,day,who,y", *rows]) + "\n")
    return write_spec(tmp_path, TABLE, "rows.yaml")


def fold(spec: Path, number: int, *overrides: str) -> Experiment:
    return set_up(read_spec(spec, [*overrides, f"data.split.fold.number={number}"]))


@quick
@given(k=folds_of, seed=seeds, labels=st.lists(st.integers(0, 3), min_size=1, max_size=300))
def test_folds_differ_by_one_row_and_by_one_row_a_class(k: int, seed: int, labels: list[int]) -> None:
    classes = np.array(labels)
    present = np.bincount(classes)
    if present[present > 0].min() < k:
        with pytest.raises(InvalidInput, match=f"too few for {k} folds"):
            deal(len(classes), k, seed, classes)
        return
    found = deal(len(classes), k, seed, classes)
    assert differ_by_one(found, k)
    assert all(differ_by_one(found[classes == label], k) for label in set(labels))


def differ_by_one(folds: IntArray, k: int) -> bool:
    counts = np.bincount(folds, minlength=k)
    return len(counts) == k and int(counts.max() - counts.min()) <= 1


@quick
@given(k=folds_of, seed=seeds, m=st.integers(1, 200))
def test_without_classes_there_must_be_as_many_rows_as_folds(k: int, seed: int, m: int) -> None:
    if m < k:
        with pytest.raises(InvalidInput, match="too few"):
            deal(m, k, seed)
    else:
        assert differ_by_one(deal(m, k, seed), k)


@quick
@given(k=st.integers(2, 10), seed=seeds, groups=st.lists(st.integers(0, 30), min_size=1, max_size=200))
def test_groups_stay_together_and_fill_every_fold(k: int, seed: int, groups: list[int]) -> None:
    sizes = Counter(groups)
    if len(sizes) < k:
        with pytest.raises(InvalidInput, match="group"):
            deal_groups(np.array(groups), k, seed)
        return
    found = deal_groups(np.array(groups), k, seed)
    assert len({(group, int(one)) for group, one in zip(groups, found, strict=True)}) == len(sizes)
    filled = np.bincount(found, minlength=k)
    assert filled.min() > 0
    assert filled.max() - filled.min() <= max(sizes.values())


def test_places_do_not_depend_on_other_rows() -> None:
    places = np.array([0.0, 0.19, 0.2, 0.5, 0.7, 0.99999999])
    assert deal_places(places, 5).tolist() == [0, 0, 1, 2, 3, 4]
    with pytest.raises(InvalidInput, match="fill 4, too few for 5"):
        deal_places(places[:-1], 5)


@pytest.mark.parametrize("by", ["random", "{kind: group, column: who}", "{kind: hash, column: who}"])
def test_every_row_is_in_dev_once_and_none_is_in_test(table: Path, by: str) -> None:
    folds = [fold(table, number, f"data.split.by={by}").splits for number in range(1, 5)]
    assert all(one.dev and one.test for one in folds)
    dev = [set(one.dev.ids.tolist()) for one in folds if one.dev]
    test = [set(one.test.ids.tolist()) for one in folds if one.test]
    assert test == [test[0]] * 4
    assert sum(map(len, dev)) == len(set().union(*dev))
    assert set().union(*dev) | test[0] == set(range(80))
    for one, held_out in zip(folds, dev, strict=True):
        assert set(one.train.ids.tolist()) == set(range(80)) - held_out - test[0]


def test_the_data_seed_decides_and_the_spec_read_again_chooses_the_same(table: Path, tmp_path: Path) -> None:
    one = fold(table, 2)
    (tmp_path / "again.yaml").write_text(to_yaml(one.spec))
    again = set_up(read_spec(tmp_path / "again.yaml"))
    assert again.spec == one.spec
    assert one.splits.dev
    assert again.splits.dev
    np.testing.assert_array_equal(one.splits.dev.ids, again.splits.dev.ids)
    other = fold(table, 2, "data.seed=4").splits.dev
    assert other
    assert other.ids.tolist() != one.splits.dev.ids.tolist()


def test_nothing_of_dev_or_test_is_measured(table: Path) -> None:
    """Change every feature of every row outside of train: preparation and training inputs keep their bytes."""
    before = fold(table, 3)
    train = set(before.splits.train.ids.tolist())
    header, *rows = (table.parent / "rows.csv").read_text().splitlines()
    changed = [row if k in train else "999,-999," + row.split(",", 2)[2] for k, row in enumerate(rows)]
    (table.parent / "rows.csv").write_text("\n".join([header, *changed]) + "\n")
    after = fold(table, 3)
    assert after.splits.train.ids.tolist() == before.splits.train.ids.tolist()
    assert after.splits.train.x.tobytes() == before.splits.train.x.tobytes()
    assert after.splits.preparation.to_json() == before.splits.preparation.to_json()
    assert after.splits.dev
    assert before.splits.dev
    assert after.splits.dev.x.tobytes() != before.splits.dev.x.tobytes()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["data.split.by={kind: time, column: day}"], "by time there are no folds"),
        (["data.split.dev=20%"], "data.split.dev has no effect: fold 1 of 4 is dev"),
        (["data.split.train=10"], "data.split.train has no effect"),
        (["data.train_dev=5%"], "data.train_dev has no effect"),
        (["data.split.fold.number=5"], "there are 4 folds, counted from 1"),
        (["data.split.fold.of=51"], "at most 50"),
        (["data.split.fold.of=1"], "at least 2"),
        (["data.split.fold.of=23"], "rows of the smallest class, too few for 23 folds"),
        (["data.split.by={kind: group, column: who}", "data.split.fold.of=40"], "groups, too few for 40 folds"),
    ],
)
def test_what_cannot_be_folded_is_refused_in_words(table: Path, overrides: list[str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        set_up(read_spec(table, overrides))


def test_data_that_brings_its_own_dev_is_not_folded(tmp_path: Path) -> None:
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    np.savez(tmp_path / "parts.npz", x_train=x, y_train=y, x_dev=x + 1, y_dev=y)
    spec = write_spec(tmp_path, "data: {source: {kind: npz, path: parts.npz}, split: {fold: {number: 1, of: 3}}}")
    with pytest.raises(InvalidInput, match="brings its own dev part"):
        set_up(read_spec(spec))


def test_a_class_that_a_training_part_lacks_is_said(tmp_path: Path) -> None:
    lines = ["a,y", *(f"{k},{'rare' if k == 0 else 'yes' if k % 2 else 'no'}" for k in range(30))]
    (tmp_path / "rare.csv").write_text("\n".join(lines) + "\n")
    text = "data: {source: {kind: csv, path: rare.csv, target: y}, split: {test: 0, stratify: false, fold: {number: 1, of: 3}}}"
    spec = write_spec(tmp_path, text)
    (said,) = (one for number in (1, 2, 3) for one in fold(spec, number).findings if one.check == "unknown_classes")
    assert said.severity == "error"
    assert "rare" in said.message
