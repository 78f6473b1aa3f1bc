from pathlib import Path

import pytest

from dlrun import memory
from dlrun.errors import InvalidInput
from dlrun.experiment.setup import MAX_LAYERS
from dlrun.spec import read_spec, to_yaml
from tests.experiments import experiment, write_spec


def test_a_network_larger_than_memory_is_refused_at_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "total_bytes", lambda: 2**30)
    with pytest.raises(InvalidInput) as raised:
        experiment(tmp_path, "data: {source: digits}\narchitecture:\n  hidden: [1000000, 1000000]\n")
    (problem,) = raised.value.problems
    assert problem.where == f"{tmp_path}/small.yaml:3:3"
    assert problem.what.startswith(
        "architecture.hidden: does not fit into memory: this network and its batches of 1,024 need about"
    )
    assert problem.what.endswith("this machine has 1.0 GiB")


def test_examples_beyond_memory_are_refused_at_their_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "total_bytes", lambda: 2**30)
    with pytest.raises(InvalidInput) as raised:
        experiment(tmp_path, "data:\n  source: {kind: blobs, examples: 10000000, features: 10000}\n")
    (problem,) = raised.value.problems
    assert problem.where == f"{tmp_path}/small.yaml:2:35"


def test_layers_are_counted(tmp_path: Path) -> None:
    text = "data: {source: {kind: moons, examples: 50}}\narchitecture: {hidden: [%s]}\n"
    experiment(tmp_path, text % ", ".join(["1"] * 3))
    with pytest.raises(InvalidInput, match=r"architecture\.hidden has 1,001 layers, more than 1,000 are not built"):
        experiment(tmp_path, text % ", ".join(["1"] * (MAX_LAYERS + 1)))


def test_what_could_not_be_read_again_is_refused(tmp_path: Path) -> None:
    text = "data: {source: {kind: moons, examples: 50}}\narchitecture: {hidden: [%s]}\n"
    layer = "{units: 1, batch_norm: true, init: he}"
    read_spec(write_spec(tmp_path, to_yaml(experiment(tmp_path, text % ", ".join([layer] * 100)).spec)))
    with pytest.raises(InvalidInput, match="with every default written out, this spec is too large: more than 3,000 values"):
        experiment(tmp_path, text % ", ".join([layer] * 300))
    notes = "x" * 65_200
    with pytest.raises(InvalidInput, match="more than 65,536 bytes"):
        experiment(tmp_path, f"notes: {notes}\n{text % 1}")
