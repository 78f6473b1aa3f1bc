"""Runs in processes of their own: what each is told, and what it said last."""

import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from dlrun.rundir.record import RunRecord
from dlrun.workers.training import Begun, Ending, Over, Training, train_all
from tests.experiments import SMALL, write_spec
from tests.heads import is_there

DIVERGES = ("learning_rate.initial=1e38", "optimizer=gradient_descent")
ENDLESS = ("training.epochs=1000000",)


class Calm:
    """Nobody sends a signal."""

    number: int | None = None


def training(directory: Path, number: int, *overrides: str) -> Training:
    return Training(
        spec=write_spec(directory, SMALL), overrides=overrides, runs_dir=directory / "runs", run_file=directory / f"{number}.run"
    )


def ended(trainings: dict[int, Training], workers: int = 1) -> dict[int, Ending]:
    events = train_all(trainings, workers=workers, signals=Calm())
    return {event.number: event.ending for event in events if isinstance(event, Over)}


def test_what_came_of_each(tmp_path: Path) -> None:
    found = ended(
        {
            0: training(tmp_path, 0, "training.epochs=1"),
            1: training(tmp_path, 1, *DIVERGES),
            2: training(tmp_path, 2, "seeed=1"),
            3: training(tmp_path, 3, "training.epochs=1", "gates.epochs=> 5"),
        },
        workers=2,
    )
    assert [(found[k].status, found[k].code) for k in range(4)] == [
        ("completed", 0), ("diverged", 5), ("invalid", 2), ("completed", 3)
    ]  # fmt: skip
    assert found[1].why.startswith("diverged at step")
    assert found[1].cures
    assert "diverged" in found[1].log[-1]
    assert "unknown key 'seeed'" in found[2].why
    assert found[2].run is None
    assert found[0].run
    assert found[0].run.status == "completed"


def test_a_run_that_has_begun_goes_on(tmp_path: Path) -> None:
    one = training(tmp_path, 0, *ENDLESS)
    calm, events = Calm(), []
    for event in train_all({0: one}, workers=1, signals=calm):
        events.append(event)
        if event is None and (paths := one.paths) and paths.metrics.exists():
            calm.number = signal.SIGTERM
    assert isinstance(events[0], Begun)
    last = next(event for event in reversed(events) if event)
    assert isinstance(last, Over)
    assert (last.ending.status, last.ending.code) == ("interrupted", 143)
    assert one.command()[3] == "resume"
    assert str(one.paths.root) in one.command() if one.paths else False


def test_a_spec_whose_name_looks_like_an_option_is_a_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    write_spec(tmp_path, SMALL, "-x.yaml")
    one = Training(spec=Path("-x.yaml"), overrides=("training.epochs=1",), runs_dir=Path("runs"), run_file=Path("0.run"))
    assert ended({0: one})[0].status == "completed"
    assert one.paths
    assert one.paths.root.parent == Path("runs")


def test_whoever_lets_go_of_them_ends_them(tmp_path: Path) -> None:
    one = training(tmp_path, 0, *ENDLESS)
    with closing(train_all({0: one}, workers=1, signals=Calm())) as events:
        for event in events:
            if event is None and (paths := one.paths) and paths.metrics.exists():
                break
    assert one.paths
    pid, let_go = RunRecord.load(one.paths).pid, time.monotonic()
    while is_there(pid):
        assert time.monotonic() - let_go < 3
        time.sleep(0.02)
