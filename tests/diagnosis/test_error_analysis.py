"""Where the errors are, against plain counting and scikit-learn; shares and gains add up."""

from dataclasses import dataclass
from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from dlrun.diagnosis.error_analysis import MOST_CLASSES, ClassErrors, class_errors, in_order


@dataclass
class Said:
    """Answers that no network gave."""

    labels: list[str]
    predictions: list[str]
    probabilities: list[float | None]
    losses: list[float]

    @property
    def ids(self) -> list[str]:
        return [str(k) for k in range(len(self.labels))]


def said(labels: str, predictions: str, p: list[float | None] | None = None, losses: list[float] | None = None) -> Said:
    """Return answers for classes of one letter each."""
    n = len(labels)
    return Said(list(labels), list(predictions), p or [0.7] * n, losses or [1.0] * n)


@st.composite
def answers(draw: st.DrawFn) -> Said:
    rows = draw(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde"), st.floats(0, 30)), min_size=1))
    labels, predictions, losses = (list(column) for column in zip(*rows, strict=True))
    return Said(labels, predictions, [0.8] * len(rows), losses)


@given(answers())
def test_counts_are_those_of_scikit_learn(read: Said) -> None:
    found = class_errors(read)
    names = in_order({*(one.name for one in found.classes), "f", "g"})  # of one class alone scikit-learn warns
    table = [[found.cells.get((label, prediction), 0) for prediction in names] for label in names]
    np.testing.assert_array_equal(table, confusion_matrix(read.labels, read.predictions, labels=names))
    for one in found.classes:
        mine = [a != b for a, b in zip(read.labels, read.predictions, strict=True) if a == one.name]
        assert (one.n, one.wrong) == (len(mine), sum(mine))
        assert one.error is None or one.error.value == sum(mine) / len(mine)


@given(answers())
def test_shares_add_up_to_one_and_gains_to_the_error(read: Said) -> None:
    found = class_errors(read)
    wrong = sum(a != b for a, b in zip(read.labels, read.predictions, strict=True))
    assert found.wrong == wrong == len(found.mistakes)
    assert fsum(one.gain.value for one in found.classes) == pytest.approx(wrong / len(read.labels))
    if wrong:
        assert fsum(one.share.value for one in found.classes if one.share) == pytest.approx(1)
        assert fsum(pair.share.value for pair in found.pairs) == pytest.approx(1)
    else:
        assert not found.pairs
        assert not found.outstanding
    gains = [one.gain.value for one in found.classes]
    assert gains == sorted(gains, reverse=True)
    assert [pair.n for pair in found.pairs] == sorted((pair.n for pair in found.pairs), reverse=True)
    losses = [one.loss for one in found.mistakes]
    assert losses == sorted(losses, reverse=True)


def test_a_class_stands_out_when_chance_would_hardly_do_it() -> None:
    right = "a" * 40 + "b" * 40 + "c" * 40
    assert [one.name for one in class_errors(said(right, "b" * 15 + right[15:])).outstanding] == ["a"]
    spread = "b" * 5 + "a" * 35 + "c" * 5 + "b" * 35 + "a" * 5 + "c" * 35
    assert not class_errors(said(right, spread)).outstanding
    assert not class_errors(said("aab", "bab")).outstanding


def test_no_class_stands_out_by_chance_too_often() -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(300):
        labels = rng.integers(10, size=200)
        predictions = np.where(rng.random(200) < 0.15, (labels + 1) % 10, labels)
        alarms += bool(class_errors(said("".join(map(str, labels)), "".join(map(str, predictions)))).outstanding)
    assert alarms <= 0.05 * 300


def probabilities(read: Said) -> list[float | None]:
    return [one.probability for one in class_errors(read).mistakes]


def test_of_two_classes_the_probability_of_the_second_is_turned_round() -> None:
    read = said("abab", "bbaa", [0.75, 0.9, 0.125, 0.0625], [3.0, 0.1, 0.1, 2.0])
    found = class_errors(read)
    assert [(one.id, one.probability) for one in found.mistakes] == [("0", 0.75), ("3", 0.9375)]
    assert found.sure == 1
    assert probabilities(said("ab", "ba", [0.5, 0.25])) == [0.5, 0.75]


def test_of_more_classes_it_stands_as_it_is() -> None:
    assert probabilities(said("abc", "bca", [0.4, 0.45, 0.95])) == [0.4, 0.45, 0.95]
    assert probabilities(said("ab", "ba", [0.6, 0.7])) == [0.6, 0.7]  # a third class is not seen: both are above one half
    assert probabilities(said("abb", "baa", [0.6, 0.4, 0.7])) == [0.6, 0.4, 0.7]


def test_what_is_no_probability_is_not_taken_for_one() -> None:
    found = class_errors(said("abc", "bca", [None, 17.0, -0.5]))
    assert [one.probability for one in found.mistakes] == [None, None, None]
    assert found.sure == 0


def test_classes_come_in_their_own_order() -> None:
    assert in_order({"10", "9", "-1"}) == ["-1", "9", "10"]
    assert in_order({"b", "a", "10"}) == ["10", "a", "b"]
    assert in_order({"nan", "inf", "2", "10"}) == ["10", "2", "inf", "nan"]


def test_a_class_that_is_only_predicted_has_no_error() -> None:
    found = class_errors(said("aa", "ab"))
    assert [(one.name, one.n, one.error is None, one.p) for one in found.classes] == [("a", 2, False, 1.0), ("b", 0, True, 1.0)]


def test_more_classes_than_any_classifier_has() -> None:
    names = [str(k) for k in range(MOST_CLASSES + 1)]
    with pytest.raises(ValueError, match="10,001 classes"):
        class_errors(Said(names, names, [None] * len(names), [0.0] * len(names)))
    with pytest.raises(ValueError, match="0 classes"):
        class_errors(said("", ""))
    assert isinstance(class_errors(said("a", "a")), ClassErrors)
