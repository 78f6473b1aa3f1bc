"""No name of an experiment and no reference to a run leads out of the directory of runs."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlrun.errors import DlrunError
from dlrun.rundir.ids import ID, create_run
from dlrun.rundir.record import RunRecord
from dlrun.rundir.references import find_run
from dlrun.spec.reading import read_spec
from tests.proofs.counting import RecordProperty, proof, tries
from tests.proofs.watching import outside, watched

RUN, OUTSIDE, LINK = "20260130-090000-moons-aaaa", "20260201-000000-outside-aaaa", "20260204-000000-link-aaaa"
PIECES = st.sampled_from([
    "..", "/", "//", "\\", ".", "~", "~root", "@", "@last", "@best", "~1", "~99999999999", "-", "--", "latest", "\0", "\n",
    "\r", "\x1b[31m", "\x9b", "\u202e", "\ufeff", "\u2024\u2024", "\uff0f", "\u2215", "\uff0e", "\ud800", "*", "?", "[a-z]",
    "٢٠٢٦٠١٣١", "ｍoons", "$HOME", "$(id)", "`id`", ";", "|", "%2e%2e%2f", "file://", "con", "nul", " ", "'", '"', "{",
    RUN, RUN[:8], RUN[-4:], OUTSIDE, LINK, "run.json", "etc", "passwd", "outside", "secret", "checkpoints",
    "x" * 300, "x" * 5_000,
])  # fmt: skip
names = PIECES | st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=80) | st.lists(PIECES, max_size=4).map("/".join)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with one run, a link that leads out of it, and runs and secrets beside it."""
    home = Path(os.path.realpath(tmp_path))
    for run in (home / "runs" / RUN, home / OUTSIDE):
        run.mkdir(parents=True)
        (run / "run.json").write_text("{}")
    (home / "runs" / LINK).symlink_to(home / OUTSIDE)
    (home / "runs" / "latest").symlink_to(RUN)
    (home / "secret").write_text("secret")
    (home / "work").mkdir()
    monkeypatch.chdir(home / "work")
    return home / "runs"


@pytest.mark.proof
def test_no_reference_reads_outside_the_runs(runs: Path, record_property: RecordProperty) -> None:
    with proof(
        record_property, "a reference to a run reads nothing outside the runs, unless it is a path", bar="0 escapes"
    ) as row:
        found = 0

        @tries(5_000, 200)
        @given(reference=names)
        @example(reference=OUTSIDE)
        @example(reference=LINK)
        @example(reference="")
        def check(reference: str) -> None:
            nonlocal found
            row.cases += 1
            with watched() as seen, suppress(DlrunError):
                run = find_run(reference, runs)
                if "/" not in reference and reference not in {".", ".."}:  # a path is what its author wants to be read
                    found += 1
                    assert run.root.parent == runs
                    assert ID.fullmatch(run.id)
                    with suppress(DlrunError):
                        RunRecord.load(run)
            assert not (escaped := outside(seen, runs)), escaped

        check()
        row.figure = f"0 escapes; {found:,} found a run"
        assert found


@pytest.mark.proof
def test_no_name_makes_a_directory_outside_the_runs(runs: Path, record_property: RecordProperty) -> None:
    shutil.rmtree(runs)
    spec = runs.parent / "spec.yaml"
    with proof(
        record_property, "a run's directory is inside the runs, whatever its name", bar="0 escapes, every id allowed"
    ) as row:
        accepted = 0

        @tries(5_000, 200)
        @given(name=names | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True))
        def check(name: str) -> None:
            nonlocal accepted
            row.cases += 1
            with watched() as seen:
                run = create_run(runs, name)
            assert not (escaped := outside(seen, runs)), escaped
            made = {path.name for path in runs.iterdir()} - {"latest"}
            assert made == {run.id}
            assert ID.fullmatch(run.id)
            shutil.rmtree(run.root)
            quoted = name.encode("utf-8", "backslashreplace").decode().replace("'", "''")
            spec.write_text(f"data: {{source: digits}}\nname: '{quoted}'\n", encoding="utf-8", newline="")
            with suppress(DlrunError):
                assert ID.fullmatch(f"20260130-090000-{read_spec(spec).spec.name}-aaaa")
                accepted += 1

        check()
        row.figure = f"0 escapes; {accepted:,} of the names are allowed in a spec, the others refused"
        assert accepted
        assert sorted(path.name for path in runs.parent.iterdir()) == [OUTSIDE, "runs", "secret", "spec.yaml", "work"]
