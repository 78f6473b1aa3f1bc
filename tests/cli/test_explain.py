import json
import re
from pathlib import Path

import pytest

from tests.cli.shell import dlrun


def test_one_key_in_full(tmp_path: Path) -> None:
    done = dlrun("explain", "training.early_stopping", cwd=tmp_path)
    assert done.returncode == 0
    for words in (
        "fits the training set · reduces variance",
        "allowed  a mapping with patience, watch and min_improvement or null",
        "default  null",
        "couples two knobs",
    ):
        assert words in done.stdout


def test_a_kind_with_its_formula_source_and_keys(tmp_path: Path) -> None:
    told = dlrun("explain", "adam", cwd=tmp_path).stdout
    for words in ("optimizer: adam  the default", "m = β₁ m + (1 − β₁) g,   v =", "arXiv:1412.6980", "optimizer.beta2  0.999"):
        assert words in told


def test_without_a_key_every_section_is_listed(tmp_path: Path) -> None:
    told = dlrun("explain", cwd=tmp_path).stdout
    for section in ("data", "architecture", "regularization.l2", "training.batch_size", "diagnosis.tolerance"):
        assert re.search(rf"^{re.escape(section)}\s", told, re.MULTILINE)


def test_words_lead_to_keys_and_say_how_they_differ(tmp_path: Path) -> None:
    told = dlrun("explain", "dropout", cwd=tmp_path).stdout
    assert told.startswith("regularization.keep_prob")
    assert "1 - the dropout rate" in told


@pytest.mark.parametrize("words", [("learning_rate",), ()])
def test_json_is_plain_data(words: tuple[str, ...], tmp_path: Path) -> None:
    topics = json.loads(dlrun("explain", *words, "--format", "json", cwd=tmp_path).stdout)
    assert {"key", "of_kinds", "what", "lesson", "allowed", "default", "purposes", "keys", "kinds"} == set(topics[0])


def test_an_unknown_word_is_a_usage_error(tmp_path: Path) -> None:
    done = dlrun("explain", "learning_rte", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean 'learning_rate'?" in done.stderr
    assert done.stdout == ""


def test_the_schema_is_printed_as_json(tmp_path: Path) -> None:
    schema = json.loads(dlrun("schema", cwd=tmp_path).stdout)
    assert "data" in schema["properties"]
