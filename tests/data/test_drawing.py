"""Which rows go where: parts are disjoint and of the sizes asked for, and the column that decides is obeyed."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.arrays import IntArray
from dlrun.data.drawing import Drawn, Group, Hash, Time, split_rows
from dlrun.data.preprocessing import Standard
from dlrun.data.raw import RawData, RawExamples, row_numbers
from dlrun.data.sources import Csv, Digits, Temperatures
from dlrun.data.splits import Splits, prepare
from dlrun.data.splitting import Split
from dlrun.errors import InvalidInput
from dlrun.seeding import Stream, rng_for
from tests.strategies import quick, seeds

FRACTIONS: dict[str, Any] = {"train": 0.6, "dev": 0.2, "test": 0.2}


def table(**columns: list[Any]) -> RawData:
    """A table whose columns were dropped as features, all but one."""
    m = len(next(iter(columns.values())))

    def read(column: str) -> Any:
        return np.array(["" if cell is None else str(cell) for cell in columns[column]], dtype=object)

    x = np.arange(m, dtype=np.float64)[:, None]
    part = RawExamples(x=x, y=np.arange(m) % 2, ids=row_numbers(m), label="y", inputs="", read=read)
    return RawData(name="t", parts={"all": part}, features=("a",), header=("a", "y", *columns), images=False, sha256="")


def drawn(split: Split, raw: RawData, seed: int = 0, train_dev: Any = 0) -> Drawn:
    m = len(raw.parts["all"])
    return split.by.draw(split.pool(raw, split.counts(m, train_dev=train_dev), train_dev, None), seed)


def assert_disjoint(rows: Mapping[str, IntArray], m: int) -> None:
    together = np.concatenate(list(rows.values()))
    assert len(np.unique(together)) == len(together)
    assert set(together.tolist()) <= set(range(m))
    assert all((np.diff(chosen) > 0).all() for chosen in rows.values())


def assert_same(one: Drawn, other: Drawn) -> None:
    assert {part: rows.tolist() for part, rows in one.rows.items()} == {part: rows.tolist() for part, rows in other.rows.items()}


@st.composite
def populations(draw: st.DrawFn) -> tuple[dict[str, int], list[int]]:
    labels = draw(st.lists(st.integers(0, 4), min_size=1, max_size=120))
    train = draw(st.integers(1, len(labels)))
    dev = draw(st.integers(0, len(labels) - train))
    test = draw(st.integers(0, len(labels) - train - dev))
    return {"train": train, "dev": dev, "test": test}, labels


@given(population=populations(), stratify=st.booleans(), seed=st.integers(0, 2**63 - 1))
def test_parts_are_disjoint_of_exact_size_and_like_the_whole(
    population: tuple[Mapping[str, int], list[int]], stratify: bool, seed: int
) -> None:
    sizes, labels = population
    m, y = len(labels), np.array(labels)
    rows = split_rows(sizes, m, seed, y if stratify else None)
    assert {part: len(chosen) for part, chosen in rows.items()} == sizes
    together = np.concatenate(list(rows.values()))
    assert len(np.unique(together)) == len(together)
    assert set(together.tolist()) <= set(range(m))
    for part, chosen in rows.items():
        assert (np.diff(chosen) > 0).all()
        if stratify:
            proportional = np.bincount(y) * sizes[part] / m
            assert (np.abs(np.bincount(y[chosen], minlength=y.max() + 1) - proportional) <= 1 + 1e-9).all()
    again = split_rows(sizes, m, seed, y if stratify else None)
    assert all(np.array_equal(rows[part], again[part]) for part in rows)


def test_seeds_choose_different_rows_and_every_row_is_as_likely() -> None:
    y = np.repeat([0, 1], [90, 10])
    hits = np.zeros(100)
    for seed in range(400):
        hits[split_rows({"train": 60, "dev": 20, "test": 20}, 100, seed, y)["dev"]] += 1
    np.testing.assert_allclose(hits / 400, 0.2, atol=5 * np.sqrt(0.16 / 400))


def test_rows_come_from_the_split_stream_and_no_other() -> None:
    order = rng_for(9, Stream.SPLIT).permutation(10)
    rows = split_rows({"train": 6, "dev": 3}, 10, 9)
    assert rows["train"].tolist() == sorted(order[:6])
    assert rows["dev"].tolist() == sorted(order[6:9])


SIZES = st.sampled_from(
    [
        {},
        {"dev": 0.2, "test": 0.2},
        {"dev": 0.1, "test": 0},
        {"dev": 0, "test": 0.3},
        {"train": 0.5, "dev": 0.3},
        {"train": 4, "dev": 3, "test": 2},
    ]
)
TRAIN_DEV = st.sampled_from([0, 2, 0.1])


@quick
@given(groups=st.lists(st.integers(0, 12), min_size=20, max_size=80), sizes=SIZES, train_dev=TRAIN_DEV, seed=seeds)
def test_groups_are_never_torn_and_written_again_fall_alike(groups: list[int], sizes: Any, train_dev: Any, seed: int) -> None:
    raw, split = table(who=groups), Split(**sizes, by=Group(column="who"))
    if len(set(groups)) < 6:  # as many parts there may be, one of them the rows that are left unused
        return
    first = drawn(split, raw, seed, train_dev)
    assert_disjoint(first.rows, len(groups))
    homes = [{groups[row] for row in rows} for rows in first.rows.values()]
    for i, home in enumerate(homes):
        assert not any(home & other for other in homes[i + 1 :])
        assert all(row in first.rows[list(first.rows)[i]] for row, who in enumerate(groups) if who in home)
    asked = split.counts(len(groups), train_dev=train_dev)
    assert all((len(first.rows[part]) > 0) == (count > 0) for part, count in asked.items())
    if sum(asked.values()) == len(groups):
        assert sum(map(len, first.rows.values())) == len(groups)
    assert_same(first, drawn(split.resolved(first.sizes), raw, seed, first.sizes.get("train_dev", 0)))


def test_many_groups_come_within_one_of_the_sizes_and_the_seed_decides() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 300, 3000)
    largest = np.bincount(groups).max()
    raw, split = table(who=groups.tolist()), Split(**FRACTIONS, by=Group(column="who"))
    first, other = drawn(split, raw, 1), drawn(split, raw, 2)
    for one in (first, other):
        assert all(abs(len(one.rows[part]) - 3000 * size) <= largest for part, size in FRACTIONS.items())
    assert first.rows["dev"].tolist() != other.rows["dev"].tolist()
    assert first.notes[0].startswith("groups of 'who': train ")


def test_sizes_that_groups_do_not_meet_are_said() -> None:
    first = drawn(Split(train=6, dev=2, test=2, by=Group(column="who")), table(who=["a"] * 8 + ["b", "c"]))
    assert {part: len(rows) for part, rows in first.rows.items()} == {"train": 8, "dev": 1, "test": 1}
    assert first.notes == (
        "groups of 'who': train 1, dev 1, test 1",
        "whole groups do not give the sizes of data.split: train 8 for 6, dev 1 for 2, test 1 for 2 examples",
    )


@quick
@given(
    when=st.lists(st.integers(-50, 50) | st.floats(-50, 50), min_size=20, max_size=60),
    as_dates=st.booleans(),
    sizes=SIZES,
    train_dev=TRAIN_DEV,
    seed=seeds,
)
def test_nothing_older_comes_after_what_is_newer(
    when: list[float], as_dates: bool, sizes: Any, train_dev: Any, seed: int
) -> None:
    cells = [date(2026, 3, 1) + timedelta(days=int(day)) for day in when] if as_dates else when
    raw, split = table(when=cells), Split(**sizes, by=Time(column="when"))
    first = drawn(split, raw, seed, train_dev)
    m, counts = len(when), split.counts(len(when), train_dev=train_dev)
    assert_disjoint(first.rows, m)
    assert {part: len(rows) for part, rows in first.rows.items()} == counts
    times = np.array([cell.toordinal() if isinstance(cell, date) else cell for cell in cells], dtype=np.float64)
    unused = sorted(set(range(m)).difference(*(rows.tolist() for rows in first.rows.values())))
    old = np.concatenate([first.rows["train"], first.rows.get("train_dev", np.empty(0, dtype=np.int64))])
    ages = [times[rows] for rows in (unused, old, first.rows["dev"], first.rows["test"]) if len(rows)]
    assert all(older.max() <= newer.min() for older, newer in pairwise(ages))
    assert_same(first, drawn(split.resolved(first.sizes), raw, seed, first.sizes.get("train_dev", 0)))


def test_spans_and_a_torn_moment_are_said() -> None:
    first = drawn(Split(train=3, dev=2, test=1, by=Time(column="when")), table(when=["2026-03-01", "2026-03-02"] * 3))
    assert first.notes == (
        "by 'when': train 2026-03-01 … 2026-03-01, dev 2026-03-02 … 2026-03-02, test 2026-03-02 … 2026-03-02",
        "rows of '2026-03-02' are in dev and in test: the border falls between them",
    )


def test_train_dev_is_of_the_time_of_train() -> None:
    first = drawn(Split(by=Time(column="when")), table(when=list(range(1000))), train_dev=0.2)
    assert first.rows["train_dev"].max() < first.rows["dev"].min()
    assert abs(first.rows["train_dev"].mean() - first.rows["train"].mean()) < 60


@quick
@given(
    names=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), min_size=40, max_size=80, unique=True),
    more=st.lists(st.text(st.characters(codec="utf-8"), min_size=6, max_size=9), max_size=40, unique=True),
    data=st.data(),
)
def test_a_hashed_row_never_moves_when_rows_join_or_change_places(names: list[str], more: list[str], data: st.DataObject) -> None:
    split = Split(**FRACTIONS, by=Hash(column="id"))
    try:
        before = drawn(split, table(id=names), seed=1)
    except InvalidInput:  # with so few rows a part may be empty, which is said
        return
    after_names = data.draw(st.permutations(names + more))
    after = drawn(split, table(id=after_names), seed=2)
    for part, rows in before.rows.items():
        assert {names[row] for row in rows} == {after_names[row] for row in after.rows[part]} & set(names)
    assert_disjoint(after.rows, len(after_names))
    assert sum(map(len, after.rows.values())) == len(after_names)
    assert_same(after, drawn(split.resolved(after.sizes), table(id=after_names)))


def test_the_hash_is_sha_256_and_the_sizes_are_met_as_chance_allows() -> None:
    # the published SHA-256 of "abc" begins ba7816, 0.73 of 2²⁴; that of "hello" 2cf24d, 0.18, which lies below the 20 % of test
    names = ["abc", "hello", *(f"r{i}" for i in range(19_998))]
    first = drawn(Split(by=Hash(column="id")), table(id=names))
    assert 0 in first.rows["train"]
    assert 1 in first.rows["test"]
    assert first.sizes == {"train": pytest.approx(0.6), "dev": 0.2, "test": 0.2}
    for part, size in FRACTIONS.items():
        assert abs(len(first.rows[part]) / 20_000 - size) < 5 * np.sqrt(size * (1 - size) / 20_000)
    larger_dev = drawn(Split(dev=0.3, test=0.2, by=Hash(column="id")), table(id=names))
    assert larger_dev.rows["test"].tolist() == first.rows["test"].tolist()


def test_counts_and_empty_parts_are_errors_of_a_hash() -> None:
    with pytest.raises(InvalidInput) as caught:
        drawn(Split(train=60, dev=20, test=0, by=Hash(column="id")), table(id=list(range(100))), train_dev=5)
    assert [problem.where for problem in caught.value.problems] == ["data.split.train", "data.split.dev", "data.train_dev"]
    assert caught.value.problems[1].cure == "write 20%, which is about as many rows today"
    with pytest.raises(InvalidInput, match="no row's hash of 'id' falls into"):
        drawn(Split(**FRACTIONS, by=Hash(column="id")), table(id=["same"] * 100))


@pytest.fixture
def visits(tmp_path: Path) -> Csv:
    path = tmp_path / "visits.csv"
    rows = [(f"p{i % 17}", f"2026-01-{1 + i % 28:02d}", i / 7, i % 2) for i in range(200)]
    path.write_text("patient,day,a,y\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return Csv(path=str(path), target="y", drop=("patient", "day"))


def prepared(source: Any, by: Any, **more: Any) -> Splits:
    return prepare(source, Split(by=by), Standard(), regression=isinstance(source, Temperatures), seed=3, dtype="float64", **more)


def test_a_dropped_column_of_a_file_decides(visits: Csv) -> None:
    by_patient = prepared(visits, Group(column="patient"))
    assert by_patient.dev is not None
    assert not {row % 17 for row in by_patient.train.ids} & {row % 17 for row in by_patient.dev.ids}
    by_day = prepared(visits, Time(column="day"))
    assert by_day.test is not None
    assert max(row % 28 for row in by_day.train.ids) <= min(row % 28 for row in by_day.test.ids)
    by_hash = prepared(visits, Hash(column="a"), train_dev=0.1)
    assert (by_hash.split.dev, by_hash.held_out) == (0.2, 0.1)
    again = prepare(visits, by_hash.split, Standard(), train_dev=by_hash.held_out, regression=False, seed=9, dtype="float64")
    assert again.train.ids.tolist() == by_hash.train.ids.tolist()


def test_a_generated_feature_decides() -> None:
    splits = prepared(Temperatures(days=100), Time(column="day"))
    assert splits.train.ids.tolist() == list(range(60))
    with pytest.raises(InvalidInput, match="digits has no column 'pixel_0_0'"):
        prepared(Digits(), Group(column="pixel_0_0"))
