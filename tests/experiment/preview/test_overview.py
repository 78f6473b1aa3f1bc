import json
from pathlib import Path

import pytest

from dlrun.experiment.preview.overview import overview
from dlrun.rundir.files import as_json
from dlrun.spec.differences import differences
from tests.experiments import REGRESSION, SMALL, experiment, write_table

KEYS = {
    "spec", "differs", "layers", "parameters", "examples", "features", "epochs", "steps_per_epoch", "total_steps", "batch_size",
    "last_batch", "dtype", "threads", "kernels", "memory", "meaning", "dev", "advice", "notes",
}  # fmt: skip


@pytest.mark.parametrize("text", [SMALL, REGRESSION], ids=["classes", "regression"])
def test_the_contract_is_plain_data_and_its_keys_are_stable(tmp_path: Path, text: str) -> None:
    write_table(tmp_path)
    e = experiment(tmp_path, text)
    tree = overview(e, differences(e.spec, e.loaded.spec))
    assert set(tree) == KEYS
    again = json.loads(as_json(tree))
    assert again["parameters"] == e.network.params.count
    assert again["dev"]["n"] == len(e.splits.dev or ())
    assert again["dev"]["scale"] == e.plan.error_unit


@pytest.mark.parametrize(
    ("change", "steps", "last"),
    [
        ("seed=1", 7, 8),
        ("training.batch_size=full", 1, 200),
        ("training.batch_size=50", 4, 50),
        ("architecture.batch_norm=true", 7, 8),
    ],
)
def test_steps_and_the_last_batch(tmp_path: Path, change: str, steps: int, last: int) -> None:
    e = experiment(tmp_path, SMALL, change)
    tree = overview(e, ())
    assert (tree["steps_per_epoch"], tree["last_batch"], tree["total_steps"]) == (steps, last, 3 * steps)


def test_a_last_example_that_joins_the_batch_before_it(tmp_path: Path) -> None:
    tree = overview(experiment(tmp_path, SMALL, "architecture.batch_norm=true", "data.split.train=193"), ())
    assert (tree["steps_per_epoch"], tree["last_batch"]) == (6, 33)


def test_without_a_dev_part_nothing_is_decided(tmp_path: Path) -> None:
    assert overview(experiment(tmp_path, SMALL, "data.split={train: 200, dev: 0, test: 0}"), ())["dev"] is None
