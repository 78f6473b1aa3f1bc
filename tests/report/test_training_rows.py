from dataclasses import replace

from rich.console import Console

from dlrun.diagnosis.ladder import Diagnosis, diagnose
from dlrun.report.terminal import print_diagnosis
from dlrun.report.training_rows import HEADINGS, MOST_ROWS, closing_lines, is_ill, layer_rows
from tests.diagnosis.test_ladder import rates
from tests.diagnosis.trained import course, layers

WEAK = [1e-9, 1e-6, 1e-3, 1e-2, 1e-1]


def sick() -> Diagnosis:
    plain = diagnose(rates(0.0, 0.15, 0.16), tolerance=0.02)
    dead = [0.1, 0.6, 0.1, 0.1, 0.0]
    return replace(
        plain, optimization=course(initial=9.0, highest=9.0), health=layers(first_gradient=WEAK, dead=dead, saturated=0.7)
    )


def test_the_end_of_a_run_has_three_lines_at_most() -> None:
    assert len(sick().findings) == 5
    assert [line.split(":")[0] for line in closing_lines(sick())] == ["vanishing gradients", "a bad start", "and 3 more"]
    assert closing_lines(diagnose(rates(0.0, 0.15, 0.16), tolerance=0.02)) == []


def test_the_table_fits_eighty_columns_and_a_hundred_and_twenty() -> None:
    for width in (80, 120):
        out = Console(width=width, record=True, file=None, highlight=False)
        with out.capture() as captured:
            print_diagnosis(sick(), out, full=True)
        lines = captured.get().splitlines()
        row = next(line for line in lines if line.startswith("hidden 2"))
        assert row.split() == ["hidden", "2", "0.8", "1", "1e-06", "0.05", "0.001", "60", "%", "70", "%"]
        assert "    -s architecture.batch_norm=true" in lines
        assert not any(line.startswith("!") for line in lines), "each finding once"


def test_sick_cells_are_told_from_healthy_ones() -> None:
    update, dead = HEADINGS.index("update"), HEADINGS.index("dead")
    assert [is_ill(update, cell) for cell in ("0.001", "0.04", "1e-06", "")] == [False, True, True, False]
    assert [is_ill(dead, cell) for cell in ("0 %", "60 %")] == [False, True]
    assert not is_ill(1, "1e-30")


def test_of_many_layers_some_are_shown() -> None:
    assert len(layer_rows(layers(100))) == MOST_ROWS
