"""The JSON Schema allows what `read_spec` reads and refuses what an editor can know to be wrong."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from dlrun.errors import InvalidInput
from dlrun.spec import read_spec, to_yaml
from dlrun.spec.json_schema import DRAFT, json_schema
from dlrun.spec.model import Spec
from tests.strategies import instances

ROOT = Path(__file__).parent.parent.parent
SPECS = [*sorted((ROOT / "configs").glob("*.yaml")), *sorted((ROOT / "benchmarks/specs").glob("*.yaml"))]
VALIDATOR = Draft7Validator(json_schema())


def loaded(text: str) -> Any:
    """Return YAML as an editor's server reads it: by version 1.2."""
    return YAML(typ="safe", pure=True).load(StringIO(dedent(text)))


def check(schema: Path, *specs: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), *map(str, specs)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_is_a_schema_of_the_draft_it_names() -> None:
    Draft7Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == DRAFT


RIGHT = {
    "words for kinds": "{data: {source: digits}, optimizer: momentum, architecture: {init: he, batch_norm: true}}",
    "percents": "{data: {source: digits, split: {train: 60%, dev: .5%, test: 0}}, diagnosis: {target_error: 1%}}",
    "bare numbers": "{data: {source: digits}, learning_rate: 1e-3, training: {clip: 1.0, batch_size: full}}",
    "default kinds": "{data: {source: digits}, optimizer: {beta1: 0.8}, architecture: {batch_norm: {running_beta: 0.5}}}",
    "layers": "{data: {source: digits}, architecture: {hidden: [64, {units: 32, activation: tanh, keep_prob: 80%}]}}",
    "dropout": "{data: {source: digits}, regularization: {keep_prob: {input: 0.8, hidden: [0.5]}}}",
    "a schedule": "{data: {source: digits}, learning_rate: {decay: {kind: manual, rates: [{epoch: 3, rate: 0.1}]}}}",
    "a period": "{data: {source: digits}, training: {evaluate_every: 500 steps, record_steps: off}}",
    "gates": "{data: {source: digits}, gates: {dev.error: '< 8%', dev.macro_f1: '>0.9', dev.error vs @last: not worse}}",
    "another spec": "{extends: base.yaml, training: {epochs: 3}}",
    "a source whose kind the other spec says": "{extends: base.yaml, data: {source: {path: other.csv}}}",
}

WRONG = {
    "an unknown key": "{data: {source: digits}, regularization: {droput: 0.5}}",
    "a key of another kind": "{data: {source: digits}, optimizer: {kind: adam, beta: 0.9}}",
    "an unknown kind": "{data: {source: digits}, optimizer: adm}",
    "an unknown kind in a mapping": "{data: {source: digits}, optimizer: {kind: adm}}",
    "out of bounds": "{data: {source: digits}, optimizer: {beta1: 1.0}}",
    "text for a number": "{data: {source: digits}, training: {epochs: many}}",
    "half an epoch": "{data: {source: digits}, training: {epochs: 1.5}}",
    "a fraction of the wrong form": "{data: {source: digits}, split: {dev: 20 percent}}",
    "no data": "{seed: 3}",
    "no source": "{data: {split: {dev: 0}}}",
    "a missing key of a kind": "{data: {source: {kind: csv, path: a.csv}}}",
    "a word for a kind that needs keys": "{data: {source: csv}}",
    "a layer without units": "{data: {source: digits}, architecture: {hidden: [{activation: tanh}]}}",
    "no unit": "{data: {source: digits}, architecture: {hidden: [0]}}",
    "a bad period": "{data: {source: digits}, training: {evaluate_every: 3 hours}}",
    "a bad name": "{data: {source: digits}, name: ../up}",
    "a later format": "{dlrun: 2, data: {source: digits}}",
    "an unknown quantity": "{data: {source: digits}, gates: {dev.eror: '< 8%'}}",
    "no condition": "{data: {source: digits}, gates: {dev.error: about 8%}}",
    "a comparison with nobody": "{data: {source: digits}, gates: {dev.error: not worse}}",
    "a comparison by a number": "{data: {source: digits}, gates: {dev.error vs @last: '< 8%'}}",
    "a list": "[1, 2]",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_allowed(text: str, tmp_path: Path) -> None:
    assert VALIDATOR.is_valid(loaded(text))
    if "extends" not in text:
        (tmp_path / "a.yaml").write_text(text)
        read_spec(tmp_path / "a.yaml")


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(text: str, tmp_path: Path) -> None:
    assert not VALIDATOR.is_valid(loaded(text))
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(InvalidInput):
        read_spec(tmp_path / "a.yaml")


@settings(max_examples=60)
@given(spec=instances(Spec))
def test_whatever_is_written_out_is_allowed(spec: Spec) -> None:
    errors = list(VALIDATOR.iter_errors(loaded(to_yaml(spec))))
    assert errors == []


def test_check_jsonschema_accepts_it_and_every_config_and_refuses_wrong_ones(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(json_schema()))
    done = check(schema, *SPECS)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = []
    for number, text in enumerate(WRONG.values()):
        wrong.append(tmp_path / f"wrong{number}.yaml")
        wrong[-1].write_text(text)
    done = check(schema, *wrong)
    assert done.returncode == 1
    assert all(path.name in done.stdout for path in wrong)
