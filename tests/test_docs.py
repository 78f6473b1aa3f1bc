"""The docs are true: every key and command they name exists, every key and exit code is named, and their specs are valid."""

import re
from pathlib import Path

import pytest

from dlrun import errors
from dlrun.cli.app import BUG, app
from dlrun.spec import read_spec
from dlrun.spec.model import Spec
from dlrun.spec.schema import fields_of, key_paths

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
COMMANDS = {command.callback.__name__ for command in app.registered_commands if command.callback}


def named_keys() -> dict[str, str]:
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \| ([^|]+) \|", (ROOT / "docs/spec.md").read_text(), re.MULTILINE)
    return {key: default.strip() for key, default in rows}


def test_every_key_of_the_schema_is_explained_and_no_other() -> None:
    sections = {path for path in key_paths(Spec) if "." not in path and path not in {"dlrun", "name", "tags", "notes", "seed"}}
    explained_as_sections = sections - {"loss", "optimizer", "learning_rate"}
    assert set(named_keys()) == set(key_paths(Spec)) - explained_as_sections


@pytest.mark.parametrize(
    "key", ["training.epochs", "training.batch_size", "diagnosis.tolerance", "learning_rate.initial", "seed"]
)
def test_the_defaults_told_are_the_defaults(key: str) -> None:
    default: object = Spec.model_fields[key.split(".")[0]].default
    for step in key.split(".")[1:]:
        default = getattr(default, step)
    told = named_keys()[key].strip("`")
    number = float(told.rstrip("%")) / (100 if told.endswith("%") else 1)
    assert number == default


def test_every_kind_is_named() -> None:
    text = (ROOT / "docs/spec.md").read_text()

    def kinds(cls: type) -> set[str]:
        found: set[str] = set()
        for field in fields_of(cls).values():
            found |= set(field.shape.kinds)
            for inner in field.shape.classes:
                found |= kinds(inner)
        return found

    missing = {kind for kind in kinds(Spec) if not re.search(rf"\b{kind}\b", text)}
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_exist(page: Path) -> None:
    for command in re.findall(r"\bdlrun ([a-z]+)\b", page.read_text()):
        assert command in COMMANDS, f"{page.name} names `dlrun {command}`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_specs_shown_are_valid(page: Path, tmp_path: Path) -> None:
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)):
        path = tmp_path / f"spec{number}.yaml"
        path.write_text(text)
        read_spec(path)


def test_every_command_and_exit_code_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(f"`dlrun {command}" in readme for command in COMMANDS)
    of_errors = {str(error.exit_code) for error in vars(errors).values() if hasattr(error, "exit_code")}
    table = readme.partition("## Exit codes")[2].partition("##")[0]
    told = {code for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in cell.split(", ")}
    assert told == of_errors | {"0", str(BUG), "130", "143"}


def test_the_error_shown_in_the_readme_is_what_is_printed(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.search(r"```text\n(digits\.yaml:.*?)```", readme, re.DOTALL)
    assert shown
    text = (ROOT / "configs/digits.yaml").read_text().replace("l2: 0.1  ", "droput: 0.5").replace("beta1: 0.9", "beta1: 9.0")
    (tmp_path / "digits.yaml").write_text(text)
    with pytest.raises(errors.InvalidInput) as raised:
        read_spec(tmp_path / "digits.yaml")
    printed = str(raised.value).replace(f"{tmp_path}/", "")
    assert printed in shown[1]
