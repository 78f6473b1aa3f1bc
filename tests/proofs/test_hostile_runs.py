"""A run directory from a stranger: listed, shown, diagnosed, compared, judged, exported and predicted with, in peace."""

import os
import shutil
from math import inf
from pathlib import Path

import pytest

from tests.experiments import train_run, write_words
from tests.proofs.counting import FULL, RecordProperty, proof
from tests.proofs.hostile_runs.corpus import corpus
from tests.proofs.hostile_runs.forging import Forge
from tests.proofs.hostile_runs.reading import API, COMMANDS, SIBLING, Read, in_a_child, read_all

SPEC = """
    seed: 3
    data:
      seed: 3
      source: {kind: csv, path: words.csv, target: y}
      split: {train: 100, dev: 40, test: 20}
      missing: impute
    architecture: {hidden: [4]}
    training: {epochs: 2, batch_size: 32}
    gates: {dev.error: "<= 100%", dev.macro_f1: ">= 0", train.loss: "< 1e9", seconds: "< 1e9"}
"""
RUN = "20260131-120000-small-aaaa"
MOST_SECONDS, MOST_MEGABYTES = 2.0, 300.0
ATTEMPTS = 3
PART = 20  # `make test` takes one in so many, and these
ALWAYS = [
    "every file a link to /etc/passwd", "every file a link to /dev/zero", "checkpoints a link to itself elsewhere",
    "run.json is a FIFO", "resolved.yaml is a FIFO", "run.json with controls in every text", "run.json with a deep spec",
    "diagnosis.json with errors.dev.n 0", "checks.json with ANSI", "resolved.yaml with 10¹² units",
    "resolved.yaml extends /etc/passwd", "preparation.json with ANSI in its names", "theta of pickled objects",
    "theta of objects", "a compressed bomb", "overlapping members", "every member twice", "steps.csv of 2,048 MiB of nothing",
    "metrics.csv with ANSI", "the directory is called ANSI", "diagnosis.json of a regression beyond floats",
    "run.json with a dev error of 1e200",
]  # fmt: skip


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a run, and one with another seed beside it."""
    home = Path(os.path.realpath(tmp_path_factory.mktemp("honest")))
    write_words(home / "words.csv", 160, seed=1)
    run, _ = train_run(home, SPEC)
    stored = run.paths.root.rename(home / "runs" / RUN)
    run, _ = train_run(home, SPEC, "seed=4")
    run.paths.root.rename(home / "runs" / SIBLING)
    (home / "runs" / "latest").unlink()
    return stored


def laid(honest: Path, home: Path) -> tuple[Path, Path, Path]:
    """Copy both runs beside nobody's business; return the first, rows to predict, a folder to write in."""
    run, rows, out = home / "runs" / RUN, home / "new.csv", home / "out"
    shutil.copytree(honest.parent, run.parent)
    (run / "checkpoints" / "manifest.copy.json").unlink()  # it stands in for a manifest that is damaged
    out.mkdir()
    (home / "beside").mkdir()
    os.mkfifo(home / "beside" / "fifo")
    (home / "secret.yaml").write_text("data: digits\nname: secret\n")
    rows.write_text("city,age,income\nOslo,33,1000.5\nRome,,2000\n")
    return run, rows, out


def _asked(run: Path, rows: Path, out: Path, forge: Forge) -> Read:
    """Make the run hostile and read it; again while nothing but its seconds is wrong, since other processes cost some."""
    forge(run)
    (hostile,) = (path for path in run.parent.iterdir() if path.name != SIBLING)  # whatever it is called by now
    for _ in range(ATTEMPTS):
        read = in_a_child(hostile, rows, out)
        if not list(read.faults(MOST_SECONDS, MOST_MEGABYTES)) or list(read.faults(inf, inf)):
            break
    return read


@pytest.mark.proof
def test_a_run_from_a_stranger_is_read_in_peace(honest: Path, tmp_path: Path, record_property: RecordProperty) -> None:
    home = Path(os.path.realpath(tmp_path))
    chosen = {name: forge for k, (name, forge) in enumerate(corpus().items()) if FULL or name in ALWAYS or k % PART == 0}
    assert set(ALWAYS) <= set(chosen)
    bar = f"0 events outside, exit 0 to 5, no control character, < {MOST_SECONDS:g} s of processor, < {MOST_MEGABYTES:g} MB more"
    with proof(record_property, "a run directory from a stranger is read in peace", bar=bar) as row:
        first = list(read_all(*laid(honest, home / "honest")))  # here, so that everything is imported before anybody watches
        assert all(done.code == 0 for done in first), [done for done in first if done.code]
        faults, reads = {}, {}
        for number, (name, forge) in enumerate(chosen.items()):
            place = home / str(number)
            reads[name] = _asked(*laid(honest, place), forge)
            row.cases += 1
            told = list(reads[name].faults(MOST_SECONDS, MOST_MEGABYTES))
            told += [f"a command ran: {found}" for found in place.rglob("escaped")]
            if told:
                faults[name] = told
            shutil.rmtree(place)
        seconds = {name: max((done.seconds for done in read.done), default=0.0) for name, read in reads.items()}
        slowest, largest = max(seconds, key=seconds.__getitem__), max(seconds, key=lambda name: reads[name].megabytes)
        row.figure = (
            f"0 events in {len(COMMANDS | API) * row.cases:,} readings, {len(COMMANDS | API)} of each; "
            f"{seconds[slowest]:.2f} s at most ({slowest}), {reads[largest].megabytes:.0f} MB more at most ({largest})"
        )
        assert not faults, "\n".join(f"{name}: {'; '.join(told)[:600]}" for name, told in faults.items())
