"""The tests bite: each deliberate defect, put into a copy of the code, makes the test fail that stands against it."""

import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.proofs.counting import RecordProperty, cases, proof

ROOT = Path(__file__).parents[2]
SECONDS = 300


@dataclass(frozen=True)
class Defect:
    """A change of one place in the code, and the test that must see it."""

    what: str
    file: str
    old: str
    new: str
    seen_by: str


DEFECTS = (
    Defect(
        "bytes of a file not flushed before its name is",
        "rundir/files.py", "                disk.flush(fd)\n", "                pass\n",
        "tests/proofs/test_power_loss.py",
    ),
    Defect(
        "names of a directory not flushed",
        "rundir/files.py", "        disk.flush_directory(path.parent)\n", "        pass\n",
        "tests/proofs/test_power_loss.py",
    ),
    Defect(
        "growing files not flushed before a checkpoint counts on them",
        "experiment/recording.py", "            file.flush()\n", "            pass\n",
        "tests/proofs/test_power_loss.py",
    ),
    Defect(
        "files saved in place",
        "rundir/files.py",
        '    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")\n',
        "    path.unlink(missing_ok=True)\n    temporary = path\n",
        "tests/proofs/test_kills.py",
    ),
    Defect(
        "checkpoints removed before the manifest names others",
        "checkpoint/saving.py",
        "        new.save(paths)\n        remove_unnamed(paths, new)\n",
        "        remove_unnamed(paths, new)\n        new.save(paths)\n",
        "tests/checkpoint/test_saving.py",
    ),
    Defect(
        "growing files not cut back on resume",
        "experiment/resumption.py", "            cut_back_to(paths, restored.files)\n", "",
        "tests/proofs/test_kills.py",
    ),
    Defect(
        "the checksum of a checkpoint not looked at",
        "checkpoint/loading.py",
        "    if hashlib.sha256(data).hexdigest() != entry.sha256:\n", "    if not hashlib.sha256(data).hexdigest():\n",
        "tests/proofs/test_damage.py",
    ),
    Defect(
        "the state of a generator forgotten",
        "training/state.py", "        self.dropout_rng = np.random.Generator(rng)\n", "",
        "tests/proofs/test_exactness.py",
    ),
    Defect(
        "the optimizer's averages forgotten",
        "training/state.py",
        '        return params | best | {f"slot_{name}": slot for name, slot in self.slots.items()}\n',
        "        return params | best\n",
        "tests/proofs/test_exactness.py",
    ),
    Defect(
        "the position within an epoch forgotten",
        "training/state.py", "            setattr(self, name, value)\n",
        '            setattr(self, name, 0 if name == "position" else value)\n',
        "tests/proofs/test_exactness.py",
    ),
    Defect(
        "<= for <: an equal value counts as better",
        "nn/stopping.py", "        if value < self.best - told.min_improvement or tie:\n",
        "        if value <= self.best - told.min_improvement or tie:\n",
        "tests/nn/test_stopping.py",
    ),
    Defect(
        "a state saved in the middle of a step",
        "experiment/run.py", "                if self._complete:\n", "                if True:\n",
        "tests/experiment/test_run.py",
    ),
    Defect(
        "the lock not asked for",
        "rundir/locking.py", "            _take(fd, paths)\n", "",
        "tests/experiment/test_resumption.py",
    ),
    Defect(
        "what is not finite saved as a state",
        "checkpoint/saving.py", " and state.is_finite():\n", ":\n",
        "tests/checkpoint/test_saving.py",
    ),
    Defect(
        "a changed library not noticed",
        "experiment/provenance.py", "            if was != value:\n",
        '            if was != value and section != "versions":\n',
        "tests/proofs/test_surroundings.py",
    ),
)  # fmt: skip


def copied(home: Path) -> Path:
    """Return a copy of all that the tests need."""
    for folder in ("dlrun", "tests", "configs", "docs"):
        shutil.copytree(ROOT / folder, home / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / file, home)
    return home


def is_seen(defect: Defect, home: Path) -> bool:
    """Put the defect in, run the test against it, take it out again, and say whether the test failed."""
    path = home / "dlrun" / defect.file
    whole = path.read_text(encoding="utf-8")
    assert whole.count(defect.old) == 1, f"{defect.file} no longer says {defect.old!r} once"
    path.write_text(whole.replace(defect.old, defect.new), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "DLRUN"))}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", defect.seen_by]
    try:
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=SECONDS)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert done.returncode in (0, 1), done.stdout + done.stderr  # 1: tests ran, and some failed
    return done.returncode == 1


@pytest.mark.proof
@pytest.mark.slow
def test_every_deliberate_defect_is_seen(tmp_path: Path, record_property: RecordProperty) -> None:
    with proof(record_property, "a deliberate defect makes a test fail", bar="every one") as row:
        home = copied(tmp_path / "copy")
        chosen = random.sample(DEFECTS, cases(len(DEFECTS), 1))
        for defect in chosen:
            assert is_seen(defect, home), f"nobody saw it: {defect.what}"
            row.cases += 1
        row.figure = "; ".join(sorted(defect.what for defect in chosen))
