from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.errors import InvalidInput
from dlrun.rundir.conditions import Condition, parse_condition

LAYERS = [{"units": 64, "activation": None}, {"units": 32, "activation": None}]


@pytest.mark.parametrize(
    ("written", "key", "operator", "word"),
    [
        ("dev_error<5%", "dev_error", "<", "5%"),
        ("dev_error <= 0.05", "dev_error", "<=", "0.05"),
        ("optimizer.kind=adam", "optimizer.kind", "=", "adam"),
        ("status!=completed", "status", "!=", "completed"),
        ("notes=a=b", "notes", "=", "a=b"),
        ("name=", "name", "=", ""),
        (" started>2026-01-31 ", "started", ">", "2026-01-31"),
    ],
)
def test_a_condition_is_a_key_an_operator_and_a_word(written: str, key: str, operator: str, word: str) -> None:
    assert parse_condition(written) == Condition(key, operator, word)


@pytest.mark.parametrize("written", ["", "foo", "=5", "a b=5", "dev_error~5", "dev-error<5", "\x1b[31m=1"])
def test_what_is_no_condition_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InvalidInput, match="no condition") as raised:
        parse_condition(written)
    assert "dev_error<5%" in raised.value.problems[0].cure
    assert str(raised.value).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ("v<5%", 0.0499, True),
        ("v<5%", 0.05, False),
        ("v<=5%", 0.05, True),
        ("v>5%", 0.05, False),
        ("v>=5%", 0.05, True),
        ("v=5%", 0.05, True),
        ("v=1e-3", 0.001, True),
        ("v=64", 64.0, True),
        ("v=64", "64", True),
        ("v=full", 64, False),
        ("v!=full", 64, True),
        ("v=1", True, False),
        ("v=true", True, True),
        ("v=false", False, True),
        ("v>0", True, False),
        ("v=adam", "adam", True),
        ("v=Adam", "adam", False),
        ("v=adam", {"kind": "adam", "beta1": 0.9}, True),
        ("v!=adam", {"kind": "adamw"}, True),
        ("v=baseline", ["baseline", "wide"], True),
        ("v!=baseline", ["wide"], True),
        ("v=baseline", [], False),
        ("v=64,32", LAYERS, True),
        ("v=[64, 32]", LAYERS, True),
        ("v=64", LAYERS, True),
        ("v=6", LAYERS, False),
        ("v=null", None, True),
        ("v!=null", 3, True),
        ("v=3", None, False),
        ("v!=3", None, True),
        ("v<3", None, False),
        ("v>3", None, False),
        ("v<3", "full", False),
        ("v>2026-01", "2026-01-31T12:00:00+00:00", True),
        ("v<2026-01", "2026-01-31T12:00:00+00:00", False),
        ("v<3", [1], False),
    ],
)
def test_conditions_hold_as_one_reads_them(condition: str, value: Any, holds: bool) -> None:
    assert parse_condition(condition).holds(value) is holds


def test_a_number_is_neither_less_nor_more_than_a_word() -> None:
    with pytest.raises(InvalidInput, match="'low'"):
        parse_condition("dev_error<low").holds(0.1)


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(value=finite, bound=finite)
def test_every_operator_is_that_of_numbers(value: float, bound: float) -> None:
    held = {sign: parse_condition(f"v{sign}{bound!r}").holds(value) for sign in ("=", "!=", "<", "<=", ">", ">=")}
    assert held == {
        "=": value == bound,
        "!=": value != bound,
        "<": value < bound,
        "<=": value <= bound,
        ">": value > bound,
        ">=": value >= bound,
    }


@given(value=st.none() | st.booleans() | st.text() | finite | st.lists(st.text()), word=st.text().map(str.strip))
def test_unequal_is_the_opposite_of_equal(value: Any, word: str) -> None:
    assert Condition("v", "=", word).holds(value) is not Condition("v", "!=", word).holds(value)
