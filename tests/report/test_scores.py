"""Scores on a terminal: a table of confusion while it can be read, the worst pairs beyond that."""

import io

import numpy as np
from rich.console import Console

from dlrun.report.scores import scores_page
from dlrun.statistics.scores import Scores, class_scores, regression_scores


def printed(scores: Scores, width: int = 100) -> str:
    text = io.StringIO()
    out = Console(file=text, width=width, markup=False, emoji=False, highlight=False)
    for part in scores_page(scores, width):
        out.print(part)
    return text.getvalue()


def of_classes(n_classes: int, name: str = "c{}", wrong: int = 3) -> Scores:
    """Return scores in which class 0 is taken for class 1 a few times, all others are right."""
    labels = np.repeat(np.arange(n_classes), 5)
    predictions = labels.copy()
    predictions[:wrong] = 1
    return class_scores(labels, np.eye(n_classes)[predictions], [name.format(k) for k in range(n_classes)], seed=0)


def test_few_classes_are_a_table() -> None:
    text = printed(of_classes(3))
    assert "label ↓  predicted →  c0  c1  c2" in text
    assert any(line.split() == ["c0", "2", "3", "·"] for line in text.splitlines())
    assert "60.00 %" in text


def test_many_classes_are_the_worst_of_them_and_their_pairs() -> None:
    many = printed(of_classes(14))
    for text in (many, printed(of_classes(6, "a rather long name {}"), width=80)):
        assert "predicted →" not in text
        assert "the one kind of mistake" in text
        assert any(line.split()[-3:] == ["3", "60.00", "%"] for line in text.splitlines())
    assert "the 10 classes of 14 with the highest error" in many
    assert "no example is taken for another class" in printed(of_classes(14, wrong=0))


def test_what_is_not_known_is_not_made_up() -> None:
    text = printed(of_classes(3, wrong=0))
    assert "macro-F1 1.0000 [limits unknown]" in text
    constant = printed(regression_scores(np.ones(5), np.zeros(5), seed=0))
    assert constant == "mean absolute error 1 [limits unknown]\nR² –\n"


def test_a_table_stands_where_it_has_room() -> None:
    needed = len("label ↓  predicted →") + 3 * 4
    assert "predicted →" in printed(of_classes(3), width=needed)
    assert "predicted →" not in printed(of_classes(3), width=needed - 1)


def test_names_cannot_reach_the_terminal() -> None:
    text = printed(of_classes(3, "\x1b[31m{}"))
    assert "\x1b" not in text
