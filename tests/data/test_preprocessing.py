import json
import tracemalloc
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import StandardScaler

from dlrun.data import preprocessing
from dlrun.data.preprocessing import NoNormalization, Normalization, Normalize, Standard, TargetScale
from dlrun.data.raw import RawArray, row_numbers
from dlrun.errors import InvalidInput


def fit(normalize: Normalize, x: RawArray, *, images: bool = False) -> Normalization:
    names = [f"c{i}" for i in range(x.shape[1])]
    return normalize.fit(x, row_numbers(len(x)), images=images, features=names)


@pytest.fixture
def table() -> Any:
    return np.random.default_rng(0).normal([3, -5, 1e6], [1, 2, 3], (500, 3))


@pytest.mark.parametrize("cls", get_args(Normalize))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_stored_and_rebuilt_it_does_the_same(cls: type, dtype: str, table: Any) -> None:
    fitted = fit(cls(), table)
    again = Normalization.from_json(json.loads(json.dumps(fitted.to_json())))
    rows = np.array([4, 0, 77])
    z = fitted.apply(table, rows, dtype)
    assert z.dtype == dtype
    assert z.shape == (3, 3)
    assert z.flags.c_contiguous
    assert z.ctypes.data % 64 == 0
    assert z.tobytes() == again.apply(table, rows, dtype).tobytes()
    assert again.held == fitted.held


def test_columns_are_what_scikit_learn_makes_of_them(table: Any) -> None:
    fitted = fit(Standard(), table)
    theirs = StandardScaler().fit(table)
    np.testing.assert_allclose(fitted.mean, theirs.mean_, rtol=1e-14)
    np.testing.assert_allclose(fitted.divisor, theirs.scale_, rtol=1e-9)
    np.testing.assert_allclose(fitted.apply(table, row_numbers(500), "float64"), theirs.transform(table), atol=1e-8)


@pytest.mark.parametrize("per", ["auto", "all"])
def test_images_have_one_mean_and_deviation(per: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(1).integers(0, 256, (300, 20), dtype=np.uint8)
    monkeypatch.setattr(preprocessing, "BLOCK", 70)  # many blocks, the last one partial
    fitted = fit(Standard(per=per), x, images=True)
    assert fitted.mean.shape == fitted.divisor.shape == (1,)
    assert fitted.mean[0] == pytest.approx(x.mean())
    assert fitted.divisor[0] == pytest.approx(x.std())
    np.testing.assert_allclose(fitted.apply(x, row_numbers(300), "float64"), (x - x.mean()) / x.std(), rtol=1e-12, atol=1e-12)
    assert fit(Standard(per="column"), x, images=True).mean.shape == (20,)


@given(x=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.floats(-1e6, 1e6)))
def test_standardized_columns_have_mean_0_and_deviation_at_most_1(x: Any) -> None:
    z = fit(Standard(), x).apply(x, row_numbers(len(x)), "float64")
    assert np.isfinite(z).all()
    assert (np.abs(z.mean(axis=0)) < 1e-3).all()
    assert (z.std(axis=0) < 1 + 1e-6).all()


def test_a_column_that_hardly_varies_is_held_and_named() -> None:
    x = np.random.default_rng(2).normal(size=(1000, 4)) * [1, 2, 3, 1e-4]
    fitted = fit(Standard(), x)
    assert fitted.held == ("c3",)
    assert fitted.divisor[3] == pytest.approx(0.01 * np.median(x.std(axis=0)))
    np.testing.assert_allclose(fitted.divisor[:3], x.std(axis=0)[:3])
    (note,) = fitted.notes()
    assert "'c3'" in note


@pytest.mark.parametrize("value", [0.1, 1e15 + 0.3, 0.0])
def test_constant_columns_become_zero(value: float) -> None:
    constant = np.full((7, 3), value)
    fitted = fit(Standard(), constant)
    assert fitted.divisor.tolist() == [1, 1, 1]
    assert not fitted.apply(constant, row_numbers(7), "float32").any()
    assert fit(Standard(per="all"), constant).divisor.tolist() == [1]
    mostly = np.concatenate([constant, np.arange(7.0)[:, None]], axis=1)  # the median deviation of all columns is 0
    assert fit(Standard(), mostly).divisor.tolist() == pytest.approx([0.02, 0.02, 0.02, 2])


def test_only_the_rows_given_are_measured(table: Any) -> None:
    rows = np.arange(0, 500, 3)
    spoiled = table.copy()
    spoiled[1::3] = np.nan
    names = ("a", "b", "c")
    fitted = [Standard().fit(x, rows, images=False, features=names) for x in (table, spoiled)]
    assert fitted[0].to_json() == fitted[1].to_json()


def test_no_normalization_keeps_every_value(table: Any) -> None:
    fitted = fit(NoNormalization(), table)
    np.testing.assert_array_equal(fitted.apply(table, row_numbers(500), "float64"), table)
    assert not list(fitted.notes())


def test_values_too_large_are_refused() -> None:
    x = np.array([[1.0, 2.0], [3.0, 1e300]])
    with pytest.raises(InvalidInput, match=r"row 1, column 2: 1e\+300 is too large for float32"):
        fit(NoNormalization(), x).apply(x, row_numbers(2), "float32")
    with pytest.raises(InvalidInput, match="too large to standardize in 'c1'"):
        fit(Standard(), x)
    with pytest.raises(InvalidInput, match="too large to standardize"):
        fit(Standard(per="all"), x)
    with pytest.raises(InvalidInput, match="targets are too large"):
        TargetScale.fit(np.array([0, 1e300]))
    with pytest.raises(InvalidInput, match="too large for float32"):
        TargetScale.fit(np.array([0.0, 1.0])).standardize(np.array([1e200]), "float32")


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {},
        {"mean": [0], "divisor": [0], "held": []},
        {"mean": [float("nan")], "divisor": [1], "held": []},
        {"mean": [0, 0], "divisor": [1], "held": []},
        {"mean": 0, "divisor": 1, "held": []},
        {"mean": ["a"], "divisor": [1], "held": []},
        {"mean": [0], "divisor": [1], "held": 3},
    ],
)
def test_what_was_damaged_on_disk_is_refused(stored: Any) -> None:
    with pytest.raises(InvalidInput, match="stored normalization"):
        Normalization.from_json(stored)


def test_bytes_never_become_a_float64_copy() -> None:
    x = np.random.default_rng(0).integers(0, 256, (20_000, 100), dtype=np.uint8)
    tracemalloc.start()
    z = fit(Standard(), x, images=True).apply(x, row_numbers(len(x)), "float32")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < z.nbytes + 6 * 2**20


@given(y=hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6)))
def test_targets_there_and_back(y: Any) -> None:
    scale = TargetScale.fit(y)
    z = scale.standardize(y, "float64")
    assert abs(z.mean()) < 1e-3
    np.testing.assert_allclose(scale.original(z), y, atol=1e-6)


def test_target_scale_is_mean_and_deviation() -> None:
    y = np.array([1.0, 2.0, 6.0])
    scale = TargetScale.fit(y)
    assert (scale.mean, scale.deviation) == pytest.approx((3, y.std()))
    assert scale.standardize(y, "float32").dtype == np.float32
    assert TargetScale.fit(np.full(5, 0.1)) == TargetScale(mean=0.1, deviation=1.0)
