from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.diagnosis.gates import Gate
from dlrun.errors import InvalidInput
from dlrun.spec.gate_expressions import parse_gate, parse_gates
from tests.strategies import gates, texts


@given(gate=gates())
def test_a_gate_in_one_line_is_that_gate(gate: Gate) -> None:
    assert parse_gate(str(gate)) == gate


@pytest.mark.parametrize("written", ["dev.error<5%", " dev.error  <  5 % ", "dev.error < 5.0%"])
def test_spaces_say_nothing(written: str) -> None:
    assert str(parse_gate(written)) == "dev.error < 5%"


def test_test_may_be_asked_for_here() -> None:
    assert str(parse_gate("test.error < 5%")) == "test.error < 5%"


def test_a_comparison_may_name_any_path() -> None:
    assert parse_gate("dev.error vs ../other runs/a not worse").against == "../other runs/a"


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_gates(["dev.eror < 5%", "dev.error < 5%", "dev.error ~ 3", "variance vs a better"])
    told = [problem.what for problem in raised.value.problems]
    assert told[0] == "unknown quantity 'dev.eror', did you mean 'dev.error'?"
    assert told[1] == "this is no gate"
    assert "only dev.error is compared" in told[2]


@given(text=texts | st.builds("{} {} {}".format, texts, st.sampled_from(["<", ">=", "vs"]), texts))
def test_any_text_is_a_gate_or_a_problem(text: str) -> None:
    with suppress(InvalidInput):
        assert parse_gate(str(parse_gate(text))) == parse_gate(text)
