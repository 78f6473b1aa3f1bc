import pytest
from rich.console import Console

from dlrun.report.learning_curve import HEIGHT, drawn, print_curve
from tests.diagnosis.test_learning_curve import SHARES, curve, falling, point


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_picture_has_every_point_and_fits(width: int) -> None:
    *rows, below, legend = drawn(curve(falling()), width)
    assert len(rows) == HEIGHT - 1
    assert max(map(len, rows)) <= width
    assert sum(row.count("o") for row in rows) == len(SHARES)
    assert "·" in "".join(rows)
    assert below.split()[0] == "200"
    assert "20,000, logarithmic" in below
    assert "fitted law" in legend


def test_without_a_law_the_picture_ends_where_the_data_does() -> None:
    *rows, below, legend = drawn(curve([point(share, 0.1) for share in SHARES]), 80)
    assert "2,000, logarithmic" in below
    assert "·" not in "".join([*rows, legend])
    assert drawn(curve([point(1.0, 0.1)]), 80)


@pytest.mark.parametrize("width", [80, 120])
def test_all_of_it_is_printed(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    print_curve(curve([point(0.1, 0.4, train=0.3), *falling()[1:]]), {"run-1.0": "abcd"}, Console(width=width, highlight=False))
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    for words in (
        "share",
        "dev error",
        "abcd",
        "run-0.1 *",
        "twice the data: about",
        "ten times",
        "2 points less",
        "· * with 200",
    ):
        assert words in printed
