import json
import signal
from pathlib import Path
from typing import Any

import pytest

from dlrun.seeding import derived_seeds
from tests.commands import Shell
from tests.experiments import REGRESSION, SMALL, write_spec, write_table
from tests.heads import fail_the_worker, start, training_in

EPOCH = ("-s", "training.epochs=1")


def told(dlrun: Shell, *words: object) -> Any:
    done = dlrun(*words, "--format", "json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_seeds_end_with_their_mean_and_its_diagnosis(dlrun: Shell) -> None:
    done = dlrun("train", "small.yaml", "--seeds", "3", *EPOCH)
    assert done.code == 0, done.err
    assert done.err.count("dev error") == 3
    for words in (
        "seed",
        "best epoch",
        "the mean of 3 seeds; spread",
        "training's chance alone",
        "these 60 dev examples",
        "verdict",
    ):
        assert words in " ".join(done.out.split())
    assert all(str(seed) in done.out for seed in derived_seeds(3, 3))
    row = dlrun("ls", "--groups").out.splitlines()[1]
    assert "small" in row
    assert "completed" in row


def test_the_key_of_the_spec_asks_for_the_same(dlrun: Shell, tmp_path: Path) -> None:
    write_spec(tmp_path, SMALL + "    seeds: 2\n", "two.yaml")
    found = told(dlrun, "train", "two.yaml", *EPOCH)
    assert len(found["runs"]) == 2
    one = told(dlrun, "train", "two.yaml", "--seeds", "1", *EPOCH)
    assert set(one) == {"run", "path", "status", "stop_reason", "metric", "best_epoch", "errors", "verdict", "gates"}
    assert "seeds: 1" in (Path(one["path"]) / "resolved.yaml").read_text()


def test_json_is_the_contract(dlrun: Shell) -> None:
    found = told(dlrun, "train", "small.yaml", "--seeds", "3", *EPOCH)
    assert set(found) == {"group", "name", "metric", "same_data", "completed", "errors", "runs", "diagnosis", "gates"}
    assert set(found["errors"]) == {"train", "dev"}
    assert set(found["errors"]["dev"]) == {"error", "low", "high", "n", "spread"}
    assert found["errors"]["dev"]["n"] == found["completed"] == 3
    assert found["same_data"]
    assert [run["seed"] for run in found["runs"]] == list(derived_seeds(3, 3))
    assert set(found["runs"][0]) == {
        "seed",
        "run",
        "path",
        "status",
        "stop_reason",
        "metric",
        "best_epoch",
        "errors",
        "verdict",
        "gates",
    }
    (listed,) = told(dlrun, "ls", "--groups")
    assert {key: listed[key] for key in ("group", "errors", "metric", "completed")} == {
        key: found[key] for key in ("group", "errors", "metric", "completed")
    }
    again = told(dlrun, "diagnose", "@last", "--seeds")
    assert {key: again[key] for key in ("group", "errors", "diagnosis")} == {
        key: found[key] for key in ("group", "errors", "diagnosis")
    }


def test_diagnose_tells_of_the_group_by_itself(dlrun: Shell) -> None:
    dlrun("train", "small.yaml", "-q", *EPOCH)
    alone = dlrun("diagnose", "@last")
    assert "mean of" not in alone.out
    refused = dlrun("diagnose", "@last", "--seeds")
    assert refused.code == 2
    assert "--seeds 5" in refused.err
    dlrun("train", "small.yaml", "-q", *EPOCH, "-s", "seed=4")
    assert "the mean of 2 seeds" in dlrun("diagnose", "@last").out
    assert "each seed divided the data in its own way" in dlrun("diagnose", "@last", "--seeds").out


def test_a_run_by_hand_joins_the_group(dlrun: Shell) -> None:
    dlrun("train", "small.yaml", "-q", "--seeds", "2", *EPOCH)
    dlrun("train", "small.yaml", "-q", *EPOCH, "-s", "seed=99", "-s", "data.seed=3")
    (group,) = told(dlrun, "ls", "--groups")
    assert [run["seed"] for run in group["runs"]] == [*derived_seeds(3, 2), 99]


def test_regression_has_its_own_unit(dlrun: Shell, tmp_path: Path) -> None:
    write_table(tmp_path)
    write_spec(tmp_path, REGRESSION, "rows.yaml")
    found = told(dlrun, "train", "rows.yaml", "-q", "--seeds", "2")
    assert found["metric"] == "rmse"
    assert found["errors"]["dev"]["low"] >= 0
    shown = dlrun("diagnose", "@last", "--seeds")
    assert shown.code == 0
    assert "points" not in shown.out.partition("verdict")[0]


def test_without_dev_there_is_a_table_and_no_mean_of_dev(dlrun: Shell) -> None:
    done = dlrun("train", "small.yaml", "--seeds", "2", *EPOCH, "-s", "data.split.dev=0")
    assert done.code == 0, done.err
    assert "no dev part" in done.err
    assert "mean of 2 seeds; spread" not in done.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--seeds", "0"], 2),
        (["--seeds", "101"], 2),
        (["--seeds", "2", "-s", "data.split.train=5000"], 2),
        (["--seeds", "2", "-s", "learning_rate.initial=1e30", "-s", "optimizer=gradient_descent"], 5),
    ],
)
def test_exit_codes(dlrun: Shell, words: list[str], code: int) -> None:
    assert dlrun("train", "small.yaml", "-q", *words).code == code
    assert Path("runs").exists() == (code == 5)


def test_a_failed_seed_is_said_and_the_others_go_on(dlrun: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_the_worker(monkeypatch, tmp_path, f"seed={derived_seeds(3, 3)[1]}")
    done = dlrun("train", "small.yaml", "--seeds", "3", *EPOCH)
    assert done.code == 1
    first, second = done.err.index(f"2/3  seed {derived_seeds(3, 3)[1]}  failed: the disk is full"), done.err.index("3/3  seed")
    assert "failed: the disk is full" in done.err[first:second].splitlines()[-1]  # the end of its log
    assert "(2 of 3): the disk is full" in done.err
    assert "the mean of 2 seeds" in done.out
    assert "failed" in done.out


def test_side_by_side_they_are_printed_in_their_order(dlrun: Shell) -> None:
    found = told(dlrun, "train", "small.yaml", "--seeds", "3", "-j", "2", *EPOCH)
    assert [run["seed"] for run in found["runs"]] == list(derived_seeds(3, 3))
    assert found["completed"] == 3


def test_every_evaluation_has_a_line_if_one_wants_them(dlrun: Shell) -> None:
    done = dlrun("train", "small.yaml", "--seeds", "2", "-v", "-s", "training.epochs=2")
    assert [line.split("  ")[:2] for line in done.err.splitlines() if "epoch" in line] == [
        [f"seed {seed}", f"epoch {epoch}"] for seed in derived_seeds(3, 2) for epoch in (1, 2)
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-j", "2"], "one run is one process"),
        (["-j", "0", "--seeds", "2"], "-j"),
    ],
)
def test_j_is_refused_where_it_means_nothing(dlrun: Shell, words: list[str], said: str) -> None:
    done = dlrun("train", "small.yaml", *words)
    assert done.code == 2
    assert said in done.err
    assert not Path("runs").exists()


def test_there_are_never_more_than_cores(dlrun: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlrun.experiment.threads.cores", lambda: 1)
    done = dlrun("train", "small.yaml", "--seeds", "2", "-j", "9", *EPOCH)
    assert done.code == 0
    assert "1 at once, not 9" in done.err


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(dlrun: Shell, tmp_path: Path) -> None:
    process = start("train", "small.yaml", "--seeds", "3", "-s", "training.epochs=600", "--format", "json", cwd=tmp_path)
    training_in(tmp_path / "runs", 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "1 of 3 seeds are done, 1 not begun" in err
    assert "dlrun resume" in err
    assert [run["status"] for run in json.loads(out)["runs"]] == ["completed", "interrupted"]
    by_hand = err.partition("the next one alone: dlrun ")[2].splitlines()[0].split()
    assert dlrun(*by_hand, "-q").code == 0
    assert dlrun("resume", "@last~1", "-q").code == 0
    (group,) = told(dlrun, "ls", "--groups")
    assert group["completed"] == 3
