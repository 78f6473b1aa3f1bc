import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlrun
from dlrun.errors import DlrunError
from dlrun.rundir.ids import ID, create_run, new_id, point_latest_at, utc_now
from dlrun.rundir.paths import RunPaths

NOON = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)

PROCESSES = 64
ALL_AT_ONCE = f"""
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from dlrun.rundir.ids import create_run, point_latest_at

start, let_go = os.pipe()
children = []
for _ in range({PROCESSES}):
    child = os.fork()
    if child == 0:
        os.close(let_go)
        os.read(start, 1)  # returns when the parent lets go, for all of them at once
        point_latest_at(create_run(Path(sys.argv[1]), "digits", lambda: datetime(2026, 1, 31, tzinfo=UTC)))
        os._exit(0)
    children.append(child)
os.close(let_go)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


def create_newest(runs_dir: Path, name: str) -> RunPaths:
    made = create_run(runs_dir, name)
    point_latest_at(made)
    return made


def noon() -> datetime:
    return NOON


def test_an_id_is_the_time_the_name_and_four_random_characters() -> None:
    made = new_id("digits", NOON)
    assert made.startswith("20260131-120000-digits-")
    assert len(made) == len("20260131-120000-digits-k3fq")
    assert len({new_id("digits", NOON) for _ in range(50)}) > 40


def test_ids_sort_by_age_wherever_they_were_made() -> None:
    elsewhere = timezone(timedelta(hours=-8))
    earlier, later = new_id("b", NOON), new_id("a", (NOON + timedelta(seconds=1)).astimezone(elsewhere))
    assert earlier < later
    assert utc_now().utcoffset() == timedelta(0)


@given(name=st.text() | st.from_regex(r"[./\\~a-c \-]{0,80}", fullmatch=True))
def test_every_name_gives_an_allowed_id_of_one_path_component(name: str) -> None:
    made = new_id(name, NOON)
    assert ID.fullmatch(made)
    assert Path(made).name == made


@pytest.mark.parametrize(
    ("name", "readable"),
    [("digits", "digits"), ("my run: 2", "my-run-2"), ("../../etc", "etc"), ("v1.2_b", "v1.2_b"), ("実験", "run"), ("", "run")],
)
def test_names_stay_readable(name: str, readable: str) -> None:
    assert new_id(name, NOON)[16:-5] == readable


@pytest.mark.parametrize(
    "bad", ["latest", "20260131-120000-a-k3fq\n", "20260131-120000-a/b-k3fq", "20260131-120000-..-k3fq", "٢٠٢٦٠١٣١-120000-a-k3fq"]
)
def test_the_pattern_allows_nothing_else(bad: str) -> None:
    assert not ID.fullmatch(bad)


def test_a_new_run_is_empty_and_the_newest(tmp_path: Path) -> None:
    runs = tmp_path / "deep" / "runs"
    first, second = create_newest(runs, "a"), create_newest(runs, "b")
    assert sorted(path.name for path in first.root.iterdir()) == ["checkpoints", "predictions"]
    assert (runs / "latest").readlink() == Path(second.id)
    assert {path.name for path in runs.iterdir()} == {first.id, second.id, "latest"}


def test_the_link_survives_a_move_of_the_directory(tmp_path: Path) -> None:
    run = create_newest(tmp_path / "runs", "a")
    (tmp_path / "runs").rename(tmp_path / "moved")
    assert (tmp_path / "moved" / "latest").resolve() == (tmp_path / "moved" / run.id).resolve()


def test_a_folder_called_latest_costs_no_run(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    run = create_newest(tmp_path, "a")
    assert {path.name for path in tmp_path.iterdir()} == {run.id, "latest"}


def test_a_taken_id_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter("aaaaaaaabbbb")
    monkeypatch.setattr(secrets, "choice", lambda alphabet: next(drawn))
    assert [create_run(tmp_path, "x", noon).id[-4:] for _ in range(2)] == ["aaaa", "bbbb"]


def test_when_every_id_is_taken_it_gives_up_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "choice", lambda alphabet: "a")
    create_run(tmp_path, "x", noon)
    with pytest.raises(DlrunError, match="no free run id"):
        create_run(tmp_path, "x", noon)


def test_runs_that_cannot_be_made_are_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DlrunError, match="cannot create a run in"):
        create_run(tmp_path / "file" / "runs", "x")


def test_processes_that_start_in_one_second_get_a_directory_each(tmp_path: Path) -> None:
    home = Path(dlrun.__file__).parents[1]
    subprocess.run([sys.executable, "-c", ALL_AT_ONCE, str(tmp_path)], check=True, cwd=home, timeout=60)
    made = [path.name for path in tmp_path.iterdir() if not path.is_symlink()]
    assert len(made) == PROCESSES
    assert all(ID.fullmatch(name) for name in made)
    assert (tmp_path / "latest").readlink().name in made
