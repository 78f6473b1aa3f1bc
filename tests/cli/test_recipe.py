import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlrun.diagnosis.recipe import recipe
from dlrun.experiment.setup import set_up
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.spec import read_spec
from tests.commands import Shell
from tests.diagnosis.test_recipe import BIAS, BOTH, VARIANCE
from tests.diagnosis.trained import course, layers
from tests.experiments import REGRESSION, SMALL, write_spec, write_table

EPOCH = ("-s", "training.epochs=1", "-q")


def test_advice_is_numbered_with_its_command(dlrun: Shell) -> None:
    dlrun("train", "small.yaml", *EPOCH)
    done = dlrun("recipe", "@last")
    assert done.code == 0, done.err
    for words in ("1. ", "observed", "costs", "expect", "dlrun train runs/"):
        assert words in done.out
    told = json.loads(dlrun("recipe", "@last", "--format", "json").out)
    assert set(told) == {"run", "headline", "advice"}
    assert set(told["advice"][0]) == {
        "side", "reason", "observed", "patch", "expect", "parameters_before", "parameters_after", "times", "seconds",
        "command",
    }  # fmt: skip
    assert dlrun("recipe", "@last", "--format", "md").out.startswith("1. **")


def test_the_first_patch_is_what_train_says_next(dlrun: Shell) -> None:
    printed = dlrun("train", "small.yaml", "-s", "training.epochs=1").out
    advice = json.loads(dlrun("recipe", "@last", "--format", "json").out)["advice"]
    assert next(one["reason"] for one in advice if one["patch"]) in " ".join(printed.split())


@pytest.mark.parametrize(
    "overrides",
    [
        (), ("architecture.hidden=[{units: 8, batch_norm: true}, 4]",), ("architecture.hidden=[]", "regularization.keep_prob=1"),
        ("optimizer=momentum", "regularization.keep_prob={input: 0.9, hidden: [0.8]}", "training.early_stopping={patience: 2}"),
    ],
)  # fmt: skip
def test_every_patch_can_be_trained(dlrun: Shell, tmp_path: Path, overrides: tuple[str, ...]) -> None:
    """Whatever the verdict had been: the run's spec with each patch is a spec, and fits the data."""
    words = [word for change in overrides for word in ("-s", change)]
    told: Any = json.loads(dlrun("train", "small.yaml", *EPOCH, *words, "--format", "json").out)
    paths = RunPaths(Path(told["path"]))
    record = RunRecord.load(paths)
    for diagnosis in (BIAS, VARIANCE, BOTH, replace(BIAS, optimization=course(update=0.05), health=layers())):
        for one in recipe(diagnosis, situation_of(record)):
            changes = [f"{key}={value}" for key, value in one.patch.items()]
            set_up(read_spec(paths.resolved, changes))


def situation_of(record: RunRecord) -> Any:
    from dlrun.diagnosis.situation import Situation

    return Situation.of(record.spec, record.summary, record.seconds)


def test_parameters_are_counted_as_the_network_has_them(dlrun: Shell, tmp_path: Path) -> None:
    write_table(tmp_path)
    write_spec(tmp_path, REGRESSION, "regression.yaml")
    write_spec(tmp_path, SMALL, "small.yaml")
    for spec in ("small.yaml", "regression.yaml"):
        told = json.loads(dlrun("train", spec, *EPOCH, "-s", "architecture.hidden=[7, 5]", "--format", "json").out)
        record = RunRecord.load(RunPaths(Path(told["path"])))
        assert situation_of(record).weights((7, 5)) == record.summary["parameters"]


def test_a_patch_becomes_a_spec(dlrun: Shell, tmp_path: Path) -> None:
    dlrun("train", "small.yaml", *EPOCH)
    advice = json.loads(dlrun("recipe", "@last", "--out", "next.yaml", "--format", "json").out)["advice"]
    picked = next(one["patch"] for one in advice if one["patch"])
    text = (tmp_path / "next.yaml").read_text()
    assert all(f"#   {key}: {value}" in text for key, value in picked.items())
    assert dlrun("train", "next.yaml", *EPOCH).code == 0
    again = dlrun("recipe", "@last", "--out", "next.yaml")
    assert again.code == 2
    assert "there already" in again.err
    refused = dlrun("recipe", "@last", "--pick", "99", "--out", "other.yaml")
    assert refused.code == 2
    assert "→ pick" in refused.err


def test_a_run_without_a_diagnosis_has_no_recipe(dlrun: Shell) -> None:
    assert dlrun("recipe", "@last").code == 2


def test_the_advice_is_in_the_diagnosis_too(dlrun: Shell, tmp_path: Path) -> None:
    told = json.loads(dlrun("train", "small.yaml", *EPOCH, "--format", "json").out)
    stored = json.loads((Path(told["path"]) / "diagnosis.json").read_text())["advice"]
    advised = json.loads(dlrun("recipe", "@last", "--format", "json").out)["advice"]
    assert stored == [{key: value for key, value in one.items() if key not in ("seconds", "command")} for one in advised]
    assert json.loads(dlrun("diagnose", "@last", "--format", "json").out)["advice"] == stored
    done = dlrun("diagnose", "@last")
    assert 1 <= done.out.count("\ntry  -s ") <= 3
    assert f"dlrun recipe {told['run']}" in done.out
    assert "And after that:" in (Path(told["path"]) / "report.md").read_text()
