import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import dlrun
from dlrun.rundir.ids import point_latest_at
from dlrun.rundir.listing import runs_in
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from tests.commands import Shell
from tests.stored_runs import store_run


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


@pytest.fixture
def runs(shell: Shell) -> list[RunPaths]:
    stored = [store_run(Path("runs"), minute, tail) for minute, tail in enumerate(["aaaa", "bbbb", "cccc"])]
    point_latest_at(stored[-1])
    return stored


def left() -> set[str]:
    return {run.id[-4:] for run in runs_in(Path("runs"))}


def test_yes_removes_without_asking(shell: Shell, runs: list[RunPaths]) -> None:
    done = shell("rm", "bbbb", "@last", "--yes")
    assert done.code == 0
    assert [line.split()[:2] for line in done.out.splitlines()] == [["removed", runs[1].id], ["removed", runs[2].id]]
    assert left() == {"aaaa"}
    assert Path("runs/latest").readlink() == Path(runs[0].id)


def test_a_run_named_twice_goes_once(shell: Shell, runs: list[RunPaths]) -> None:
    assert shell("rm", "cccc", "@last", f"runs/{runs[2].id}", "--yes").out.count("removed") == 1
    assert left() == {"aaaa", "bbbb"}


def test_a_run_elsewhere_goes_by_its_path(shell: Shell, runs: list[RunPaths], tmp_path: Path) -> None:
    other = store_run(tmp_path / "elsewhere")
    assert shell("rm", other.root, "--yes").code == 0
    assert not other.root.exists()
    assert len(left()) == 3


def test_json_tells_what_went(shell: Shell, runs: list[RunPaths]) -> None:
    (row,) = json.loads(shell("rm", "aaaa", "--yes", "--format", "json").out)
    assert {key: row[key] for key in ("run", "name", "status")} == {"run": runs[0].id, "name": "digits", "status": "completed"}
    assert row["path"].endswith(f"runs/{runs[0].id}")
    assert row["bytes"] > 500


def test_without_a_terminal_it_shows_what_would_go_and_asks_for_yes(shell: Shell, runs: list[RunPaths]) -> None:
    done = shell("rm", "aaaa", "bbbb")
    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert runs[0].id in done.err
    assert runs[1].id in done.err
    assert len(left()) == 3


@pytest.mark.parametrize("wrong", ["zzzz", "@last~9", "runs/latest", "runs", "20260131"])
def test_nothing_goes_unless_every_run_is_found(shell: Shell, runs: list[RunPaths], wrong: str) -> None:
    done = shell("rm", "aaaa", wrong, "./nowhere", "--yes")
    assert done.code == 2
    assert "2 errors, nothing has run." in done.err
    assert len(left()) == 3


def test_a_foreign_directory_stays(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"scripts": {}}')
    done = shell("rm", ".", "--yes")
    assert done.code == 2
    assert "no run" in done.err
    assert (tmp_path / "run.json").exists()


def test_a_run_that_is_written_to_keeps_all_of_them(shell: Shell, runs: list[RunPaths]) -> None:
    with lock_run(runs[1]):
        done = shell("rm", "aaaa", "bbbb", "--yes")
    assert done.code == 7
    assert runs[1].id in done.err
    assert len(left()) == 3


def test_damaged_and_lost_runs_can_go(shell: Shell) -> None:
    store_run(Path("runs"), 0, "aaaa").record.write_text("{")
    store_run(Path("runs"), 1, "bbbb", status="running", host=os.uname().nodename)
    assert shell("rm", "aaaa", "bbbb", "--yes").code == 0
    assert left() == set()


def answered(directory: Path, answer: bytes | None, *words: str) -> tuple[int, str]:
    """Run `dlrun rm` on a terminal, answer its question (None: press Ctrl-C), and return the exit code and what was shown."""
    head, terminal = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name != "DLRUN_RUNS"} | {"TERM": "dumb", "COLUMNS": "100"}
    env["PYTHONPATH"] = str(Path(dlrun.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "dlrun", "rm", *words],
        cwd=directory, env=env, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(head, 1000)
    if answer is None:
        process.send_signal(signal.SIGINT)
    else:
        os.write(head, answer)
    try:
        while more := os.read(head, 1000):
            shown += more
    except OSError:  # the other end is closed
        pass
    os.close(head)
    return process.wait(timeout=20), shown.decode()


@pytest.mark.parametrize(
    ("answer", "code", "gone"),
    [(b"y\n", 0, True), (b"\n", 0, False), (b"\x04", 0, False), (None, 130, False)],
)
def test_on_a_terminal_it_asks_once_and_enter_is_no(tmp_path: Path, answer: bytes | None, code: int, gone: bool) -> None:
    run = store_run(tmp_path / "runs")
    assert (returned := answered(tmp_path, answer, "@last"))[0] == code, returned[1]
    assert run.root.exists() != gone
    assert run.id in returned[1]
    assert ("nothing has been removed" in returned[1]) != gone
    assert "Traceback" not in returned[1]
