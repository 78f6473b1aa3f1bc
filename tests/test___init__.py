"""What `import dlrun` offers: everything it promises, typed, and nothing loaded before it is used."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import dlrun

ROOT = Path(__file__).parent.parent


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_name_is_there_and_listed() -> None:
    for name in dlrun.__all__:
        assert getattr(dlrun, name)
        assert name in dir(dlrun)
    with pytest.raises(AttributeError, match="module 'dlrun' has no attribute 'trian'"):
        dlrun.trian  # type: ignore[attr-defined]  # noqa: B018


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = {"numpy", "pandas", "pydantic", "yaml", "typer", "rich", "scipy"}
    assert python(f"import sys, dlrun; print({heavy} & set(sys.modules))") == "set()"
    assert python("import sys, dlrun; dlrun.train, dlrun.load; print({'pandas', 'scipy', 'typer'} & set(sys.modules))") == "set()"


def test_its_help_names_what_there_is() -> None:
    shown = python("import pydoc, dlrun; print(pydoc.plain(pydoc.render_doc(dlrun)))")
    for name in ("train(", "load(", "class Run", "predict_proba("):
        assert name in shown


def test_the_examples_of_the_docstrings_are_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLRUN_RUNS", raising=False)
    names: dict[str, object] = {"dlrun": dlrun}
    told: list[str] = []
    for member in (dlrun.train, dlrun.load, dlrun.Run, dlrun.Run.predict, dlrun.Run.predict_proba):
        test = doctest.DocTestParser().get_doctest(member.__doc__ or "", names, member.__name__, None, 0)
        assert test.examples
        doctest.DocTestRunner().run(test, out=told.append, clear_globs=False)
        names = test.globs
    assert not told, "".join(told)


def test_every_public_member_is_documented() -> None:
    public = [member for name, member in vars(dlrun.Run).items() if not name.startswith("_")]
    assert all(member.__doc__ for member in public)


USER = """
import dlrun

run = dlrun.train("digits.yaml", overrides=["seed=3"], runs_dir="runs")
reveal_type(run)
reveal_type(dlrun.load("@last").path)
reveal_type(run.predict([[0.0] * 64]))
reveal_type(run.diagnosis.verdict)
dlrun.train(3)
dlrun.trian
run.preidct
"""


@pytest.mark.slow
def test_a_user_of_mypy_sees_the_types(tmp_path: Path) -> None:
    """Nothing of ours is Any to a strict checker, and a slip is found."""
    (tmp_path / "user.py").write_text(USER)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(tmp_path), "user.py"]
    environment = {"MYPYPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    told = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("user.py")]
    assert told[:4] == [
        'note: Revealed type is "dlrun.api.run.Run"',
        'note: Revealed type is "pathlib.Path"',
        'note: Revealed type is "numpy.ndarray[tuple[Any, ...], numpy.dtype[Any]]"',
        'note: Revealed type is "tuple[str, ...]"',
    ]
    assert 'Argument 1 to "train" has incompatible type "int"' in told[4]
    assert 'Module has no attribute "trian"' in told[5]
    assert '"Run" has no attribute "preidct"' in told[6]
