"""Completion as the shells ask for it: bash, zsh and fish each have their own way."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.cli.completion import BEFORE, rejoin_bash_words
from dlrun.rundir.groups import group_key
from dlrun.rundir.values import RUN_KEYS
from dlrun.spec import read_spec
from tests.commands import Shell
from tests.stored_runs import SPEC, spec_with, store_run

Complete = Callable[..., list[str]]

MINIMAL = "data: {source: digits}\n"


def split_as_bash_does(line: str) -> list[str]:
    """Return COMP_WORDS of a line without quotes: `=`, `:` and `@` are words of their own."""
    words: list[str] = []
    for word in line.split(" "):
        parts = [part for part in word.replace("=", "\n=\n").replace(":", "\n:\n").replace("@", "\n@\n").split("\n") if part]
        words += parts or [""]
    return words


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    store_run(Path("runs"), 0, "aaaa")
    store_run(
        Path("runs"), 1, "bbbb", dev_error=None, status="failed", spec=spec_with(optimizer={"kind": "momentum", "beta": 0.9})
    )
    store_run(Path("others"), 2, "cccc")
    for path in ("wide.yaml", "deep.yml", "notes.txt", "configs/one/only.yaml", "empty/notes.txt", ".hidden/a.yaml"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(MINIMAL)
    return tmp_path


@pytest.fixture
def complete(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Return what is offered in a shell, and nothing may be said beside it."""
    dlrun = Shell(monkeypatch, capsys)

    def ask(line: str, shell: str = "bash") -> list[str]:
        words = split_as_bash_does(line)
        variables = {
            "_DLRUN_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": "\n".join(words),
            "COMP_CWORD": str(len(words) - 1),
            "_TYPER_COMPLETE_ARGS": line,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv(BEFORE, raising=False)
        done = dlrun()
        assert (done.code, done.err) == (0, "")
        return done.out.split() if shell == "bash" else done.out.strip().splitlines()

    return ask


A, B = "20260131-120000-digits-aaaa", "20260131-120100-digits-bbbb"


def test_verbs(complete: Complete) -> None:
    assert complete("dlrun va") == ["validate"]


@pytest.mark.parametrize(
    "command", ["diagnose", "evaluate", "export", "rm", "rm @last", "compare", "compare @last", "compare --against"]
)
def test_runs_newest_first(complete: Complete, command: str) -> None:
    assert complete(f"dlrun {command} ") == ["@last", "@best", B, A]
    assert complete(f"dlrun {command} @b") == ["@best"]
    assert complete(f"dlrun {command} 20260131-1200") == [A]
    assert complete(f"dlrun {command} zzz") == []


@pytest.mark.parametrize("words", ["--seeds ", "--seeds @last ", "--seeds --against "])
def test_keys_of_groups_where_seeds_are_compared(complete: Complete, words: str) -> None:
    first = group_key(SPEC)
    newest, oldest, *rest = complete(f"dlrun compare {words}")
    assert newest != oldest == first
    assert rest == ["@last", "@best", B, A]
    assert complete(f"dlrun compare {words}{first[:5]}") == [first]


@pytest.mark.parametrize("words", ["diagnose --runs-dir others ", "diagnose --runs-dir=others "])
def test_runs_of_the_directory_that_is_named(complete: Complete, words: str) -> None:
    assert complete(f"dlrun {words}2026") == ["20260131-120200-digits-cccc"]


def test_runs_of_the_directory_in_the_environment(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLRUN_RUNS", "others")
    assert complete("dlrun diagnose 2026") == ["20260131-120200-digits-cccc"]


@pytest.mark.parametrize("command", ["train", "validate", "validate wide.yaml"])
def test_specs_and_the_folders_that_may_hold_some(complete: Complete, command: str) -> None:
    assert complete(f"dlrun {command} ") == ["configs/", "deep.yml", "empty/", "others/", "runs/", "wide.yaml"]
    assert complete(f"dlrun {command} w") == ["wide.yaml"]
    assert complete(f"dlrun {command} .h") == [".hidden/a.yaml"]
    assert complete(f"dlrun {command} nowhere/x") == []


def test_a_folder_that_is_the_only_one_meant_is_looked_into(complete: Complete, home: Path) -> None:
    assert complete("dlrun train con") == ["configs/one/only.yaml"]
    assert complete("dlrun train configs/") == ["configs/one/only.yaml"]
    assert complete(f"dlrun train {home}/configs/o") == [f"{home}/configs/one/only.yaml"]
    assert complete("dlrun train em") == []  # then the shell offers files


def test_a_folder_that_leads_back_to_itself_ends(complete: Complete) -> None:
    Path("loop").mkdir()
    Path("loop/again").symlink_to(".")
    assert complete("dlrun train loo") == ["loop/again/"]


def test_a_gradient_check_takes_both(complete: Complete) -> None:
    assert complete("dlrun gradcheck w") == ["wide.yaml"]
    assert complete("dlrun gradcheck @l") == ["@last"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("seed=", ["0"]),
        ("optimizer.kind=ada", ["adagrad", "adam", "adamw"]),
        ("optimizer=mo", ["momentum"]),
        ("optimizer.ki", ["optimizer.kind=adam", "optimizer.kind=nadam"]),
        ("architecture.batch_norm=", ["true", "false"]),
        ("training.ep", ["training.epochs=30"]),
        ("training.threads=a", ["auto"]),
        ("training.early_stopping.p", ["training.early_stopping.patience="]),
        ("training.early_stopping=", ["null"]),
        ("data.nothing", []),
        ("data.nothing=", []),
    ],
)
def test_overrides_are_keys_then_words(complete: Complete, typed: str, offered: list[str]) -> None:
    found = complete(f"dlrun train wide.yaml -s {typed}")
    assert set(offered) <= set(found)
    assert bool(offered) == bool(found)


def test_only_what_follows_the_sign_is_offered_to_bash_and_all_of_it_to_others(complete: Complete) -> None:
    line = "dlrun train wide.yaml -s seed=1 -s optimizer.kind=ada"
    words = ["adagrad", "adam", "adamw"]
    assert complete(line) == words
    assert complete(line, "fish") == [f"optimizer.kind={word}" for word in words]
    assert [word in " ".join(complete(line, "zsh")) for word in words] == [True] * 3
    assert complete("dlrun train -s seed=1 wi") == ["wide.yaml"]


def test_what_is_offered_can_be_typed(complete: Complete, home: Path) -> None:
    keys = [
        word
        for section in ("optimizer", "training", "regularization", "seed")
        for word in complete(f"dlrun train a -s {section}", "fish")
    ]
    offered = {word for key in keys for word in complete(f"dlrun train wide.yaml -s {key}", "fish") if not word.endswith("=")}
    assert len(offered) > 25
    for word in offered - {"training.clip.norm=null", "training.clip.value=null"}:  # each needs the other
        key = word.partition("=")[0]
        kind = {"optimizer.beta": "momentum", "optimizer.bias_correction": "momentum", "optimizer.weight_decay": "adamw"}.get(key)
        stopping = ["training.early_stopping={patience: 3}"] if key.startswith("training.early_stopping.") else []
        read_spec(home / "wide.yaml", ["regularization.l2=0.1", *([f"optimizer.kind={kind}"] if kind else []), *stopping, word])


def test_sorting_and_filtering(complete: Complete) -> None:
    assert complete("dlrun ls --sort dev_e") == ["dev_error"]
    assert complete("dlrun ls --sort learning_rate.i") == ["learning_rate.initial"]
    assert set(RUN_KEYS) < set(complete("dlrun ls --sort "))
    assert complete("dlrun ls --where optimizer.k") == ["optimizer.kind="]
    assert complete("dlrun ls --where optimizer.kind=") == ["momentum", "adam"]
    assert complete("dlrun ls --where status=f", "fish") == ["status=failed"]
    assert complete("dlrun ls --status l") == ["lost"]


def test_what_can_be_explained(complete: Complete) -> None:
    assert complete("dlrun explain optimizer.beta1") == ["optimizer.beta1"]
    assert complete("dlrun explain nest") == ["nesterov"]


def test_shells_that_show_it_are_told_what_a_run_is(complete: Complete) -> None:
    assert complete("dlrun diagnose 20260131-120000", "fish") == [f"{A}\tdigits, completed, dev error 2.00 %"]
    assert complete("dlrun diagnose 20260131-120100", "fish") == [f"{B}\tdigits, failed"]


HOSTILE = "\x1b[31m\\$(touch pwned)`touch pwned`'\"; touch pwned\n|"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_others_wrote_is_safe_in_a_shell_that_evaluates_it(complete: Complete, shell: str) -> None:
    store_run(Path("runs"), 5, "eeee", name=HOSTILE, spec=spec_with(tags=HOSTILE, **{HOSTILE: 1}), summary={"metric": HOSTILE})
    Path("runs/20260131-120900-damaged-ffff").mkdir()
    Path("runs/20260131-120900-damaged-ffff/run.json").write_text("{")
    Path("sub").mkdir()
    Path("sub/$(touch pwned).yaml").write_text("")
    for line in ("diagnose 2026", "ls --where ", "ls --where tags=", "ls --sort ", "train sub/", "train "):
        offered = "\n".join(complete(f"dlrun {line}", shell)).replace("_arguments '*: :((", "").replace("))'", "")
        assert not set(offered) & set("\\$`';|\x1b")


def test_nothing_is_said_whatever_is_wrong(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("/dev/null", "missing", "\x00", "notes.txt"):
        if "\x00" not in wrong:
            monkeypatch.setenv("DLRUN_RUNS", wrong)
            assert complete("dlrun diagnose ") == []
    monkeypatch.setenv("DLRUN_RUNS", "runs")
    shutil.rmtree("runs")
    for line in ("diagnose ", "ls --where x=", "train ~nobody/", "train a -s ..=", "train a -s optimizer.kind.kind=", "rm @la"):
        complete(f"dlrun {line}")


@pytest.mark.parametrize(
    ("line", "rejoined", "before"),
    [
        ("dlrun train a.yaml -s x.y=ad", ["dlrun", "train", "a.yaml", "-s", "ad"], "x.y="),
        ("dlrun train a.yaml -s x.y=", ["dlrun", "train", "a.yaml", "-s", ""], "x.y="),
        ("dlrun train -s x=1 -s y=2 ", ["dlrun", "train", "-s", "x=1", "-s", "y=2", ""], ""),
        ("dlrun diagnose @la", ["dlrun", "diagnose", "@la"], ""),
        ("dlrun diagnose @", ["dlrun", "diagnose", "@"], ""),
        ("dlrun ls --runs-dir=ru", ["dlrun", "ls", "--runs-dir", "ru"], ""),
        ("dlrun ls --runs-dir=", ["dlrun", "ls", "--runs-dir", ""], ""),
        ("dlrun ls --runs-dir=a --sort x", ["dlrun", "ls", "--runs-dir", "a", "--sort", "x"], ""),
        ("dlrun train c:d", ["dlrun", "train", "d"], "c:"),
        ("dlrun ", ["dlrun", ""], ""),
    ],
)
def test_the_words_of_bash_are_joined_again(line: str, rejoined: list[str], before: str) -> None:
    words = split_as_bash_does(line)
    environment = {"_DLRUN_COMPLETE": "complete_bash", "COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    rejoin_bash_words(environment)
    assert environment["COMP_WORDS"].split("\n") == rejoined
    assert environment["COMP_CWORD"] == str(len(rejoined) - 1)
    assert environment[BEFORE] == before


@given(words=st.text(alphabet="ab=:@-.\n ", max_size=30), position=st.integers(0, 12))
def test_any_words_can_be_joined(words: str, position: int) -> None:
    rejoin_bash_words({"_DLRUN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(position)})


def test_other_environments_are_left_alone() -> None:
    for environment in ({}, {"_DLRUN_COMPLETE": "complete_zsh", "COMP_WORDS": "a\n=\nb"}):
        before = dict(environment)
        rejoin_bash_words(environment)
        assert environment == before


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_real_bash_with_the_script_that_is_installed(home: Path) -> None:
    start = "import sys; sys.argv[0] = 'dlrun'; from dlrun.cli.app import main; main()"
    (home / "bin").mkdir()
    program = home / "bin/dlrun"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(start)} "$@"\n')
    program.chmod(0o755)
    script = dedent("""
        source <(dlrun --show-completion bash)
        COMP_WORDS=(dlrun train wide.yaml -s optimizer.kind = ada) COMP_CWORD=6
        _dlrun_completion dlrun ada =
        echo "${COMPREPLY[@]}"
        COMP_WORDS=(dlrun rm @ la) COMP_CWORD=3
        _dlrun_completion dlrun @la rm
        echo "${COMPREPLY[@]}"
    """)
    path = os.pathsep.join([str(home / "bin"), os.environ["PATH"]])
    here = str(Path(__file__).parents[2])
    env = os.environ | {"PATH": path, "PYTHONPATH": here, "SHELL": "/bin/bash"}
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=home, env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["adagrad adam adamw", "@last"], done.stderr
