"""What one sees while many runs train: lines, and on a terminal a bar that fits."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from dlrun.cli.many import Many
from dlrun.workers.training import Training
from tests.stored_runs import spec_with, store_run

SPEC = spec_with(training__epochs=40, loss={"kind": "softmax_cross_entropy"})


@pytest.fixture
def training(tmp_path: Path) -> Training:
    paths = store_run(tmp_path / "runs", status="running", spec=SPEC)
    paths.metrics.write_text("epoch,train_error,dev_error\n10,0.125,0.25\n")
    (tmp_path / "0.run").write_text(str(paths.root.absolute()))
    return Training(spec=Path("a.yaml"), overrides=(), runs_dir=tmp_path / "runs", run_file=tmp_path / "0.run")


@pytest.fixture
def terminal() -> Console:
    return Console(width=80, file=io.StringIO(), force_terminal=True, record=True, markup=False, emoji=False)


def many_on(out: Console, total: int = 2, *, quiet: bool = False, verbose: bool = False) -> Many:
    many = Many(total, quiet=quiet, verbose=verbose)
    many.out = out
    return many


def printed(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_the_bar_says_where_a_run_is(training: Training, terminal: Console) -> None:
    many = many_on(terminal)
    with many.shown():
        many._next = 0.0
        many.begun(0, "seed 7", training)
        many._next = 0.0
        many.tick()
        assert many._words() == "seed 7  epoch 10  train 12.50 %  dev 25.00 %"
        assert many._running[0].share == 0.25
        many.begun(1, "seed 8", training)
        assert many._words() == "seed 7 25%  seed 8 0%"
        many.begun(2, "seed " + "9" * 70, training)
        assert len(many._words()) <= 47
        assert many._words().endswith("…")
    assert "0/2" in printed(terminal)


def test_a_failure_is_said_with_its_log_even_if_one_wants_quiet(training: Training) -> None:
    out = Console(width=120, file=io.StringIO())
    many = many_on(out, quiet=True)
    with many.shown():
        many.begun(0, "seed 7", training, notes=["a note"])
        many.ended(0, "seed 7  fine")
        many.ended(1, "seed 8  failed: the disk is full", log=["one", "two"])
    assert printed(out).splitlines() == ["2/2  seed 8  failed: the disk is full", "    one", "    two"]


def test_what_is_said_of_the_data_is_said_once(training: Training) -> None:
    out = Console(width=120, file=io.StringIO())
    many = many_on(out)
    with many.shown():
        many.begun(0, "seed 7", training, notes=["a note"])
        many.ended(0, "seed 7  fine", notes=["a note", "another"])
    assert printed(out).splitlines() == ["· a note", "· another", "1/2  seed 7  fine"]


def test_with_verbose_each_evaluation_is_a_line(training: Training) -> None:
    out = Console(width=120, file=io.StringIO())
    many = many_on(out, verbose=True)
    with many.shown():
        many.begun(0, "seed 7", training)
        many.ended(0, "seed 7  fine")
    assert printed(out).splitlines() == ["seed 7  epoch 10  train 12.50 %  dev 25.00 %", "1/2  seed 7  fine"]
