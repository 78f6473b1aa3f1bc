import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from dlrun.report.lineage import branch_text, frame_of, metric_of, print_lineage
from dlrun.rundir.lineage import family_of
from dlrun.rundir.paths import RunPaths
from tests.families import store_child, store_curve
from tests.stored_runs import spec_with, store_run

ERRORS = [0.9, 0.5, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2]
WIDTHS = (24, 40, 80, 120)
PAGE = """
aaaa  completed  40 epochs  dev error 20.00 % [10.00, 40.00]
           █████████████████████████████████████████████████████
           █████████████████████████████████████████████████████
└── bbbb ← asked for  completed  40 epochs  dev error 2.00 % [1.00, 4.00]
    left at epoch 4 with learning_rate.initial=3e-4
                                  ▇▆▄▃▁
    ······························██████▇▆▅▄▄▃▃▂▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
    0                                                          8 epochs
dev error: ▁ is 5.00 %, █ above █ 20.00 %, and what was above before the first child left
· is as its parent
"""


def page(paths: RunPaths, width: int = 80) -> list[str]:
    out = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)
    print_lineage(family_of(paths), out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()


def small_family(runs_dir: Path) -> tuple[RunPaths, RunPaths]:
    parent = store_run(runs_dir, 0, "aaaa", dev_error=0.2)
    store_curve(parent, ERRORS)
    better = [*ERRORS[:4], 0.1, 0.06, 0.05, 0.05]
    return parent, store_child(runs_dir, parent.id, 1, "bbbb", "learning_rate.initial=3e-4", epoch=4.0, errors=better)


def test_the_page(tmp_path: Path) -> None:
    _, child = small_family(tmp_path)
    assert page(child) == PAGE.strip("\n").splitlines()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_the_tree_is_wider_than_the_terminal(tmp_path: Path, width: int) -> None:
    last, child = small_family(tmp_path)
    for minute in range(2, 30):
        child = store_child(tmp_path, child.id, minute, "aaaa", "training.epochs=60", epoch=5.0, errors=ERRORS)
    lines = page(last, width)
    tree = lines[: next(k for k, line in enumerate(lines) if line.startswith("dev error:"))]
    assert max(map(cell_len, tree)) <= width + len(" epochs")
    assert "child of " in "".join(lines), "what is too deep for the terminal says whose child it is"


def test_what_was_higher_before_anybody_left_does_not_decide_the_scale(tmp_path: Path) -> None:
    parent, _ = small_family(tmp_path)
    frame = frame_of(family_of(parent), width=10, height=2)
    assert (frame.low, frame.high, frame.end, frame.logarithmic) == (0.05, 0.2, 8.0, False)


def test_one_child_that_did_far_worse_does_not_press_the_others_flat(tmp_path: Path) -> None:
    parent, child = small_family(tmp_path)
    store_child(tmp_path, parent.id, 2, "cccc", epoch=4.0, errors=[*ERRORS[:4], 0.9, 0.0])
    frame = frame_of(family_of(parent), width=10, height=2)
    assert (frame.low, frame.high, frame.logarithmic) == (0.05, 0.9, True)
    assert frame.share(0.2) - frame.share(0.1) == pytest.approx(frame.share(0.4) - frame.share(0.2))
    assert frame.share(0.0) == 0
    assert any("▁ is 5.00 % or less, █ above █ 90.00 %" in line for line in page(child))
    assert any("the scale is logarithmic" in line for line in page(child))


def test_who_was_best_before_it_left_owes_that_to_its_parent(tmp_path: Path) -> None:
    parent, _ = small_family(tmp_path)
    summary = {"best_epoch": 3, "epochs": 8, "metric": "error_rate"}
    store_child(tmp_path, parent.id, 2, "cccc", "seed=1", epoch=4.0, errors=ERRORS, summary=summary)
    assert "left at epoch 4 with seed=1; best at epoch 3, before it left" in "\n".join(page(parent, 120))


def test_nothing_a_record_says_reaches_the_terminal_as_an_order(tmp_path: Path) -> None:
    hostile = "\x1b[31m[bold]\r\n\u202e" + "x" * 10_000
    child = store_child(tmp_path, hostile, 0, "aaaa", hostile, epoch=1e308, stop_reason=hostile, name=hostile)
    damaged = store_child(tmp_path, child.id, 1, "bbbb")
    grandchild = store_child(tmp_path, damaged.id, 2, "cccc")
    damaged.record.write_text('{"schema": "\\u001b[31m"}')
    for paths in (child, grandchild):
        text = "\n".join(page(paths))
        assert all(line.isprintable() for line in text.splitlines())
        assert len(text) < 2_000
    assert "[bold]" in "\n".join(page(child)), "markup is text"


def test_a_family_without_any_curve_says_so(tmp_path: Path) -> None:
    assert page(store_run(tmp_path))[-1] == "no curve: nothing has been evaluated yet"


def test_a_family_that_was_never_judged_is_measured_as_its_loss_is(tmp_path: Path) -> None:
    kinds = {"squared_error": "rmse", "huber": "rmse", "cross_entropy": "error_rate"}
    for minute, (kind, metric) in enumerate(kinds.items()):
        paths = store_run(tmp_path, minute, status="running", summary={}, spec=spec_with(loss__kind=kind))
        store_curve(paths, [3.25, 2.5])
        assert metric_of(family_of(paths)) == metric
        assert ("dev error 2.5 until now" in page(paths)[0]) == (metric == "rmse")


def test_the_branch_in_words() -> None:
    assert (
        branch_text(12.0, ["learning_rate.initial=3e-4", "clip=1"]) == "left at epoch 12 with learning_rate.initial=3e-4, clip=1"
    )
    assert branch_text(2.5, []) == "left at epoch 2.5"
