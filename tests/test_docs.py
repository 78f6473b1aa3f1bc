"""The docs are true: every key and command they name exists, every key and exit code is named, and their specs are valid."""

import doctest
import json
import re
import shlex
from pathlib import Path

import pytest

from dlrun import errors
from dlrun.cli.app import BUG, app
from dlrun.report.reference import contents, page
from dlrun.rundir.values import RUN_KEYS
from dlrun.spec import read_spec
from dlrun.spec.explanation import Key, keys, kinds
from tests.commands import Shell
from tests.stored_runs import store_run

ROOT = Path(__file__).parent.parent
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))]
FOR_CI = [path.read_text() for path in sorted((ROOT / "docs/ci").iterdir())]  # tried in test_ci.py
COMMANDS = {command.callback.__name__ for command in app.registered_commands if command.callback}


@pytest.mark.parametrize(
    "section", [key for key in keys() if not key.section and (key.keys or key.components)], ids=lambda key: key.path
)
def test_the_reference_is_what_the_classes_say(section: Key) -> None:
    committed = (ROOT / f"docs/spec/{section.path}.md").read_text()
    assert committed == page(section.path, [section]), "run: make docs"


def test_the_reference_names_every_key_and_every_kind() -> None:
    text = "".join(path.read_text() for path in PAGES)
    assert contents() == (ROOT / "docs/spec/experiment.md").read_text(), "run: make docs"
    assert [key.path for key in keys() if f"| `{key.path}` |" not in text] == []
    assert [kind.title for kind in kinds() if f"`{kind.name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_exist(page: Path) -> None:
    for command in re.findall(r"\bdlrun ([a-z]+)\b", page.read_text()):
        assert command in COMMANDS, f"{page.name} names `dlrun {command}`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_files_for_ci_are_shown_as_they_are() -> None:
    assert re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/batch.md").read_text(), re.DOTALL) == FOR_CI


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_specs_shown_are_valid(page: Path, tmp_path: Path) -> None:
    shown = [text for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL) if text not in FOR_CI]
    for number, text in enumerate(shown):
        path = tmp_path / f"spec{number}.yaml"
        path.write_text(text)
        read_spec(path)


@pytest.mark.parametrize("page", [page for page in PAGES if "```pycon" in page.read_text()], ids=lambda page: page.name)
def test_python_shown_gives_what_is_shown(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLRUN_RUNS", raising=False)
    shown = "\n".join(re.findall(r"```pycon\n(.*?)```", page.read_text(), re.DOTALL))
    told: list[str] = []
    test = doctest.DocTestParser().get_doctest(shown, {}, page.name, str(page), 0)
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append)
    assert not told, "".join(told)


def test_every_command_and_exit_code_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(f"`dlrun {command}" in readme for command in COMMANDS)
    of_errors = {str(error.exit_code) for error in vars(errors).values() if hasattr(error, "exit_code")}
    table = readme.partition("| exit code |")[2].partition("##")[0]
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


def test_the_commands_on_finding_runs_do_what_they_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    dlrun = Shell(monkeypatch, capsys)
    for minute, tail in enumerate(["6sd5", "rq4l", "caxw"]):
        store_run(Path("runs"), minute, tail)
    lines = re.findall(r"^\$ dlrun (.*)$", (ROOT / "docs/runs.md").read_text(), re.MULTILINE)
    assert len(lines) > 5
    for line in lines:
        assert (done := dlrun(*shlex.split(line))).code == 0, done.err


def test_the_first_five_minutes_are_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    dlrun = Shell(monkeypatch, capsys)
    page = (ROOT / "docs/first-five-minutes.md").read_text()
    table, spec = (re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)[0] for language in ("python", "yaml"))
    exec(table)
    shown = re.findall(r"^\$ dlrun (.*)\n((?:.*\n)*?)```", page, re.MULTILINE)
    assert [line.split()[0] for line, _ in shown] == ["init", "train", "evaluate"]
    for line, output in shown:
        done = dlrun(*shlex.split(line))
        assert done.code == 0, done.err
        assert not output or [said.rstrip() for said in done.err.splitlines()] == output.splitlines()
    assert spec in Path("flats.yaml").read_text()


def test_the_family_tree_is_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    dlrun = Shell(monkeypatch, capsys)
    told = (ROOT / "docs/resume.md").read_text().partition("## The family tree")[2]
    commands = re.findall(r"^\$ dlrun (.*)$", told, re.MULTILINE)
    *_, last = [dlrun(*shlex.split(command), *["-q"] * (not command.startswith("show"))) for command in commands]
    shown = told.partition("--lineage\n")[2].partition("\n```")[0]
    assert last.code == 0, last.err
    assert shape(last.out) == shape(shown)


def shape(tree: str) -> list[str]:
    """Return the lines of a tree without what another processor's last bits may decide: ids, figures, blocks."""
    words = [re.sub(r"\b[a-z2-7]{4}\b(?= (?:←| completed))", "id", line) for line in tree.splitlines()]
    words = [re.sub(r"[\d.]+ %|epoch \d+(?=, before|$)|, before it left$|[▁▂▃▄▅▆▇█]", "", word).rstrip() for word in words]
    return [word for word in words if set(word) - set(" │")]


def test_the_page_on_seeds_does_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    dlrun = Shell(monkeypatch, capsys)
    page = (ROOT / "docs/seeds.md").read_text()
    Path("iris.yaml").write_text("data: {source: {kind: moons, examples: 60}, split: {test: 20%}}\n")
    for line in re.findall(r"^\$ dlrun (.*)$", page, re.MULTILINE):
        done = dlrun(*shlex.split(line), *(["-q", "-s", "training.epochs=2"] if line.startswith("train") else []))
        assert done.code == 0, done.err
    told = json.loads(dlrun("ls", "--groups", "--format", "json").out)
    assert all(f'"{key}"' in page for key in (*told[0].keys() - {"spec"}, "diagnosis"))


def test_every_value_of_a_run_is_named() -> None:
    told = " ".join(re.findall(r"A key is one of a run \(`([^`]*)`", (ROOT / "docs/runs.md").read_text())).split()
    assert told == list(RUN_KEYS)
