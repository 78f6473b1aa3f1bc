import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.diagnosis.gates import Bound, Compared, Gate, Gates, known_gate, read_gates
from tests.strategies import gates

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(gate=gates())
def test_what_a_gate_writes_is_read_back_equal(gate: Gate) -> None:
    assert Gate.parse(gate.key, str(gate.condition)) == gate
    assert known_gate(gate.key, str(gate.condition)) == gate


@given(each=st.lists(gates(), max_size=5))
def test_gates_are_a_mapping_that_its_texts_write(each: list[Gate]) -> None:
    made = Gates(each)
    assert read_gates(made.written) == made
    assert hash(read_gates(made.written)) == hash(made)


@pytest.mark.parametrize("spaces", ["<8%", "< 8%", " <  8 % ", "<8.0%", "<+8%", "<.8e1%"])
def test_spaces_and_zeros_say_nothing(spaces: str) -> None:
    assert str(Bound.parse(spaces)) == "< 8%"


@pytest.mark.parametrize(
    "text", ["", "8%", "=8%", "< ", "< eight", "<8%%", "< 8 %points", "<1e999", "< .", "<nan", "<< 8", "< 8 9", "< " + "1" * 50]
)
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Bound.parse(text)


@pytest.mark.parametrize("text", ["", "worse", "not  better", "< 5%", "not"])
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Compared.parse(text)


def test_a_percent_is_rounded_once() -> None:
    assert Bound.parse("< 1.4%").limit == 0.014
    assert Bound.parse("< 7 points").limit == 0.07
    assert Bound.parse("< 60").limit == 60


BORDERS = {
    # the limit 8 against intervals that end on it, from below and from above, and around it
    "<": {(1, 7.9): "pass", (1, 8): "inconclusive", (8, 9): "fail", (8.1, 9): "fail", (7, 9): "inconclusive"},
    "<=": {(1, 8): "pass", (1, 8.1): "inconclusive", (8, 9): "inconclusive", (8.1, 9): "fail", (7, 9): "inconclusive"},
    ">": {(8.1, 9): "pass", (8, 9): "inconclusive", (1, 8): "fail", (1, 7.9): "fail", (7, 9): "inconclusive"},
    ">=": {(8, 9): "pass", (7.9, 9): "inconclusive", (1, 8): "inconclusive", (1, 7.9): "fail", (7, 9): "inconclusive"},
}


@pytest.mark.parametrize(
    ("operator", "interval", "outcome"),
    [(operator, *case) for operator, cases in BORDERS.items() for case in cases.items()],
)
def test_the_whole_interval_decides_to_its_borders(operator: str, interval: tuple[float, float], outcome: str) -> None:
    assert Bound.parse(f"{operator} 8").judge(*interval) == outcome


@given(value=numbers, limit=numbers, operator=st.sampled_from(["<", "<=", ">", ">="]))
def test_what_is_known_exactly_passes_or_fails(value: float, limit: float, operator: str) -> None:
    bound = Bound.parse(f"{operator} {limit!r}")
    holds = {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[operator]
    assert bound.judge(value, value) == ("pass" if holds else "fail")


@given(low=numbers, high=numbers, limit=numbers)
def test_opposite_gates_have_opposite_outcomes(low: float, high: float, limit: float) -> None:
    low, high = min(low, high), max(low, high)
    opposite = {"pass": "fail", "fail": "pass", "inconclusive": "inconclusive"}
    for one, other in (("<", ">="), ("<=", ">")):
        ours, theirs = (Bound.parse(f"{operator} {limit!r}").judge(low, high) for operator in (one, other))
        assert theirs == opposite[ours]


@pytest.mark.parametrize(
    ("word", "interval", "outcome"),
    [
        ("not worse", (0.001, 0.01), "fail"),  # wholly worse, though by less than the margin
        ("not worse", (0.0, 0.01), "pass"),
        ("not worse", (-0.01, 0.02), "inconclusive"),  # up to the margin itself
        ("not worse", (-0.01, 0.0199), "pass"),
        ("not worse", (-0.01, 0.03), "inconclusive"),
        ("better", (-0.03, -0.01), "pass"),
        ("better", (-0.03, 0.0), "inconclusive"),
        ("better", (0.01, 0.02), "fail"),
    ],
)
def test_a_comparison_to_its_borders(word: str, interval: tuple[float, float], outcome: str) -> None:
    assert Compared.parse(word).judge(*interval, margin=0.02) == outcome


def test_a_limit_that_nothing_can_reach_is_a_slip() -> None:
    def misfit(key: str, condition: str, *, regression: bool = False) -> str:
        found = known_gate(key, condition).misfit(regression=regression)
        return " / ".join(found) if found else ""

    assert "did you mean < 8%?" in misfit("dev.error", "< 8")
    assert misfit("dev.error", "< 8", regression=True) == ""
    assert "in the target's units" in misfit("dev.error", "< 8%", regression=True)
    assert "has no points" in misfit("dev.macro_f1", "> 90 points")
    assert misfit("dev.macro_f1", "> 90%") == misfit("dev.r2", "> 0.5", regression=True) == ""
    assert "a plain number" in misfit("seconds", "< 60%")
    assert misfit("variance", "< 3 points") == misfit("avoidable_bias", "> -3%") == ""
    assert misfit("dev.error vs a", "not worse", regression=True) == ""
