import json
import signal
from pathlib import Path

import pytest

from dlrun.rundir.listing import list_runs
from dlrun.rundir.paths import RunPaths
from tests.commands import Shell
from tests.experiments import REGRESSION, write_spec, write_table
from tests.heads import fail_the_worker, start, training_in

EPOCH = ("-s", "training.epochs=2")
BYTES = ("metrics.csv", "steps.csv", "resolved.yaml", "predictions/dev.csv", "diagnosis.json")


def trained(dlrun: Shell, *words: object) -> RunPaths:
    done = dlrun("train", *words, *EPOCH, "--format", "json")
    assert done.code == 0, done.err
    return RunPaths(Path(json.loads(done.out)["path"]))


def test_how_many_at_once_decides_no_byte_and_the_curve_is_kept(dlrun: Shell) -> None:
    paths = trained(dlrun, "small.yaml")
    found = []
    for workers in (1, 2):
        done = dlrun(
            "diagnose", paths.root, "--learning-curve", "-j", workers, "--runs-dir", f"runs{workers}", "--format", "json"
        )
        assert done.code == 0, done.err
        assert "5 runs on 10, 20, 35, 50, 70 % of 200 training examples" in done.err
        assert "1.85 times as long" in done.err
        found.append(json.loads(done.out))
    for one in found:
        assert one["run"] == paths.id
        assert [row["m"] for row in one["points"]] == [20, 40, 70, 100, 140, 200]
        assert {row["dev"]["n"] for row in one["points"]} == {60}
        assert one["points"][-1]["run"] == paths.id
    children = [[RunPaths(Path(f"runs{k + 1}") / row["run"]) for row in found[k]["points"][:-1]] for k in (0, 1)]
    for one, other in zip(*children, strict=True):
        for name in BYTES:
            assert (one.root / name).read_bytes() == (other.root / name).read_bytes(), name
    assert {**json.loads(paths.learning_curve.read_text()), "points": []} == {
        key: [] if key == "points" else value for key, value in found[1].items() if key != "run"
    }
    assert paths.learning_curve_picture.read_bytes().startswith(b"\x89PNG")
    assert "learning curve  " in dlrun("diagnose", paths.root).out
    by_hand = trained(dlrun, paths.resolved, "-s", "data.train_share=0.1", "-s", "training.threads=1")
    assert (by_hand.root / "metrics.csv").read_bytes() == (children[0][0].root / "metrics.csv").read_bytes()


def test_a_regression_in_words(dlrun: Shell, tmp_path: Path) -> None:
    write_table(tmp_path)
    write_spec(tmp_path, REGRESSION, "line.yaml")
    trained(dlrun, "line.yaml")
    done = dlrun("diagnose", "@last", "--learning-curve", "-q")
    assert done.code == 0, done.err
    assert done.err == ""
    for words in ("share", "RMSE", "100 %", "picture"):
        assert words in done.out
    assert dlrun("diagnose", "@last", "--learning-curve", "--seeds").code == 2
    refused = dlrun("diagnose", "@last", "-j", "2")
    assert refused.code == 2
    assert "--learning-curve trains several runs" in refused.err


def test_a_share_that_fails_leaves_no_curve(dlrun: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = trained(dlrun, "small.yaml")
    fail_the_worker(monkeypatch, tmp_path, "data.train_share=0.35")
    done = dlrun("diagnose", paths.id, "--learning-curve", "-j", "2")
    assert done.code == 1
    assert "35 % (3 of 5): the disk is full" in done.err
    assert "there is no curve: that takes all 5 shares" in done.err
    assert not paths.learning_curve.exists()
    assert [run.status for run in list_runs(Path("runs"))].count("completed") == 5


def test_ctrl_c_saves_what_trains_and_says_how_to_go_on(dlrun: Shell, tmp_path: Path) -> None:
    paths = trained(dlrun, "small.yaml")
    process = start("diagnose", paths.root, "--learning-curve", "--runs-dir", "others", cwd=tmp_path)
    training_in(tmp_path / "others", 1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "there is no curve, that takes all of them" in err
    assert "the next one alone: dlrun train" in err
    assert len(list_runs(tmp_path / "others")) < 5
    assert not paths.learning_curve.exists()
