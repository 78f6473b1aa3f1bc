"""A wheel is what it should be where nothing else is: an empty environment outside the repository.

python -m tests.dist dist/dlrun-0.1.0-py3-none-any.whl
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
SECONDS = 300  # for one command, installing included

PREDICT = """
import sys
from importlib import metadata, resources
import dlrun
import numpy as np

assert dlrun.__file__.startswith(sys.prefix), dlrun.__file__
sources = resources.files("dlrun.data.sources")
(licence,) = (file for file in metadata.files("dlrun") if file.name == "digits.LICENSE.txt")
assert "CC BY 4.0" in licence.read_text()
assert resources.files("dlrun").joinpath("py.typed").is_file()

run = dlrun.load("@last")
with np.load(sources.joinpath("digits.npz")) as digits:
    dev = run.predictions
    assert (run.predict(digits["x"][dev["id"]]) == dev["prediction"]).all()
print(run)
"""


@contextmanager
def empty_environment(wheel: Path) -> Iterator[Path]:
    """Make an environment that holds the wheel and what it asks for, and a work directory in it; both are gone afterwards."""
    with TemporaryDirectory(prefix="dlrun-dist-") as directory:
        root = Path(directory).resolve()
        venv.create(root / "venv", with_pip=True)
        (root / "work").mkdir()
        options = ["--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
        said(root, "venv/bin/python", "-m", "pip", "install", *options, str(wheel.resolve()))
        said(root, "venv/bin/python", "-m", "pip", "--disable-pip-version-check", "check")
        yield root


def said(root: Path, program: str, *words: str) -> str:
    """Run a program of the environment in its work directory and return what it said on stdout; a failure is an error."""
    command, where = [str(root / program), *words], root / "work"
    done = subprocess.run(command, cwd=where, env=_environment(), capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{program} {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(wheel: Path) -> list[str]:
    """Install the wheel, train digits, diagnose, predict from Python; return what was said, command by command."""
    with empty_environment(wheel) as root:
        shutil.copy(ROOT / "configs" / "digits.yaml", root / "work")
        version = said(root, "venv/bin/dlrun", "--version")
        assert version.strip() == f"dlrun {wheel.name.split('-')[1]}", version
        help_text = said(root, "venv/bin/python", "-m", "dlrun", "--help")
        assert "Usage: dlrun [OPTIONS]" in help_text, help_text
        trained = said(root, "venv/bin/dlrun", "train", "digits.yaml", "--quiet")
        assert "verdict" in trained, trained
        diagnosed = said(root, "venv/bin/python", "-m", "dlrun", "diagnose", "@last")
        assert "dev" in diagnosed, diagnosed
        predicted = said(root, "venv/bin/python", "-W", "error", "-c", PREDICT)
        return [version, trained, diagnosed, predicted]


def _environment() -> Mapping[str, str]:
    """Return the variables that say where packages come from and where things are; nothing that leads back to this checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "DLRUN_"))}


if __name__ == "__main__":
    print(*check(Path(sys.argv[1])), sep="\n")
