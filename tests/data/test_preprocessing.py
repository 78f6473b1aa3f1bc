import json
import tracemalloc
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from dlrun.data.preprocessing import MinMax, NoNormalization, Normalization, Normalize, Standard, TargetScale
from dlrun.data.raw import RawArray, RawData, RawExamples, Selection, row_numbers
from dlrun.errors import InvalidInput, Problem


def select(x: RawArray, rows: Any = None, *, y: Any = (), images: bool = False) -> Selection:
    """Return rows of x (m, n) with columns c0, c1, …, as if they stood in a text file from line 2 on."""
    examples = RawExamples(
        x=x,
        y=np.asarray(y),
        ids=row_numbers(len(x)),
        label="y",
        lines=row_numbers(len(x)) + 2,
        excerpt=lambda line, column: (f"{line} | {column}",),
    )
    features = tuple(f"c{i}" for i in range(x.shape[1]))
    raw = RawData(name="file", parts={"all": examples}, features=features, images=images, sha256="")
    return Selection(raw=raw, part="all", rows=row_numbers(len(x)) if rows is None else rows)


def fit(normalize: Normalize, x: RawArray, *, images: bool = False) -> Normalization:
    return normalize.fit(select(x, images=images))


def targets(y: Any) -> Selection:
    return select(np.zeros((len(y), 1)), y=y)


@pytest.fixture
def table() -> Any:
    return np.random.default_rng(0).normal([3, -5, 1e6], [1, 2, 3], (500, 3))


@pytest.mark.parametrize("cls", get_args(Normalize))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_stored_and_rebuilt_it_does_the_same(cls: type, dtype: str, table: Any) -> None:
    fitted = fit(cls(), table)
    again = Normalization.from_json(json.loads(json.dumps(fitted.to_json())))
    rows = np.array([4, 0, 77])
    z = fitted.apply(select(table, rows), dtype)
    assert z.dtype == dtype
    assert z.shape == (3, 3)
    assert z.flags.c_contiguous
    assert z.ctypes.data % 64 == 0
    assert z.tobytes() == again.apply(select(table, rows), dtype).tobytes()
    assert (again.held, again.constant) == (fitted.held, fitted.constant)


def test_columns_are_what_scikit_learn_makes_of_them(table: Any) -> None:
    fitted = fit(Standard(), table)
    theirs = StandardScaler().fit(table)
    np.testing.assert_allclose(fitted.mean, theirs.mean_, rtol=1e-14)
    np.testing.assert_allclose(fitted.divisor, theirs.scale_, rtol=1e-9)
    np.testing.assert_allclose(fitted.apply(select(table), "float64"), theirs.transform(table), atol=1e-8)


@pytest.mark.parametrize("per", ["auto", "all"])
def test_images_have_one_mean_and_deviation(per: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(1).integers(0, 256, (300, 20), dtype=np.uint8)
    monkeypatch.setattr("dlrun.data.raw.BLOCK", 70)  # many blocks, the last one partial
    fitted = fit(Standard(per=per), x, images=True)
    assert fitted.mean.shape == fitted.divisor.shape == (1,)
    assert fitted.mean[0] == pytest.approx(x.mean())
    assert fitted.divisor[0] == pytest.approx(x.std())
    np.testing.assert_allclose(fitted.apply(select(x), "float64"), (x - x.mean()) / x.std(), rtol=1e-12, atol=1e-12)
    assert fit(Standard(per="column"), x, images=True).mean.shape == (20,)


@given(x=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.floats(-1e6, 1e6)))
def test_standardized_columns_have_mean_0_and_deviation_at_most_1(x: Any) -> None:
    z = fit(Standard(), x).apply(select(x), "float64")
    assert np.isfinite(z).all()
    assert (np.abs(z.mean(axis=0)) < 1e-3).all()
    assert (z.std(axis=0) < 1 + 1e-6).all()


def test_a_column_that_hardly_varies_is_held_and_named() -> None:
    x = np.random.default_rng(2).normal(size=(100_000, 2)) * [1, 200]
    x[:, 1] = 0
    x[7, 1] = 255.0  # a pixel that is lit once: its deviation would lift it to 316
    fitted = fit(Standard(), x)
    assert (fitted.held, fitted.constant) == (("c1",), ())
    assert fitted.divisor[1] == pytest.approx(2.55)
    assert fitted.divisor[0] == pytest.approx(x[:, 0].std())
    (note,) = fitted.notes()
    assert note == "columns that hardly vary, divided by 1 % of their range instead of their deviation: 'c1'"


def test_a_unit_of_one_column_flattens_no_other() -> None:
    rng = np.random.default_rng(0)
    x = np.stack([rng.normal(40, 12, 4000), rng.normal(60_000, 25_000, 4000)], axis=1)  # age, salary
    fitted = fit(Standard(), x)
    assert (fitted.held, fitted.constant) == ((), ())
    np.testing.assert_allclose(fitted.apply(select(x), "float64").std(axis=0), 1)


UNITS = st.integers(-12, 12).map(lambda k: 10.0**k) | st.integers(-40, 40).map(lambda k: 2.0**k)
VALUES = st.integers(-(10**6), 10**6).map(lambda i: i / 1000) | st.sampled_from([0.0, 1.0, 1e6, 1e6 + 0.5])


@given(
    x=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=VALUES),
    unit=UNITS,
    data=st.data(),
)
def test_another_unit_changes_no_column_but_in_its_unit(x: Any, unit: float, data: st.DataObject) -> None:
    column = data.draw(st.integers(0, x.shape[1] - 1))
    rescaled = x.copy()
    rescaled[:, column] *= unit
    before, after = fit(Standard(), x), fit(Standard(), rescaled)
    z, again = before.apply(select(x), "float64"), after.apply(select(rescaled), "float64")
    others = np.arange(x.shape[1]) != column
    assert z[:, others].tobytes() == again[:, others].tobytes()
    assert (before.held, before.constant) == (after.held, after.constant)
    if np.frexp(unit)[0] == 0.5:  # a power of two: not one bit differs
        assert z[:, column].tobytes() == again[:, column].tobytes()
    np.testing.assert_allclose(z[:, column], again[:, column], rtol=0, atol=1e-9)


@given(x=hnp.arrays(np.float64, st.tuples(st.integers(1, 40), st.integers(1, 3)), elements=st.floats(-1e6, 1e6)))
def test_no_training_value_ends_up_further_than_100_from_the_mean(x: Any) -> None:
    assert np.abs(fit(Standard(), x).apply(select(x), "float64")).max() <= 100 * (1 + 1e-9)


@pytest.mark.parametrize("value", [0.1, 1e15 + 0.3, 0.0, -3.0])
def test_constant_columns_become_zero(value: float) -> None:
    constant = np.full((7, 3), value)
    fitted = fit(Standard(), constant)
    assert fitted.divisor.tolist() == [abs(value) or 1] * 3
    assert fitted.constant == ("c0", "c1", "c2")
    assert not fitted.apply(select(constant), "float32").any()
    assert fit(Standard(per="all"), constant).divisor.tolist() == [abs(value) or 1]
    assert fit(Standard(per="all"), constant).constant == ("c0", "c1", "c2")
    mostly = np.concatenate([constant, np.arange(7.0)[:, None]], axis=1)
    assert fit(Standard(), mostly).divisor[3] == 2
    (note,) = fit(Standard(), mostly).notes()
    assert note == "constant columns, or all but a millionth of their size: 'c0', 'c1', 'c2'; they teach nothing"


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_rounding_noise_is_not_blown_up(size: float) -> None:
    noise = np.random.default_rng(3).normal(size=(1000, 1))
    x = (size * (1 + 1e-7 * noise)).astype(np.float32)
    fitted = fit(Standard(), x)
    assert fitted.constant == ("c0",)
    assert np.abs(fitted.apply(select(x), "float64")).max() < 1e-6
    assert fit(Standard(), size * (1 + 1e-5 * noise)).constant == ()


def test_only_the_rows_given_are_measured(table: Any) -> None:
    rows = np.arange(0, 500, 3)
    spoiled = table.copy()
    spoiled[1::3] = np.nan
    fitted = [Standard().fit(select(x, rows)) for x in (table, spoiled)]
    assert fitted[0].to_json() == fitted[1].to_json()


def test_no_normalization_keeps_every_value(table: Any) -> None:
    fitted = fit(NoNormalization(), table)
    np.testing.assert_array_equal(fitted.apply(select(table), "float64"), table)
    assert not list(fitted.notes())


def refused(build: Callable[[], object]) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        build()
    return caught.value.problems


def test_values_too_large_are_refused_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlrun.data.raw.BLOCK", 2)  # a block for each row
    x = np.array([[1.0, 2.0], [3.0, 1e300], [-1e308, -1e301]])
    (problem,) = refused(lambda: fit(NoNormalization(), x).apply(select(x, np.array([0, 1, 2])), "float32"))
    assert (problem.where, problem.excerpt) == ("file:3:c1", ("3 | c1",))
    assert problem.what == "1e+300 is too large for float32; 3 such values in all"
    (problem,) = refused(lambda: fit(NoNormalization(), x).apply(select(x, np.array([0, 1])), "float32"))
    assert problem.what == "1e+300 is too large for float32"
    problems = refused(lambda: fit(Standard(), x))
    assert [(p.where, p.what) for p in problems] == [
        ("file:4:c0", "values too large to standardize, the largest is 1e+308"),
        ("file:4:c1", "values too large to standardize, the largest is 1e+301"),
    ]
    (problem,) = refused(lambda: fit(Standard(per="all"), x))
    assert (problem.where, problem.excerpt) == ("file:4:c0", ("4 | c0",))
    assert len(refused(lambda: fit(Standard(), np.tile(x[:, 1:], 30)))) == 11


def test_targets_too_large_are_refused_where_they_stand() -> None:
    y = np.array([0, 1e300, -1e301])
    (problem,) = refused(lambda: TargetScale.fit(y, targets(y)))
    assert (problem.where, problem.excerpt) == ("file:4:y", ("4 | y",))
    assert problem.what == "the targets are too large to standardize, the largest is -1e+301"
    scale = TargetScale(mean=0.0, deviation=1.0)
    (problem,) = refused(lambda: scale.standardize(y, targets(y), "float32"))
    assert (problem.where, problem.excerpt) == ("file:3:y", ("3 | y",))
    assert problem.what == "the standardized target 1e+300 is too large for float32; 2 such values in all"


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {},
        {"mean": [0], "divisor": [0], "held": [], "constant": []},
        {"mean": [float("nan")], "divisor": [1], "held": [], "constant": []},
        {"mean": [0, 0], "divisor": [1], "held": [], "constant": []},
        {"mean": 0, "divisor": 1, "held": [], "constant": []},
        {"mean": ["a"], "divisor": [1], "held": [], "constant": []},
        {"mean": [0], "divisor": [1], "held": 3, "constant": []},
        {"mean": [0], "divisor": [1], "held": []},
    ],
)
def test_what_was_damaged_on_disk_is_refused(stored: Any) -> None:
    with pytest.raises(InvalidInput, match="stored normalization"):
        Normalization.from_json(stored)


def test_bytes_never_become_a_float64_copy() -> None:
    x = np.random.default_rng(0).integers(0, 256, (20_000, 100), dtype=np.uint8)
    tracemalloc.start()
    z = fit(Standard(), x, images=True).apply(select(x), "float32")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < z.nbytes + 6 * 2**20


@given(y=hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6)))
def test_targets_there_and_back(y: Any) -> None:
    scale = TargetScale.fit(y, targets(y))
    z = scale.standardize(y, targets(y), "float64")
    assert abs(z.mean()) < 1e-3
    np.testing.assert_allclose(scale.original(z), y, atol=1e-6)


def test_target_scale_is_mean_and_deviation() -> None:
    y = np.array([1.0, 2.0, 6.0])
    scale = TargetScale.fit(y, targets(y))
    assert (scale.mean, scale.deviation) == pytest.approx((3, y.std()))
    assert scale.standardize(y, targets(y), "float32").dtype == np.float32
    same = np.full(5, 0.1)
    assert TargetScale.fit(same, targets(same)) == TargetScale(mean=0.1, deviation=1.0)


@given(
    x=hnp.arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 3)), elements=st.floats(-1e6, 1e6)),
    per_all=st.booleans(),
)
def test_minmax_carries_training_into_the_unit_interval(x: Any, per_all: bool) -> None:
    fitted = fit(MinMax(per="all" if per_all else "column"), x)
    z = fitted.apply(select(x), "float64")
    assert (z >= 0).all()
    assert (z <= 1).all()
    if not fitted.constant:
        axis = None if per_all else 0
        assert (z.min(axis=axis) == 0).all()
        assert (z.max(axis=axis) == 1).all()


def test_minmax_is_that_of_scikit_learn(table: Any) -> None:
    ours = fit(MinMax(), table).apply(select(table), "float64")
    np.testing.assert_allclose(ours, MinMaxScaler().fit_transform(table), atol=1e-12)


@pytest.mark.parametrize("normalize", [Standard(), MinMax()])
def test_a_range_beyond_the_largest_float_is_said(normalize: Normalize) -> None:
    with pytest.raises(InvalidInput, match=r"values too large to (standardize|normalize), the largest is -?1\.7e\+308") as caught:
        fit(normalize, np.array([[1.0, 1.7e308], [2.0, -1.7e308]]))
    assert caught.value.problems[0].where.endswith(":c1")


@pytest.mark.parametrize("normalize", [Standard(per="all"), Standard(), MinMax(per="all"), MinMax()])
def test_without_a_column_there_is_nothing_to_measure(normalize: Normalize) -> None:
    assert fit(normalize, np.empty((3, 0))).apply(select(np.empty((3, 0))), "float32").shape == (3, 0)
