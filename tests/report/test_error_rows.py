"""Errors on a terminal: everything in 80 columns, the whole confusion while it can be read."""

import io

import pytest
from rich.console import Console

from dlrun.diagnosis.error_analysis import ClassErrors, class_errors
from dlrun.diagnosis.number_errors import NumberErrors, number_errors
from dlrun.report.error_rows import errors_page
from tests.diagnosis.test_error_analysis import Said, said


def printed(found: ClassErrors | NumberErrors, width: int = 100, examples: int = 10) -> str:
    text = io.StringIO()
    out = Console(file=text, width=width, markup=False, emoji=False, highlight=False)
    for part in errors_page(found, {}, examples, width):
        out.print(part)
    return text.getvalue()


def of_classes(count: int, name: str = "c{}", each: int = 12, times: int = 1) -> ClassErrors:
    """Return errors in which every class k is taken for the next one k times, and so many times as often."""
    labels = [name.format(k) for k in range(count) for _ in range(each * times)]
    predictions = [name.format((k + (j < k * times)) % count) for k in range(count) for j in range(each * times)]
    return class_errors(Said(labels, predictions, [0.95] * len(labels), [1.0] * len(labels)))


def test_few_classes_have_their_confusion() -> None:
    text = printed(of_classes(4))
    assert "label ↓  predicted →" in text
    assert [line.split()[0] for line in text.splitlines() if " of 12 " in line] == ["c3", "c2", "c1", "c0"]
    assert "c3 → c0" in text


def test_many_classes_are_the_worst_of_them() -> None:
    text = printed(of_classes(14, each=20))
    assert "label ↓" not in text
    assert "the 10 classes of 14 from which most could be gained" in text
    assert "3 more pairs: --format csv has every cell" in text


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_torn_apart(width: int) -> None:
    text = printed(of_classes(5, "a name of more than twenty letters {}", times=1_000), width)
    rows = [line for line in text.splitlines() if " of 12,000 " in line]
    assert len(rows) == 5
    assert all(len(line) <= width and line.count("[") == 3 == line.count("]") for line in rows)


def test_examples_are_as_many_as_asked_for() -> None:
    found = of_classes(3)
    assert "the 2 of 3 errors with the highest loss" in printed(found, examples=2)
    assert "the worst of 3 errors" in printed(found, examples=1)
    assert "all 3 errors, the highest loss first" in printed(found, examples=3)
    assert "3 errors have a probability above 0.9" in printed(found)


def test_without_an_error_there_is_nothing_to_see() -> None:
    assert printed(class_errors(said("ab", "ab"))) == "none of 2 dev examples is wrong\n"


def test_a_regression_shows_its_sizes_and_its_worst() -> None:
    targets = [float(k) for k in range(20)]
    text = printed(number_errors(list(map(str, range(20))), targets, [y + y / 10 for y in targets], [0.0] * 20, seed=0))
    assert "the 10 largest errors of 20 examples" in text
    assert any(line.split() == ["19", "19", "20.9", "+1.9", "0"] for line in text.splitlines())
    assert any(line.startswith(" 50 %") or line.split()[:2] == ["50", "%"] for line in text.splitlines())
