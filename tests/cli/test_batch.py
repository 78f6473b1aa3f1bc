"""`dlrun batch` from the shell: what runs, what it says, and how it exits."""

import csv
import io
import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from dlrun.rundir.listing import list_runs, runs_in
from dlrun.rundir.paths import RunPaths
from dlrun.seeding import derived_seeds
from tests.commands import Shell
from tests.experiments import SMALL, write_spec
from tests.heads import start, training_in

DIVERGES = SMALL + "    optimizer: gradient_descent\n    learning_rate: 1e38\n"
ENDLESS = SMALL.replace("epochs: 3", "epochs: 1000000")


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


def specs(directory: Path, **texts: str) -> Path:
    folder = directory / "specs"
    folder.mkdir()
    for name, text in texts.items():
        write_spec(folder, text, f"{name}.yaml")
    return folder


def test_every_spec_is_a_run_with_its_row(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, b=SMALL, a=SMALL)
    done = shell("batch", folder, "-j", "2", "--junit", "out.xml", "--format", "json", "-s", "training.epochs=2")
    assert done.code == 0
    told = json.loads(done.out)
    assert [(row["spec"], row["status"], row["exit_code"]) for row in told] == [
        (str(folder / "a.yaml"), "completed", 0), (str(folder / "b.yaml"), "completed", 0)
    ]  # fmt: skip
    assert {row["run"] for row in told} == {run.id for run in runs_in(tmp_path / "runs")}
    assert (tmp_path / "out.xml").read_text().count("<testsuite ") == 2
    metrics = [(Path(row["path"]) / "metrics.csv").read_bytes() for row in told]
    assert metrics[0] == metrics[1]  # what runs beside it changes no bit


def test_one_that_fails_is_said_at_once_and_the_others_go_on(tmp_path: Path, shell: Shell) -> None:
    done = shell("batch", specs(tmp_path, a=DIVERGES, b=SMALL), "-j", "1", "--format", "md")
    assert done.code == 1
    assert "1/2  a  diverged: " in done.err
    assert "diverged at step" in done.err
    assert "| b |" in done.out
    assert "1 of 2 specs are complete, 1 failed" in done.out
    assert sorted(run.status for run in list_runs(tmp_path / "runs")) == ["completed", "diverged"]


def test_fail_fast_begins_nothing_more(tmp_path: Path, shell: Shell) -> None:
    done = shell("batch", specs(tmp_path, a=DIVERGES, b=SMALL, c=SMALL), "-j", "1", "--fail-fast", "--format", "json")
    assert done.code == 1
    assert [row["status"] for row in json.loads(done.out)] == ["diverged", "not run", "not run"]


def test_nothing_runs_if_one_spec_is_wrong_unless_one_keeps_going(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, a="dat: digits", b=SMALL, c="data: digits\nseeed: 1")
    done = shell("batch", folder)
    assert done.code == 2
    assert "a.yaml:1:1" in done.err
    assert "c.yaml:2:1" in done.err
    assert not (tmp_path / "runs").exists()
    done = shell("batch", folder, "--keep-going", "--format", "json")
    assert done.code == 1
    assert [(row["status"], row["exit_code"]) for row in json.loads(done.out)] == [
        ("invalid", 2), ("completed", 0), ("invalid", 2)
    ]  # fmt: skip


def test_what_has_been_run_need_not_run_again(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, a=SMALL)
    first = json.loads(shell("batch", folder, "--format", "json").out)
    again = shell("batch", folder, "--needed", "--format", "json")
    assert again.code == 0
    assert [(row["status"], row["run"]) for row in json.loads(again.out)] == [("needless", first[0]["run"])]
    assert json.loads(shell("batch", folder, "--needed", "-s", "seed=8", "--format", "json").out)[0]["status"] == "completed"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no spec is named"),
        (["nothing.yaml"], "there is no such file"),
        (["*.yml"], "the pattern matches no file"),
        (["--resume"], "there is no batch to go on with"),
        (["--resume", "small.yaml"], "takes no SPEC"),
        (["small.yaml", "--junit", "no/such/out.xml"], "--junit no/such/out.xml"),
        (["small.yaml", "--junit", "."], "this is a directory"),
        (["small.yaml", "--junit", "small.yaml/out.xml"], "nothing can be written in its directory"),
        (["small.yaml", "--junit", "/proc/out.xml"], "nothing can be written in its directory"),
        (["empty"], "there is no spec in this directory"),
        (["folder.yaml"], "there is no spec in this directory"),
        (["small.yaml", "./small.yaml"], "named twice"),
        (["small.yaml", "link.yaml"], "named twice"),
        (["small.yaml", "-j", "0"], "-j"),
        (["small.yaml", "--seeds", "0"], "--seeds"),
        (["small.yaml", "-j", "2", "-s", "gates.dev.error vs @last=not worse"], "side by side"),
        (["small.yaml", "-s", "gates.dev.error vs nothing=not worse"], "nothing"),
        (["--resume", "--seeds", "2"], "takes no --seeds"),
        (["--resume", "-s", "seed=2"], "takes no -s"),
        (["small.yaml", "small.yaml"], "named twice"),
        (["small.yaml", "-s", "seeed=1"], "did you mean 'seed'"),
    ],
)
def test_bad_input_is_said_and_nothing_runs(tmp_path: Path, shell: Shell, words: list[str], said: str) -> None:
    write_spec(tmp_path)
    (tmp_path / "link.yaml").symlink_to("small.yaml")
    for folder in ("empty", "folder.yaml"):
        (tmp_path / folder).mkdir()
    done = shell("batch", *words)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "runs").exists()


def test_a_killed_worker_fails_its_run_and_not_the_batch(tmp_path: Path) -> None:
    process = start("batch", specs(tmp_path, a=ENDLESS, b=SMALL), "-j", "1", "--format", "json", cwd=tmp_path)
    (record,) = training_in(tmp_path / "runs", 1)
    os.kill(record.pid, signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    told = json.loads(out)
    assert [(row["status"], row["exit_code"]) for row in told] == [("killed", 137), ("completed", 0)]
    assert told[0]["run"] == record.run
    assert "a  killed: its process was killed" in err


def test_ctrl_c_leaves_runs_that_go_on_with_resume(tmp_path: Path, shell: Shell) -> None:
    long = SMALL.replace("epochs: 3", "epochs: 400")
    folder = specs(tmp_path, a=long, b=long.replace("seed: 3", "seed: 4"), c=SMALL)
    process = start("batch", folder, "-j", "1", "--format", "json", cwd=tmp_path)
    (record,) = training_in(tmp_path / "runs", 1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "dlrun batch --resume" in err
    assert [run.status for run in list_runs(tmp_path / "runs")] == ["interrupted"]
    done = shell("batch", "--resume", "--format", "json")
    assert done.code == 0
    told = json.loads(done.out)
    assert [row["status"] for row in told] == ["completed"] * 3
    assert told[0]["run"] == record.run
    assert len(runs_in(tmp_path / "runs")) == 3


def test_seeds_are_members_with_a_row_each_and_one_for_their_mean(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, a=SMALL, b=SMALL + "    seeds: 2\n")
    words = ("batch", folder, "-j", "2", "-s", "training.epochs=2", "--junit", "out.xml")
    done = shell(*words, "--format", "json")
    assert done.code == 0, done.err
    alone, *runs, group = json.loads(done.out)
    assert (alone["seed"], alone["runs"]) == (None, None)
    assert [run["seed"] for run in runs] == list(derived_seeds(3, 2))
    assert group["runs"] == [run["run"] for run in runs]
    assert {run["group"] for run in runs} == {group["group"]}
    told = json.loads(shell("train", folder / "b.yaml", "-s", "training.epochs=2", "--format", "json").out)
    assert {key: told[key] for key in ("group", "errors")} == {key: group[key] for key in ("group", "errors")}
    assert (tmp_path / "out.xml").read_text().count("<testsuite ") == 4
    table = shell(*words, "--needed")
    assert "mean of 2 seeds" in table.out
    assert "3 of 3 runs of 2 specs are complete, 3 had been run before" in table.out
    rows = list(csv.DictReader(io.StringIO(shell(*words, "--needed", "--format", "csv").out)))
    assert [row["dev_n"] for row in rows] == ["60", "60", "60", "2"]
    assert [row["status"] for row in rows] == ["needless"] * 3 + ["completed"]
    assert len(runs_in(tmp_path / "runs")) == 5


def test_seeds_of_the_command_line_are_for_every_spec(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, b=SMALL + "    seeds: 5\n")
    done = shell("batch", folder, "--seeds", "1", "-s", "training.epochs=1", "--format", "json")
    assert [row["seed"] for row in json.loads(done.out)] == [None]
    done = shell("batch", folder, "--seeds", "3", "--needed", "-s", "training.epochs=1", "-s", "data.seed=3", "--format", "json")
    assert [row["status"] for row in json.loads(done.out)] == ["completed"] * 4


def test_one_of_its_seeds_that_fails_leaves_the_mean_of_the_others(tmp_path: Path) -> None:
    folder = specs(tmp_path, a=ENDLESS)
    process = start("batch", folder, "--seeds", "2", "-j", "2", "--fail-fast", "--format", "json", cwd=tmp_path)
    records = training_in(tmp_path / "runs", 2)
    os.kill(next(record.pid for record in records if record.spec["seed"] == 3), signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert [(row["status"], row["exit_code"]) for row in json.loads(out)] == [
        ("killed", 137), ("interrupted", 143), ("0 of 2", 0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "codes"),
    [
        (["-s", "gates.epochs=> 5"], 3, [3]),
        (["-s", "gates.epochs=> 5", "--seeds", "2"], 3, [3, 3, 3]),
        (["-s", "gates.dev.error=< 45%"], 0, [0]),
        (["-s", "gates.dev.error=< 45%", "--strict"], 4, [4]),
        (["-s", "gates.dev.error=< 45%", "--strict", "--seeds", "2"], 4, [4, 4, 4]),
        (["-s", "gates.dev.error=< 45%", "-s", "gates.epochs=> 5", "--strict"], 3, [3]),
    ],
)
def test_gates_decide_the_exit_code_of_seeds_those_of_their_mean(
    tmp_path: Path, shell: Shell, words: list[str], code: int, codes: list[int]
) -> None:
    folder = specs(tmp_path, a=SMALL)
    for more in ([], ["--needed"]):  # a run that is complete passes as it did
        done = shell("batch", folder, *words, *more, "--format", "json")
        assert done.code == code
        assert [row["exit_code"] for row in json.loads(done.out)] == codes
    if code:
        assert shell("batch", "--resume", *(["--strict"] if code == 4 else [])).code == code


def test_two_specs_of_one_name_have_rows_that_can_be_told_apart(tmp_path: Path, shell: Shell) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write_spec(tmp_path / name)
    done = shell("batch", "one", "other", "-s", "training.epochs=1", "--junit", "out.xml")
    assert done.code == 0
    for name in ("one/small.yaml", "other/small.yaml"):
        assert name in done.out
        assert f'name="{name}"' in (tmp_path / "out.xml").read_text()


def test_what_need_not_run_stays_so_when_a_batch_goes_on(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, a=SMALL)
    shell("batch", folder)
    write_spec(folder, DIVERGES, "b.yaml")
    assert shell("batch", folder, "--needed").code == 1
    again = shell("batch", "--resume", "--format", "json")
    assert [row["status"] for row in json.loads(again.out)] == ["needless", "diverged"]


def test_a_batch_of_seeds_goes_on_like_any_other(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, a=SMALL.replace("epochs: 3", "epochs: 400"))
    process = start("batch", folder, "--seeds", "2", "-j", "1", cwd=tmp_path)
    (record,) = training_in(tmp_path / "runs", 1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    done = shell("batch", "--resume", "--format", "json")
    assert done.code == 0
    first, second, group = json.loads(done.out)
    assert first["run"] == record.run
    assert group["runs"] == [first["run"], second["run"]]
    assert group["errors"]["dev"]["n"] == 2


def test_a_batch_waits_for_workers_that_are_just_saving(tmp_path: Path, shell: Shell) -> None:
    folder = specs(tmp_path, a=ENDLESS)
    process = start("batch", folder, "-j", "1", cwd=tmp_path)
    training_in(tmp_path / "runs", 1)
    process.kill()
    process.communicate(timeout=60)
    again = start("batch", "--resume", "-j", "1", cwd=tmp_path)
    training_in(tmp_path / "runs", 1)
    deadline = time.monotonic() + 60
    while not list_runs(tmp_path / "runs")[0].record.resumptions and time.monotonic() < deadline:  # type: ignore[union-attr]
        time.sleep(0.05)
    again.send_signal(signal.SIGINT)
    _, err = again.communicate(timeout=60)
    assert again.returncode == 130
    assert "is busy" not in err
    assert "failed" not in err


def test_more_at_once_than_cores_are_not_begun(tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlrun.experiment.threads.cores", lambda: 1)
    done = shell("batch", specs(tmp_path, a=SMALL), "-j", "9", "-s", "training.epochs=1")
    assert done.code == 0
    assert "1 at once, not 9" in done.err


WIDE = """
    seed: 5
    data:
      source: {kind: npz, path: pixels.npz}
      split: {train: 240, dev: 60, test: 0}
    architecture: {hidden: [32, 16]}
    regularization: {keep_prob: 0.8}
    training: {epochs: 4, batch_size: 32, checkpoint_every: 1 epoch, threads: 2}
"""


def test_what_runs_beside_it_changes_no_bit_of_a_wide_network(tmp_path: Path, shell: Shell) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 300)
    images = rng.random((10, 784))[labels] + 0.3 * rng.standard_normal((300, 784))
    folder = specs(tmp_path, a=WIDE, b=WIDE.replace("[32, 16]", "[48]"))
    np.savez(folder / "pixels.npz", x=images.astype(np.float32), y=labels)
    contents: list[list[dict[str, bytes]]] = []
    for workers in ("1", "2"):
        done = shell("batch", folder, "--seeds", "2", "-j", workers, "--runs-dir", f"runs{workers}", "--format", "json")
        assert done.code == 0, done.err
        contents.append([_bytes_of(RunPaths(Path(row["path"]))) for row in json.loads(done.out) if row["runs"] is None])
    assert contents[0] == contents[1]
    assert len(contents[0]) == 4
    assert all(len(found) >= 8 for found in contents[0])


def _bytes_of(paths: RunPaths) -> dict[str, bytes]:
    named = [paths.metrics, paths.steps, paths.layers, paths.resolved, paths.diagnosis, paths.predictions_of("dev")]
    return {path.name: path.read_bytes() for path in (*named, *sorted(paths.checkpoints.glob("*.npz")))}
