"""The wheel holds what it must and nothing else, and trains and diagnoses digits in an empty environment."""

import subprocess
import sys
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.dist import ROOT, check

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "-w", str(directory)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, timeout=300, check=False)
    if "Could not find a version that satisfies the requirement hatchling" in done.stderr:
        pytest.skip("no package index can be reached, so no empty environment can be filled")
    assert done.returncode == 0, done.stderr
    (built,) = directory.glob("*.whl")
    return built


def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_it_trains_and_diagnoses_digits_in_an_empty_environment(wheel: Path) -> None:
    *_, trained, diagnosed, predicted = check(wheel)
    assert "verdict  neither" in trained
    assert "verdict  neither" in diagnosed
    assert predicted.startswith("<dlrun.Run 2")


def test_it_holds_the_package_its_data_and_their_licences_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "dlrun").rglob("*") if path.suffix in {".py", ".npz", ".typed"}}
    licences = {"licenses/LICENSE", "licenses/dlrun/data/sources/digits.LICENSE.txt"}
    files = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", *licences}
    assert names == modules | {f"{info}/{name}" for name in files}


def test_its_metadata_says_what_it_is(wheel: Path) -> None:
    told = metadata(wheel)
    assert told["Name"] == "dlrun"
    assert told["Requires-Python"] == ">=3.11"
    assert told["License-Expression"] == "MIT AND CC-BY-4.0"
    assert told.get_all("License-File") == ["LICENSE", "dlrun/data/sources/digits.LICENSE.txt"]
    assert told["Description-Content-Type"] == "text/markdown"
    assert str(told.get_payload()).startswith("# dlrun\n")
    assert "Project-URL" not in told
