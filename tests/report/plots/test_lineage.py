import numpy as np

from dlrun.report.plots.figure import LINES, RAW
from dlrun.report.plots.lineage import Drawn, draw_lineage

PARENT = Drawn(label="aaaa", points=[(1, 90.0), (2, 5.0), (3, 4.0)])
CHILD = Drawn(label="bbbb: $x$", points=[(2, 5.0), (3, 2.0)], began=2, asked=True)


def test_a_circle_marks_where_a_child_left_and_what_is_above_is_cut_off() -> None:
    figure = draw_lineage([PARENT, CHILD], title="family", y="dev error (%)", top=5.0)
    parent, child, circle = figure.axes[0].get_lines()
    assert np.asarray(child.get_xdata()).tolist() == [2, 3]
    assert np.asarray(circle.get_xydata()).tolist() == [[2, 5]]
    assert child.get_linewidth() > parent.get_linewidth()
    assert 5 < figure.axes[0].get_ylim()[1] < 6
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["aaaa", r"bbbb: \$x\$"]
    assert draw_lineage([PARENT, CHILD], title="", y="", top=90.0, logarithmic=True).axes[0].get_yscale() == "log"


def test_of_many_only_the_one_asked_for_has_a_colour_and_a_name() -> None:
    figure = draw_lineage([CHILD, *[PARENT] * len(LINES)], title="", y="", top=0.0)
    child, _, *others = figure.axes[0].get_lines()
    assert child.get_color() == LINES[1][0]
    assert {line.get_color() for line in others} == {RAW}
    assert len(figure.legends[0].get_texts()) == 1
