import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.spec.scalars import Value, resolve

TABLE: dict[str, Value] = {
    "1": 1, "-7": -7, "+3": 3, "012": 12, "0x1F": 31, "0o17": 15, "1e-3": 0.001, "1E5": 100000.0, ".5": 0.5, "1.": 1.0,
    "-0.0": -0.0, "80%": 0.8, "1%": 0.01, "0.1%": 0.001, "-5%": -0.05, "true": True, "False": False, "TRUE": True,
    "~": None, "null": None, "": None, "NULL": None,
}  # fmt: skip
TEXTS = [
    *("no", "yes", "on", "off", "y", "n", "1:30", "2024-01-31", "1_000", "0b11", "tRUE", "nUll", "e5", "%", "5 %"),
    *("1e3%", ".", "-", "+", "--1", "1e", "0x", "0o8", "inf", "nan", ".infinity", "1,000", "٣", "²"),
]


@pytest.mark.parametrize(("text", "value"), TABLE.items())
def test_core_schema(text: str, value: Value) -> None:
    result = resolve(text)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("text", TEXTS)
def test_everything_else_is_text(text: str) -> None:
    assert resolve(text) == text


def test_infinities_and_nan() -> None:
    assert resolve(".inf") == resolve("+.Inf") == math.inf
    assert resolve("-.INF") == -math.inf
    assert math.isnan(float(str(resolve(".nan"))))


@pytest.mark.parametrize("text", ["1e999", "9" * 309, "9" * 10_000, "0x" + "f" * 400])
def test_what_no_float_can_hold_is_infinite(text: str) -> None:
    assert resolve(text) == math.inf
    if not text.startswith("0x"):
        assert resolve("-" + text) == -math.inf


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300))
def test_numbers_read_back(number: float) -> None:
    assert resolve(repr(number)) == number


@given(st.integers(0, 10**6))
def test_percents_are_rounded_once(thousandths: int) -> None:
    assert resolve(f"{thousandths / 1000:.3f}%") == thousandths / 100_000
