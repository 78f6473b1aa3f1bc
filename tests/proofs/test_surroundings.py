"""Whatever decides a run's bits and is not as it was is named, and the run refused, before a byte of it changes.

Each thing that provenance.json tells is made another one, or missing; each value of resolved.yaml, the preparation, the data file
and the number of threads are changed. With --allow-changes the run goes on where it can, and run.json keeps what was allowed.
"""

import hashlib
import json
import random
import re
import shutil
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dlrun.experiment.provenance import OF_DATA, WORDS
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.commands import Shell
from tests.experiments import experiment
from tests.proofs.counting import FULL, RecordProperty, proof
from tests.proofs.survivors import killed_at, reference, trust_the_power, unlike

SPEC = """
    name: surrounded
    seed: 3
    data:
      source: {kind: csv, path: table.csv, target: y}
      split: {train: 40, dev: 15, test: 5}
      checks: off
    architecture: {hidden: [4]}
    training: {epochs: 3, batch_size: 8, checkpoint_every: 5 steps}
"""
SURROUNDINGS = ("versions", "machine", "blas", "kernels", "data")
SPEC_CHANGED = "resolved.yaml is not the one this run was trained with"
PREPARATION_CHANGED = "preparation.json is not the one this run was trained with"
RESOLVED, PREPARATION, PROVENANCE, TABLE = "resolved.yaml", "preparation.json", "provenance.json", "table.csv"
Address = tuple[str | int, ...]


@dataclass(frozen=True)
class Case:
    """What becomes of which file (None: it is gone), what must be said, and what comes of --allow-changes."""

    what: str
    file: str
    content: bytes | None
    told: str
    goes_on: bool = True
    to_equal_bytes: bool = True
    forged: bytes | None = None  # provenance.json, if that is changed too


@pytest.mark.proof
def test_a_change_of_what_decides_the_bits_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], record_property: RecordProperty
) -> None:
    trust_the_power(monkeypatch)
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / TABLE)
    told = experiment(tmp_path, SPEC)
    expected = reference(told, tmp_path / "reference")
    paths = killed_at(11, told, tmp_path / "runs")
    dlrun = Shell(monkeypatch, capsys)
    bar = "exit 2 and a sentence each, no byte changed; where --allow-changes goes on, run.json keeps the sentence"
    with proof(record_property, "a change of data, spec, libraries or machine is named before a run goes on", bar=bar) as row:
        went_on = 0
        for case in cases_for(paths, tmp_path):
            row.cases += 1
            refuse(dlrun, paths, case, tmp_path)
            went_on += allow(dlrun, paths, case, tmp_path, expected)
        row.figure = f"100 % named; with --allow-changes {went_on:,} go on, {row.cases - went_on:,} cannot and say so"
        assert 0 < went_on < row.cases
        assert dlrun("resume", paths.root, "-q").code == 0  # and as it was, it goes on
        assert not unlike(paths, expected)


def refuse(dlrun: Shell, paths: RunPaths, case: Case, directory: Path) -> None:
    """See that a changed run is refused with the right words, and is left as it is."""
    undo = applied(case, paths.root, directory)
    before = snapshot(paths.root)
    done = dlrun("resume", paths.root)
    assert done.code == 2, (case.what, done)
    assert re.search(case.told, " ".join(done.err.split())), (case.what, done.err)
    assert snapshot(paths.root) == before, case.what
    put(undo)


def allow(dlrun: Shell, paths: RunPaths, case: Case, directory: Path, expected: dict[str, bytes]) -> bool:
    """Let a copy of a changed run go on all the same, and return whether it could."""
    copy = RunPaths(directory / "copies" / paths.id)
    shutil.copytree(paths.root, copy.root)
    undo = applied(case, copy.root, directory)
    before = snapshot(copy.root)
    done = dlrun("resume", copy.root, "-q", "--allow-changes")
    put({path: content for path, content in undo.items() if copy.root not in path.parents})
    if case.goes_on:
        record = RunRecord.load(copy)
        assert (done.code, record.status) == (0, "completed"), (case.what, done)
        assert any(re.search(case.told, sentence) for sentence in record.resumptions[-1].allowed), (case.what, record.resumptions)
        assert f"allowed: {record.resumptions[-1].allowed[0]}" in copy.log.read_text()
        if case.to_equal_bytes:
            assert not (wrong := set(unlike(copy, expected)) - {case.file}), (case.what, wrong)
    else:
        assert done.code == 2, (case.what, done)
        assert re.search(case.told, " ".join(done.err.split())), (case.what, done.err)
        assert snapshot(copy.root) == before, case.what
    shutil.rmtree(copy.root)
    return case.goes_on


def applied(case: Case, run: Path, directory: Path) -> dict[Path, bytes | None]:
    """Make the change, and return what undoes it."""
    change = {(directory if case.file == TABLE else run) / case.file: case.content}
    if case.forged is not None:
        change[run / PROVENANCE] = case.forged
    before: dict[Path, bytes | None] = {path: path.read_bytes() for path in change}
    put(change)
    return before


def put(contents: Mapping[Path, bytes | None]) -> None:
    for path, content in contents.items():
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)


def snapshot(run: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file with its bytes and when they were written; the lock tells who asked last, and nothing of the run."""
    files = [path for path in run.rglob("*") if path.is_file() and path.name != "lock"]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def write_table(path: Path) -> None:
    """Write a table of more rows than the split takes: a, b, and a label in words."""
    rng = random.Random(4)
    rows = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(64)]
    path.write_text("a,b,y\n" + "".join(f"{a:.6f},{b:.6f},{'yes' if a > b else 'no'}\n" for a, b in rows))


def cases_for(paths: RunPaths, directory: Path) -> Iterator[Case]:
    """Yield every change."""
    stored = json.loads(paths.provenance.read_text())
    for address in [address for address in leaves(stored) if address[0] in SURROUNDINGS]:
        for what, tree in altered(stored, address):
            if what in {f"no versions.{name}" for name in OF_DATA}:
                continue  # as in a run whose data was read without that library
            yield Case(what, PROVENANCE, as_json(tree), rf"{words_for(address)} was .* when the run began, and is .* now")
    for of, told, goes_on in (("spec", SPEC_CHANGED, False), ("preparation", PREPARATION_CHANGED, True)):
        tree = changed_at(stored, (of, "sha256"), "0" * 64)
        yield Case(f"the fingerprint of the {of}", PROVENANCE, as_json(tree), told, goes_on)
    yield from of_the_spec(paths, stored)
    yield from of_the_preparation(paths)
    yield from of_the_data((directory / TABLE).read_text())


def of_the_spec(paths: RunPaths, stored: dict[str, Any]) -> Iterator[Case]:
    spec = yaml.safe_load(paths.resolved.read_text())
    for address in leaves(spec):
        for what, tree in altered(spec, address):
            yield Case(what, RESOLVED, yaml.safe_dump(tree, sort_keys=False).encode(), SPEC_CHANGED, goes_on=False)
    yield Case("a comment", RESOLVED, paths.resolved.read_bytes() + b"# no value\n", SPEC_CHANGED, goes_on=False)
    threads = re.sub(rb"threads: \d+", b"threads: 2", paths.resolved.read_bytes())
    forged = changed_at(stored, ("spec", "sha256"), hashlib.sha256(threads).hexdigest())
    told = "the number of threads was 1 when the run began, and is 2 now"
    yield Case("threads, and the fingerprint with them", RESOLVED, threads, told, to_equal_bytes=False, forged=as_json(forged))


def of_the_preparation(paths: RunPaths) -> Iterator[Case]:
    preparation = json.loads(paths.preparation.read_text())
    for address in leaves(preparation):
        for what, tree in altered(preparation, address):
            yield Case(what, PREPARATION, as_json(tree), PREPARATION_CHANGED)
    yield Case("no preparation", PREPARATION, None, PREPARATION_CHANGED)


def of_the_data(text: str) -> Iterator[Case]:
    header, *rows = text.splitlines()

    def table(*rows: str, header: str = header) -> bytes:
        return "".join(f"{row}\n" for row in (header, *rows)).encode()

    def data(what: str, content: bytes | None, told: str, *, goes_on: bool = True) -> Case:
        return Case(f"data: {what}", TABLE, content, told, goes_on, to_equal_bytes=False)

    fingerprint = "the fingerprint of the data was .* when the run began, and is .* now"
    for k in range(0, len(rows), 1 if FULL else 16):
        a, b, y = rows[k].split(",")
        for what, row in (
            ("a", f"{a}1,{b},{y}"),
            ("b", f"{a},{float(b) + 1e-6:.6f},{y}"),
            ("y", f"{a},{b},{'no' * (y == 'yes') or 'yes'}"),
        ):
            yield data(f"another {what} in row {k}", table(*rows[:k], row, *rows[k + 1 :]), fingerprint)
        yield data(f"row {k} removed", table(*rows[:k], *rows[k + 1 :]), fingerprint)
    yield data("a row more", table(*rows, rows[0]), fingerprint)
    yield data("two rows exchanged", table(rows[1], rows[0], *rows[2:]), fingerprint)
    yield data("a column renamed", table(*rows, header="a,c,y"), fingerprint, goes_on=False)
    yield data(
        "classes renamed",
        table(*(row.replace("yes", "ja") for row in rows)),
        "the list of classes was .*yes.* and is .*ja",
        goes_on=False,
    )
    more = table(*(f"{k}.5,{row}" for k, row in enumerate(rows)), header="c,a,b,y")
    yield data("a column more", more, "the number of features was 2 when the run began, and is 3 now", goes_on=False)
    yield data("too few rows", table(*rows[:50]), r"data\.split", goes_on=False)
    yield data("no target", table(*rows, header="a,b,z"), "'y'", goes_on=False)
    yield data("a file that is gone", None, TABLE, goes_on=False)


def leaves(tree: Any, address: Address = ()) -> Iterator[Address]:
    """Yield the address of every value that holds no others."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    found = False
    for key, value in parts:
        found = True
        yield from leaves(value, (*address, key))
    if not found:
        yield address


def altered(tree: Any, address: Address) -> Iterator[tuple[str, Any]]:
    """Yield the tree with one value another one and, in the full count, null or gone."""
    value: Any = tree
    for key in address:
        value = value[key]
    what = ".".join(map(str, address))
    yield f"another {what}", changed_at(tree, address, another(value))
    if FULL:
        if value is not None:
            yield f"null as {what}", changed_at(tree, address, None)
        yield f"no {what}", changed_at(tree, address)


def another(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}x"
        case None:
            return 1
        case _:
            return ["x"]


def changed_at(tree: Any, address: Address, *value: Any) -> Any:
    """Return a copy with another value at an address, or with none."""
    copy = deepcopy(tree)
    part = copy
    for key in address[:-1]:
        part = part[key]
    if value:
        part[address[-1]] = value[0]
    else:
        del part[address[-1]]
    return copy


def words_for(address: Address) -> str:
    """Return what a sentence calls the thing at an address of provenance.json."""
    section, name = str(address[0]), str((*address, address[0])[1])
    return re.escape(WORDS.get((section, name), name))


def as_json(tree: Any) -> bytes:
    return json.dumps(tree, indent=2).encode()
