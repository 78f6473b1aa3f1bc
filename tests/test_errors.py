from signal import SIGINT, SIGTERM

import pytest

from dlrun.errors import Diverged, DlrunError, GradientCheckFailed, Interrupted, InvalidInput, Problem, RunBusy, raise_all

TYPO = Problem(
    what="unknown key 'droput'",
    where="digits.yaml:19:3",
    excerpt=("   19 |   droput: 0.5", "      |   ^^^^^^"),
    cure="did you mean 'keep_prob'?",
)


@pytest.mark.parametrize(
    ("error", "exit_code"), [(DlrunError, 1), (InvalidInput, 2), (Diverged, 5), (GradientCheckFailed, 6), (RunBusy, 7)]
)
def test_exit_codes_are_frozen(error: type[DlrunError], exit_code: int) -> None:
    assert error.exit_code == exit_code
    assert issubclass(error, DlrunError)


def test_an_interrupted_run_ends_as_a_shell_expects() -> None:
    assert Interrupted(SIGINT).exit_code == 130
    assert Interrupted(SIGTERM).exit_code == 143
    assert "SIGTERM" in str(Interrupted(SIGTERM))


def test_a_problem_says_where_what_excerpt_and_cure() -> None:
    assert str(TYPO).splitlines() == [
        "digits.yaml:19:3: unknown key 'droput'",
        "   19 |   droput: 0.5",
        "      |   ^^^^^^",
        "  → did you mean 'keep_prob'?",
    ]


def test_a_problem_may_be_one_line() -> None:
    assert str(Problem(what="the disk is full")) == "the disk is full"


def test_an_error_carries_all_its_problems() -> None:
    error = InvalidInput(TYPO, "nothing has run")
    assert error.problems == (TYPO, Problem(what="nothing has run"))
    assert str(error) == f"{TYPO}\nnothing has run"


def test_raise_all_raises_every_problem_at_once() -> None:
    other = Problem(what="rate must be above 0")
    with pytest.raises(InvalidInput) as raised:
        raise_all(iter([TYPO, other]))
    assert raised.value.problems == (TYPO, other)


def test_raise_all_is_silent_without_problems() -> None:
    raise_all(iter([]))
