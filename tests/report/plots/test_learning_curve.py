from pathlib import Path

from dlrun.report.plots.figure import save
from dlrun.report.plots.learning_curve import draw_learning_curve
from tests.diagnosis.test_learning_curve import SHARES, curve, falling, point


def test_points_law_and_band_are_drawn_up_to_ten_times_the_data(tmp_path: Path) -> None:
    figure = draw_learning_curve(curve(falling()), title="a $x$")
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlim()[1] > 20_000
    legend = axes.get_legend()
    assert legend
    assert [text.get_text() for text in legend.get_texts()] == ["95 % of the law", "a + b · m^(−c)", "train", "dev"]
    for name in ("one.png", "two.png"):
        save(draw_learning_curve(curve(falling()), title="a $x$"), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_without_a_law_there_are_the_points() -> None:
    (axes,) = draw_learning_curve(curve([point(share, 0.1) for share in SHARES]), title="flat").axes
    legend = axes.get_legend()
    assert legend
    assert [text.get_text() for text in legend.get_texts()] == ["train", "dev"]
    assert axes.get_xlim()[1] < 4_000
