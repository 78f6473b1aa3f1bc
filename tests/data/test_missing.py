"""Missing cells: told once a column, left out, or filled with what the training part alone says."""

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.impute import SimpleImputer

from dlrun.data.missing import DropMissing, Imputation, Impute, Missing, RefuseMissing, imputation_notes
from dlrun.data.raw import MISSING, Category, RawData, RawExamples, Selection, row_numbers
from dlrun.errors import InvalidInput
from tests.laws import kind
from tests.strategies import quick

NAN = np.nan
WORDS = ("blue", "red")


def examples(x: Any, codes: Any = None) -> RawExamples:
    x = np.asarray(x, dtype=np.float64)
    return RawExamples(
        x=x,
        codes=None if codes is None else np.asarray(codes, dtype=np.int64).reshape(len(x), -1),
        y=np.arange(len(x)),
        ids=row_numbers(len(x)),
        label="y",
        lines=row_numbers(len(x)) + 2,
        excerpt=lambda line, column: (f"{line} | {column}",),
    )


def raw_of(**parts: RawExamples) -> RawData:
    first = next(iter(parts.values()))
    k = 0 if first.codes is None else first.codes.shape[1]
    return RawData(
        name="t.csv",
        parts=parts,
        features=tuple(f"c{j}" for j in range(first.x.shape[1])),
        categories=tuple(Category(name=f"w{j}", words=WORDS) for j in range(k)),
        images=False,
        sha256="",
    )


def selection(raw: RawData, part: str = "all", rows: Any = None) -> Selection:
    return Selection(raw=raw, part=part, rows=row_numbers(len(raw.parts[part])) if rows is None else np.asarray(rows))


def fit(x: Any, **settings: Any) -> Imputation:
    found = Impute(**settings).fit(selection(raw_of(all=examples(x))))
    assert found
    return found


@pytest.mark.parametrize("missing", [cls() for cls in get_args(Missing)], ids=kind)
def test_where_nothing_is_missing_nothing_is_done(missing: Missing) -> None:
    raw = raw_of(train=examples([[1.0], [2.0]], [[0], [1]]), dev=examples([[3.0]], [[1]]))
    assert missing.cleaned(raw) == raw
    imputation = missing.fit(selection(raw, "train"))
    assert imputation is None or imputation.flagged == ()


def test_an_error_names_each_column_once_with_its_first_line_and_how_many() -> None:
    train = examples([[1, NAN], [NAN, NAN], [NAN, 3]], [[0], [MISSING], [1]])
    raw = raw_of(train=train, dev=examples([[1, 2], [1, NAN]], [[MISSING], [MISSING]]))
    with pytest.raises(InvalidInput) as caught:
        RefuseMissing().cleaned(raw)
    assert [(problem.where, problem.what) for problem in caught.value.problems] == [
        ("t.csv:3:c0", "no value in 2 of 3 rows of train"),
        ("t.csv:2:c1", "no value in 2 of 3 rows of train and 1 of 2 rows of dev"),
        ("t.csv:3:w0", "no value in 1 of 3 rows of train and 2 of 2 rows of dev"),
    ]
    assert all(problem.excerpt and "data.missing" in problem.cure for problem in caught.value.problems)


def test_a_column_of_nothing_is_to_be_dropped() -> None:
    with pytest.raises(InvalidInput) as caught:
        RefuseMissing().cleaned(raw_of(train=examples([[1, NAN], [2, NAN]]), dev=examples([[1, 2]])))
    (problem,) = caught.value.problems
    assert (problem.what, problem.cure) == ("no value in 2 of 2 rows of train", "drop it: drop: [c1]")


def test_of_many_columns_ten_are_told_in_full_and_the_others_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        RefuseMissing().cleaned(raw_of(all=examples([[NAN] * 13, [1.0] * 13])))
    *first, last = caught.value.problems
    assert [problem.where for problem in first] == [f"t.csv:2:c{j}" for j in range(10)]
    assert last.what == "cells are missing in 3 more columns: 'c10', 'c11', 'c12'"


tables = hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.sampled_from([1.0, 2.0, 5.0, NAN]))


@quick
@given(x=tables, data=st.data())
def test_dropping_keeps_exactly_the_whole_rows_as_they_were(x: Any, data: st.DataObject) -> None:
    codes = data.draw(hnp.arrays(np.int64, (len(x), 1), elements=st.sampled_from([MISSING, 0, 1])))
    whole = [i for i in range(len(x)) if not np.isnan(x[i]).any() and codes[i, 0] != MISSING]
    raw = raw_of(all=examples(x, codes))
    if not whole:
        with pytest.raises(InvalidInput, match="every row misses a cell"):
            DropMissing().cleaned(raw)
        return
    cleaned = DropMissing().cleaned(raw)
    part = cleaned.parts["all"]
    assert part.ids.tolist() == part.y.tolist() == whole
    assert part.x.tolist() == x[whole].tolist()
    assert part.codes is not None
    assert part.codes.tolist() == codes[whole].tolist()
    assert part.lines is not None
    assert part.lines.tolist() == [i + 2 for i in whole]
    left_out = len(x) - len(whole)
    assert cleaned.notes == ((f"{left_out:,} of {len(x):,} rows are left out: a cell is missing",) if left_out else ())


def test_dropping_everything_names_the_emptiest_columns() -> None:
    with pytest.raises(InvalidInput, match=r"every row of dev misses a cell, most of them 'c1', 'c0'") as caught:
        DropMissing().cleaned(raw_of(train=examples([[1, 2]]), dev=examples([[NAN, NAN], [1, NAN]])))
    assert caught.value.problems[0].where == "data.missing"


@pytest.mark.parametrize("using", ["median", "mean", "most_frequent"])
@quick
@given(x=hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(3)), elements=st.sampled_from([-1.0, 0.25, 3.0, 1e6, NAN])))
def test_what_stands_in_is_what_scikit_learn_fills_in(using: Any, x: Any) -> None:
    assume(not np.isnan(x).all(axis=0).any())
    reference = SimpleImputer(strategy=using, add_indicator=True).fit(x)
    found = fit(x, using=using)
    np.testing.assert_allclose(found.fill, reference.statistics_, rtol=1e-15, atol=1e-12)
    assert found.flagged == tuple(reference.indicator_.features_)
    assert fit(x, using=using, indicator=False).flagged == ()
    selected = Selection(raw=raw_of(all=examples(x)), part="all", rows=row_numbers(len(x)), fill=found.fill)
    filled = np.concatenate(list(selected.blocks()))
    np.testing.assert_array_equal(filled, np.where(np.isnan(x), found.fill, x))


@quick
@given(x=tables, data=st.data())
def test_rows_outside_training_say_nothing(x: Any, data: st.DataObject) -> None:
    rows = sorted(data.draw(st.sets(st.integers(0, len(x) - 1), min_size=1)))
    assume(not np.isnan(x[rows]).all(axis=0).any())
    before = Impute().fit(selection(raw_of(all=examples(x)), rows=rows))
    changed = x.copy()
    others = np.setdiff1d(np.arange(len(x)), rows)
    changed[others] = data.draw(st.sampled_from([NAN, 1e9, -7.0]))
    after = Impute().fit(selection(raw_of(all=examples(changed)), rows=rows))
    assert before
    assert after
    assert before.fill.tobytes() == after.fill.tobytes()
    assert before.flagged == after.flagged


def test_constants_stay_exactly_what_they_are() -> None:
    assert fit([[0.1]] * 7 + [[NAN]], using="mean").fill.tolist() == [0.1]


def test_a_column_without_a_number_in_training_cannot_be_filled() -> None:
    with pytest.raises(InvalidInput, match=r"no number in the training part .* 'c1'"):
        fit([[1.0, NAN], [2.0, NAN]])


@pytest.mark.parametrize("using", ["median", "mean"])
def test_numbers_beyond_what_a_mean_can_hold_are_said(using: str) -> None:
    with pytest.raises(InvalidInput, match="'c0'"):
        fit(
            [[1.7e308], [1.7e308], [-1.7e308], [-1.7e308], [NAN]] if using == "mean" else [[1.7e308], [1.7e308], [NAN]],
            using=using,
        )
    assert fit([[1.7e308], [1.7e308], [NAN]], using="most_frequent").fill.tolist() == [1.7e308]


def test_whole_numbers_never_miss_a_cell() -> None:
    whole = RawExamples(x=np.ones((3, 2), dtype=np.uint8), y=np.arange(3), ids=row_numbers(3), label="y")
    raw = RawData(name="t.npz", parts={"all": whole}, features=("a", "b"), images=True, sha256="")
    assert RefuseMissing().cleaned(raw) is raw
    assert Impute().fit(selection(raw)) is None


def test_the_notes_say_where_numbers_stand_in() -> None:
    raw = raw_of(train=examples([[1, NAN], [1, 2]]), dev=examples([[NAN, NAN], [NAN, 1]]))
    chosen = {part: selection(raw, part) for part in raw.parts}
    assert list(imputation_notes(Impute().fit(chosen["train"]), chosen)) == [
        "numbers stand in for missing ones in train: 'c1' in 1 rows",
        "numbers stand in for missing ones in dev, of columns that miss none in train: 'c0' in 2 rows",
    ]
    assert list(imputation_notes(None, chosen)) == []
