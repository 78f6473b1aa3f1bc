import numpy as np

from dlrun.report.plots.learning_rate import draw_schedule

NOTES = [(epoch, 0.2 / (1 + epoch)) for epoch in range(5)]  # the course's table: 0.2, 0.1, 0.067, 0.05, 0.04


def test_the_rate_of_an_epoch_holds_until_the_next() -> None:
    (axes,) = draw_schedule(NOTES, title="inverse_time").axes
    (line,) = axes.get_lines()
    assert line.get_drawstyle() == "steps-post"
    assert np.asarray(line.get_xdata()).tolist() == [0, 1, 2, 3, 4, 5]  # the last stair is as long as the others
    assert np.asarray(line.get_ydata(), dtype=np.float64).round(3).tolist() == [0.2, 0.1, 0.067, 0.05, 0.04, 0.04]
    assert axes.get_ylim()[0] == 0
    assert (axes.get_title(loc="left"), axes.get_xlabel()) == ("inverse_time", "epoch")


def test_a_rate_that_falls_far_is_drawn_in_decades() -> None:
    assert draw_schedule([(epoch, 0.1**epoch) for epoch in range(4)]).axes[0].get_yscale() == "log"
    assert draw_schedule(NOTES).axes[0].get_yscale() == "linear"
    assert draw_schedule([(0, 0.1), (1, 0.0)]).axes[0].get_yscale() == "linear"  # zero has no logarithm


def test_one_epoch_is_one_stair() -> None:
    (line,) = draw_schedule([(0, 0.1)]).axes[0].get_lines()
    assert np.asarray(line.get_xdata()).tolist() == [0, 1]
