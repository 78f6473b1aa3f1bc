from typing import Any

import pytest

from dlrun.report.compared import csv_rows, details, notes, p_text, sentence

NAMES = {"a": "aaaa", "b": "bbbb"}


def pair(value: float, low: float, high: float, **told: Any) -> dict[str, Any]:
    judged = {"value": value, "low": low, "high": high, "p": 0.004, "confidence": 0.95, "real": True, "needed_n": None}
    return {"run": "b", "against": "a", "only_wrong": 4, "only_against_wrong": 23, "error": judged | told}


def test_the_better_one_is_named_first() -> None:
    by = "by 1.9 points [0.7, 3.1], p = 0.004"
    assert sentence(pair(-0.019, -0.031, -0.007), "error_rate", NAMES) == f"bbbb is better than aaaa {by}"
    assert sentence(pair(0.019, 0.007, 0.031), "error_rate", NAMES) == f"aaaa is better than bbbb {by}"
    assert sentence(pair(-2.0, -3.0, -1.0), "rmse", NAMES) == "bbbb is better than aaaa by 2.0 [1.0, 3.0] of RMSE, p = 0.004"


def test_no_difference_says_how_many_examples_would_decide() -> None:
    said = sentence(pair(-0.003, -0.015, 0.009, real=False, p=0.66, needed_n=4_051), "error_rate", NAMES)
    head = "no real difference between aaaa and bbbb: 0.3 points [-0.9, 1.5] in favour of bbbb, p = 0.660"
    assert said == f"{head}; about 4,100 dev examples would decide"
    said = sentence(pair(0.0, -0.01, 0.01, real=False, p=1.0), "error_rate", NAMES)
    assert said.endswith("0.0 points [-1.0, 1.0], p = 1.000; as it is, no number of dev examples would decide")


def test_another_confidence_is_told() -> None:
    assert "[0.7, 3.1] at 97.5 %, p" in sentence(pair(-0.019, -0.031, -0.007, confidence=0.975), "error_rate", NAMES)


@pytest.mark.parametrize(("p", "text"), [(0.0004, "p < 0.001"), (0.0042, "p = 0.004"), (1.0, "p = 1.000")])
def test_p_values_have_three_decimals(p: float, text: str) -> None:
    assert p_text(p) == text


def test_details_count_the_examples_that_decide() -> None:
    loss = {"value": 0.1, "low": 0.05, "high": 0.15, "p": 0.02, "confidence": 0.95, "real": True, "needed_n": None}
    first, second = details(pair(-0.019, -0.031, -0.007) | {"loss": loss}, {"dev_n": 1_000}, NAMES)
    assert first == "of 1,000 dev examples 4 only bbbb gets wrong, 23 only aaaa"
    assert second == "dev loss: aaaa lower by 0.10 [0.05, 0.15], p = 0.020"


def test_notes_tell_the_correction_of_several_only() -> None:
    tree: dict[str, Any] = {"comparisons": [{}], "notes": ["so\x1b"]}
    assert list(notes(tree)) == ["so�"]
    assert "corrected for 3 comparisons" in next(notes(tree | {"comparisons": [{}] * 3}))


def test_rows_have_one_width() -> None:
    runs: list[dict[str, Any]] = [
        {"run": name, "dev_error": 0.1, "spec": {"seed": 1}, "curve": [], "curve_of": None} for name in "ab"
    ]
    heading, first, second = csv_rows({"runs": runs, "keys": ["seed"], "comparisons": [pair(-0.1, -0.2, -0.05)]})
    assert heading[:5] == ["run", "dev_error", "seed", "against", "error_value"]
    assert len(heading) == len(first) == len(second)
    assert (first[3], second[3:6]) == (None, ["a", -0.1, -0.2])
