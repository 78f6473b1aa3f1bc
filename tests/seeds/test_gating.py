"""Gates of runs that differ by their seed alone, and of folds: judged together, by train, gate and diagnose."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Shell
from tests.experiments import REGRESSION, write_spec, write_table

EPOCH = ("-s", "training.epochs=1", "-q")
SEEDS, FOLDS = ("--seeds", "2"), ("--folds", "3")
PASS = 'gates={steps: "< 100", dev.error: "< 99.9%"}'
FAIL = 'gates={steps: "< 1"}'
OPEN = 'gates={variance: "< 0.0001 points"}'


def read_json(text: str) -> Any:
    return json.loads(text)


@pytest.mark.parametrize("several", [SEEDS, FOLDS], ids=["seeds", "folds"])
@pytest.mark.parametrize(("gates", "strict", "code"), [(PASS, True, 0), (FAIL, False, 3), (OPEN, False, 0), (OPEN, True, 4)])
def test_the_exit_code_is_that_of_all_together(
    dlrun: Shell, several: tuple[str, str], gates: str, strict: bool, code: int
) -> None:
    done = dlrun("train", "small.yaml", *several, *EPOCH, "-s", gates, "--format", "json", *(["--strict"] if strict else []))
    assert done.code == code, done.err
    assert [row["gate"] for row in read_json(done.out)["gates"]] == [entry.split(":")[0] for entry in gates[7:-1].split(", ")]
    assert ("gate failed" in done.err) == (code == 3)
    assert ("gate inconclusive" in done.err) == (code == 4)


def test_gate_and_diagnose_see_what_train_saw(dlrun: Shell) -> None:
    words = ("-s", 'gates={dev.error: "< 99%", dev.loss: "< 9", dev.auc: "> 0.01", seconds: "< 600", train.loss: "< 9"}')
    trained = read_json(dlrun("train", "small.yaml", *SEEDS, *EPOCH, *words, "--format", "json").out)
    judged = read_json(dlrun("gate", "@last", "--seeds", "--format", "json").out)
    diagnosed = read_json(dlrun("diagnose", "@last", "--seeds", "--format", "json").out)
    assert trained["gates"] == judged["gates"] == diagnosed["gates"]
    assert judged["group"] == trained["group"]
    assert {row["outcome"] for row in judged["gates"]} <= {"pass", "inconclusive"}
    assert all(row["value"] is not None for row in judged["gates"])
    for printed in (dlrun("gate", "@last", "--seeds").out, dlrun("diagnose", "@last", "--seeds").out):
        assert "dev.auc" in printed
    assert dlrun("gate", "@last", "--seeds", "steps < 1").code == 3
    assert dlrun("gate", "@last", "--seeds", "dev.mae < 1").code == 2


def test_seeds_are_compared_with_the_run_that_was_the_last_one_when_they_began(dlrun: Shell) -> None:
    first = read_json(dlrun("train", "small.yaml", *EPOCH, "--format", "json").out)["run"]
    done = dlrun("train", "small.yaml", *SEEDS, *EPOCH, "-s", 'gates={dev.error vs @last: "not worse"}', "--format", "json")
    (row,) = read_json(done.out)["gates"]
    assert row["gate"] == f"dev.error vs {first}"
    assert row["n"] == 60


def test_folds_are_compared_with_folds_only(dlrun: Shell) -> None:
    gate = ("-s", 'gates={dev.error vs @last: "not worse"}')
    dlrun("train", "small.yaml", *EPOCH)
    refused = dlrun("train", "small.yaml", *FOLDS, *EPOCH, *gate)
    assert refused.code == 2
    assert "260 and 60, 60 in both" in " ".join(refused.err.split())
    pooled = read_json(dlrun("train", "small.yaml", *FOLDS, *EPOCH, "--format", "json").out)["run"]
    (row,) = read_json(dlrun("train", "small.yaml", *FOLDS, *EPOCH, *gate, "--format", "json").out)["gates"]
    assert (row["gate"], row["n"], row["value"]) == (f"dev.error vs {pooled}", 260, 0.0)
    assert "dev.error vs" in dlrun("gate", "@last").out


def test_a_gate_that_folds_cannot_have_is_said_before_anything_runs(dlrun: Shell, tmp_path: Path) -> None:
    refused = dlrun("train", "small.yaml", *FOLDS, *EPOCH, "-s", 'gates={dev.mae: "< 1"}')
    assert refused.code == 2
    assert "dev.mae is of a regression" in refused.err
    assert not list((tmp_path / "runs").glob("2*"))


def test_a_regression_has_gates_together_too(dlrun: Shell, tmp_path: Path) -> None:
    write_table(tmp_path)
    write_spec(tmp_path, REGRESSION, "regression.yaml")
    words = ("-s", 'gates={dev.error: "< 1000", dev.mae: "< 1000", dev.r2: "> -1"}', "--format", "json", *EPOCH)
    for several in (SEEDS, FOLDS):
        done = dlrun("train", "regression.yaml", *several, *words)
        assert done.code == 0, done.err
        assert [row["gate"] for row in read_json(done.out)["gates"]] == ["dev.error", "dev.mae", "dev.r2"]
        assert all(row["value"] is not None for row in read_json(done.out)["gates"])


def test_a_group_of_one_is_none(dlrun: Shell) -> None:
    dlrun("train", "small.yaml", *EPOCH)
    refused = dlrun("gate", "@last", "--seeds", "steps < 9")
    assert refused.code == 2
    assert "no other completed run differs from this one by its seed alone" in refused.err


def test_gates_do_not_part_a_group(dlrun: Shell) -> None:
    dlrun("train", "small.yaml", *SEEDS, *EPOCH)
    assert dlrun("train", "small.yaml", *SEEDS, *EPOCH, "-s", 'gates={steps: "< 100"}').code == 0
    assert len(dlrun("ls", "--groups").out.splitlines()) == 2
