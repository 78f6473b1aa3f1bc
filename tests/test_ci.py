"""What docs/ci holds for other people's CI does what it says: the very commands, in a repository that is not this one.

Installing is left out: it needs a package index, and what it would install is what is tested here.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
CI = ROOT / "docs/ci"
SMALL = """
data: {{source: {{kind: moons, examples: 300, noise: 0.2}}}}
architecture: {{hidden: [4]}}
training: {{epochs: {epochs}}}
gates: {{dev.error: "{gate}"}}
"""
GOOD, MISSED = SMALL.format(epochs=2, gate="<= 100%"), SMALL.format(epochs=2, gate="< 0.1%")
DIVERGES = GOOD + "optimizer: gradient_descent\nlearning_rate: 1e38\n"
WRONG = GOOD + "seeed: 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a repository with a folder of specs, in which `dlrun` is a command."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/dlrun"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m dlrun "$@"\n')
    command.chmod(0o755)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/first.yaml").write_text(GOOD)
    (tmp_path / "other.yaml").write_text("nothing: of ours\n")
    return tmp_path


def run(project: Path, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    known = {key: value for key, value in os.environ.items() if not key.startswith(("DLRUN_", "GIT_"))}
    env = {**known, "PATH": f"{project / 'bin'}:{os.environ['PATH']}", "NO_COLOR": "1", **environment}
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=120, check=False)


def workflow() -> dict[str, Any]:
    tree = yaml.load((CI / "experiments.yml").read_text(), yaml.BaseLoader)  # plain YAML takes `on` for true
    assert isinstance(tree, dict)
    return tree


def steps() -> list[dict[str, Any]]:
    (job,) = workflow()["jobs"].values()
    return list(job["steps"])


def test_github_knows_every_key_of_the_workflow() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    subprocess.run([*command, str(CI / "experiments.yml")], check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("second", "code", "said"),
    [
        (GOOD, 0, "**2 of 2 specs are complete**"),
        (MISSED, 3, "- second: dev.error must be < 0.1%, and is "),
        (DIVERGES, 1, "<summary>second: diverged</summary>"),
        (WRONG, 2, ""),
    ],
    ids=["good", "missed", "diverges", "wrong"],
)
def test_the_workflow_runs_the_specs_and_its_summary_says_what_came_of_them(
    project: Path, second: str, code: int, said: str
) -> None:
    (project / "configs/second.yaml").write_text(second)
    installing, *ours = [step["run"] for step in steps() if "run" in step]
    assert installing.startswith("pip install ")
    for number, text in enumerate(ours):
        script = project / f"step{number}.sh"
        script.write_text(text)
        done = run(project, "bash", "-e", str(script), GITHUB_STEP_SUMMARY=str(project / "summary.md"))  # as GitHub does
        assert done.returncode == code, done.stderr
    summary = (project / "summary.md").read_text()
    assert said in summary
    if code == 2:
        assert "second.yaml:6:1: unknown key 'seeed'" in done.stderr
        assert summary == ""
        return
    assert len(summary.splitlines()) < 25
    assert rows_of_the_only_table(summary) == 3
    (uploaded,) = [step["with"]["path"].split() for step in steps() if "upload-artifact" in step.get("uses", "")]
    assert all((project / path).exists() for path in uploaded)


def rows_of_the_only_table(text: str) -> int:
    """Return how many rows a Markdown reader finds, the heading among them; none has more or fewer cells than that."""
    kinds = [token.type for token in MarkdownIt("commonmark").enable("table").parse(text)]
    assert kinds.count("table_open") == 1
    assert kinds.count("th_open") + kinds.count("td_open") == 9 * kinds.count("tr_open")
    assert kinds.count("html_block") == 2 * text.count("<details>")
    return kinds.count("tr_open")


def hook_of(path: Path) -> dict[str, Any]:
    """Return the only hook of a file for pre-commit."""
    tree = yaml.safe_load(path.read_text())
    (hook,) = tree if isinstance(tree, list) else tree["repos"][0]["hooks"]
    assert isinstance(hook, dict)
    return hook


HOOKS = [CI / "pre-commit-config.yaml", ROOT / ".pre-commit-hooks.yaml"]


@pytest.mark.parametrize("path", HOOKS, ids=["config", "hooks"])
def test_pre_commit_takes_the_file(path: Path) -> None:
    kind = "validate-manifest" if path.name.endswith("hooks.yaml") else "validate-config"
    subprocess.run([sys.executable, "-m", "pre_commit", kind, str(path)], check=True, capture_output=True)


@pytest.mark.parametrize("path", HOOKS, ids=["config", "hooks"])
@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (WRONG, 2)], ids=["good", "wrong"])
def test_the_hook_checks_the_specs_and_no_other_files(project: Path, path: Path, text: str, code: int) -> None:
    (project / "configs/second.yaml").write_text(text)
    hook = hook_of(path)
    names = sorted(str(file.relative_to(project)) for file in project.rglob("*.y*ml"))
    chosen = [name for name in names if re.search(hook["files"], name)]
    assert chosen == ["configs/first.yaml", "configs/second.yaml"]
    done = run(project, *hook["entry"].split(), *chosen)
    assert done.returncode == code, done.stderr
    assert ("second.yaml:6:1: unknown key 'seeed'" in done.stderr) == (code == 2)


@pytest.mark.slow
@pytest.mark.parametrize("path", HOOKS, ids=["config", "hooks"])
def test_pre_commit_runs_it_on_what_is_to_be_committed(project: Path, path: Path) -> None:
    """In the environment that is there: making one of its own, as `language: python` asks, needs a package index."""
    hook = hook_of(path) | {"language": "system"}
    config = {"repos": [{"repo": "local", "hooks": [hook]}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (project / ".gitignore").write_text("bin/\n.home/\n")
    for words in (("init", "-q"), ("add", ".")):
        assert run(project, "git", *words).returncode == 0
    command = [sys.executable, "-m", "pre_commit", "run", "--color", "never"]
    done = run(project, *command, PRE_COMMIT_HOME=str(project / ".home"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "specs are valid" in done.stdout
    assert "Passed" in done.stdout
    (project / "configs/second.yaml").write_text(WRONG)
    run(project, "git", "add", "configs")
    done = run(project, *command, PRE_COMMIT_HOME=str(project / ".home"))
    assert done.returncode == 1
    assert "exit code: 2" in done.stdout
    assert "seeed" in done.stdout
