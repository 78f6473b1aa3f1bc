"""Where the errors are, in sentences that say no more than is known."""

from math import inf

import pytest

from dlrun.diagnosis.error_analysis import class_errors
from dlrun.diagnosis.number_errors import number_errors
from dlrun.report.error_words import bias_text, class_text, how_sure, in_all, number, one_line, paragraph, rows_are_in, trend_text
from dlrun.statistics.intervals import Interval
from tests.diagnosis.test_error_analysis import said

ONE = class_errors(said("ab", "bb", [0.95, 0.6]))


def test_few_errors_are_called_few() -> None:
    assert "so few that their shares are hardly known" in in_all(ONE)
    many = class_errors(said("a" * 40 + "b" * 40, "b" * 15 + "a" * 25 + "b" * 40))
    assert in_all(many) == (
        "15 of 80 dev examples are wrong. Class 'a' stands out: more errors than equal error rates would give (exact test, Holm)"
    )
    assert one_line(many) == "class 'a' has 15 of 15, 100.0 % [79.6, 100.0]; most often a → b (15); none said with more than 0.9"
    assert one_line(ONE) is None
    alike = class_errors(said("a" * 20 + "b" * 20, "b" * 6 + "a" * 20 + "b" * 14))
    assert "(no class stands out)" in str(one_line(alike))


def test_many_classes_that_stand_out_are_counted() -> None:
    labels = "".join(f"{letter * 60}" for letter in "abcdefg") + "z" * 2000
    predictions = "".join("z" * 20 + letter * 40 for letter in "abcdefg") + "z" * 2000
    assert "and 2 more stand out" in in_all(class_errors(said(labels, predictions)))


def test_probabilities_that_are_sure() -> None:
    assert how_sure(ONE) == "1 error has a probability above 0.9: look whether its label is right"
    assert how_sure(class_errors(said("abc", "bca", [0.95, 0.99, 0.2]))).startswith("2 errors have")
    assert how_sure(class_errors(said("abc", "bca", [0.9, 0.9, 0.2]))) == "no error has a probability above 0.9"
    assert how_sure(class_errors(said("abc", "bca", [None] * 3))) == "no probability is known of what is wrong"


def test_rows_are_named_as_far_as_the_source_tells() -> None:
    def of(**source: object) -> str | None:
        return rows_are_in({"data": {"source": source}}, ONE.mistakes[0])

    assert str(of(kind="csv", path="t.csv")).endswith("0 is line 2")
    assert "dev.csv" in str(of(kind="csv", path="t.csv", dev="dev.csv"))
    assert of(kind="parquet", path="t.parquet") == "an id counts the rows of t.parquet from 0"
    assert of(kind="npz", path="t.npz") == "an id counts the examples of t.npz from 0"
    assert of(kind="moons") is None
    assert of(kind="csv", path=["no", "path"]) is None
    assert of(kind=["csv"], path="t.csv") is None
    assert rows_are_in({"data": "digits"}, None) is None
    assert "\x1b" not in str(of(kind="csv", path="\x1b[2J"))


def test_signs_are_told_where_they_are_known() -> None:
    targets = [float(k) for k in range(1, 41)]
    high = number_errors(list(map(str, targets)), targets, [1.2 * y for y in targets], [0.0] * 40, seed=0)
    assert "too high on the whole" in bias_text(high)
    assert "errors grow with the target" in trend_text(high)
    low = number_errors(list(map(str, targets)), targets, [y - 5 / y for y in targets], [0.0] * 40, seed=0)
    assert "too low on the whole" in bias_text(low)
    assert "errors shrink with the target" in trend_text(low)
    alike = number_errors(["1", "2"], [1.0, 2.0], [2.0, 3.0], [1.0, 1.0], seed=0)
    assert (
        bias_text(alike)
        == "mean of prediction − target 1 [limits unknown]: whether predictions are too high or too low does not show"
    )
    assert "not known" in trend_text(alike)


def test_a_paragraph_has_what_there_is() -> None:
    assert len(paragraph(ONE)) == 4
    assert not paragraph(class_errors(said("ab", "ab")))
    assert paragraph(number_errors(["7"], [1.0], [3.5], [1.0], seed=0))[-1] == "the largest error is 2.5, of 7: 3.5 for 1"


@pytest.mark.parametrize(
    ("name", "words"), [("8", "class 8"), ("no", "class 'no'"), ("\x1b", "class '\\x1b'"), ("1" * 40, f"class '{'1' * 20}…'")]
)
def test_classes_are_named_so_that_a_sentence_can_be_read(name: str, words: str) -> None:
    assert class_text(name) == words


def test_a_limit_that_is_not_known() -> None:
    assert number(Interval(1.5, 0.0, inf)) == "1.5 [0, ∞]"
    assert number(Interval(1.5, -inf, inf)) == "1.5 [limits unknown]"
