"""Whatever became of the last rows of a killed run's growing files, it goes on to the same bytes.

Each file is cut off at every byte, ends in what is no row, or has something else in its middle; and all are torn at once, each
somewhere else, as a power loss tears them. The run was killed between two checkpoints, so that there are rows after the last.
"""

import random
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dlrun.errors import InvalidInput, Problem
from dlrun.experiment.resumption import resume_run
from dlrun.rundir.paths import RunPaths
from tests.proofs.counting import FULL, RecordProperty, cases, proof
from tests.proofs.survivors import contents, go_on, killed_at, reference, set_up_in, trust_the_power, unlike

KILLED_AT, LAST, PREVIOUS = 11, 8, 4
STRIDE = 1 if FULL else 37
GARBAGE = (
    b"\n",
    b"\0" * 512,
    b"9",
    b"1,2,3\n",
    b"\xff\xfe\x80",
    b'"',
    b"nan,inf,,\n" * 3,
    b"epoch,step\n",
    b"\r\n",
    b"x" * 70_000,
)


def torn(whole: bytes) -> Iterator[bytes | None]:
    """Yield what may become of one file; None: it is gone."""
    yield None
    yield from (whole[:size] for size in range(0, len(whole), STRIDE))
    yield from (whole + garbage for garbage in GARBAGE)
    for place in range(0, len(whole), 7 * STRIDE):
        for garbage in (b"\0", b"\n", b"7"):
            if whole[place : place + 1] != garbage:
                yield whole[:place] + garbage + whole[place + 1 :]
        yield whole[:place] + whole[place + 1 :]


def all_torn(files: Mapping[str, bytes], rng: random.Random) -> dict[str, bytes | None]:
    """Tear every file somewhere."""
    ends = {name: rng.randint(len(whole) // 2, len(whole)) for name, whole in files.items()}
    return {name: whole[: ends[name]] + rng.choice((b"", *GARBAGE)) for name, whole in files.items()}


@pytest.mark.proof
def test_torn_rows_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: RecordProperty) -> None:
    trust_the_power(monkeypatch)
    told = set_up_in(tmp_path, "training.checkpoint_every=4 steps")
    expected = reference(told, tmp_path / "reference")
    paths = killed_at(KILLED_AT, told, tmp_path / "killed")
    files = {name: (paths.root / name).read_bytes() for name in (*paths.growing, paths.timings.name)}
    assert all(files.values())
    rng = random.Random(16)
    damages: list[dict[str, bytes | None]] = [{}]
    damages += [{name: left} for name, whole in files.items() for left in torn(whole)]
    damages += [all_torn(files, rng) for _ in range(cases(300, 10))]
    bar = "all go on to the bytes of the run that nothing disturbed; where rows are gone that every checkpoint counts on, "
    bar += "refused with the file's name, nothing changed, and so once the file is back"
    with proof(record_property, "growing files of a killed run, torn anywhere, cost nothing", bar=bar) as row:
        found = Counter[int | None]()
        for damage in damages:
            row.cases += 1
            found[goes_on_from(paths, damage, expected, tmp_path / "copies" / paths.id)] += 1
        went_on = ", ".join(f"{found[step]:,} went on from step {step}" for step in (LAST, PREVIOUS))
        row.figure = f"all equal; {went_on}, {found[None]:,} were refused until the file was back"
        assert found.keys() == {LAST, PREVIOUS, None}


def goes_on_from(killed: RunPaths, damage: Mapping[str, bytes | None], expected: dict[str, bytes], copy: Path) -> int | None:
    """Let a copy with torn files go on, see that nothing shows, and return the step it went on from; None if it was refused."""
    shutil.copytree(killed.root, copy)
    for name, left in damage.items():
        (copy / name).unlink()
        if left is not None:
            (copy / name).write_bytes(left)
    paths = RunPaths(copy)
    refused = is_refused(paths, killed, damage)
    record = go_on(paths)
    shown = {name: left and left[-80:] for name, left in damage.items()}
    assert record.status == "completed", shown
    assert contents(paths).keys() == expected.keys()
    assert not (wrong := unlike(paths, expected)), (wrong, shown)
    assert_timings_are_whole(paths)
    shutil.rmtree(copy)
    return None if refused else record.resumptions[-1].step


def is_refused(paths: RunPaths, killed: RunPaths, damage: Mapping[str, bytes | None]) -> bool:
    """Say whether the run cannot go on since rows are gone; then nothing has changed, and the files are brought back."""
    before = {path: path.read_bytes() for path in paths.root.rglob("*") if path.is_file() and path != paths.lock}
    problems: tuple[Problem, ...] = ()
    try:
        with resume_run(paths):
            return False
    except InvalidInput as error:
        problems = error.problems
    assert all(problem.what.startswith("this file is not as it was") for problem in problems)
    assert {Path(problem.where).name for problem in problems} <= damage.keys()
    assert {path: path.read_bytes() for path in before} == before
    for name in damage:
        shutil.copy(killed.root / name, paths.root / name)
    return True


def assert_timings_are_whole(paths: RunPaths) -> None:
    """What the clock said cannot come back; what is there is one whole row an epoch."""
    header, *rows = paths.timings.read_bytes().decode("utf-8", "replace").split("\n")
    assert header == "epoch,seconds,examples_per_second"
    assert rows.pop() == ""
    assert len(rows) <= paths.metrics.read_bytes().count(b"\n") - 1
