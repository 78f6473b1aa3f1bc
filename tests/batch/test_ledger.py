"""The ledger of a batch: its members come back, and the run each has begun."""

from pathlib import Path

import pytest

from dlrun.batch.ledger import Ledger
from dlrun.batch.members import Member, Part
from dlrun.errors import DlrunError, InvalidInput
from dlrun.rundir.listing import runs_in
from tests.stored_runs import store_run

MEMBERS = [
    Member(spec=Path("/a.yaml"), name="a", overrides=("seed=1",), part=Part(number=1, of=2, seed=2**53 - 1)),
    Member(spec=Path("/b.yaml"), name="b", complete="earlier"),
]


def test_members_come_back_and_the_newest_batch_is_found(tmp_path: Path) -> None:
    Ledger.begin(tmp_path, MEMBERS[:1])
    newest = Ledger.begin(tmp_path, MEMBERS)
    newest.root.rename(newest.root.with_name("99990101-000000-aaaaaa"))
    found = Ledger.newest(tmp_path)
    assert found.members() == MEMBERS
    assert runs_in(tmp_path) == []  # a batch is no run


def test_a_member_has_the_run_that_it_wrote_down(tmp_path: Path) -> None:
    ledger = Ledger.begin(tmp_path, MEMBERS)
    run = store_run(tmp_path)
    first, second = (ledger.training(member, number) for number, member in enumerate(MEMBERS))
    assert [first.paths, second.paths] == [None, None]
    assert first.command()[3] == "train"
    first.run_file.write_text(f"{run.root}\n")
    second.run_file.write_text("/nowhere\n")
    assert [first.paths, second.paths] == [run, None]
    assert first.command()[3] == "resume"


def test_there_may_be_none_or_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no batch to go on with"):
        Ledger.newest(tmp_path)
    ledger = Ledger.begin(tmp_path, MEMBERS)
    for text in ('{"schema": 9, "members": []}', "{", '{"schema": 1, "members": [7]}', '{"schema": 1}'):
        (ledger.root / "batch.json").write_text(text)
        with pytest.raises(DlrunError):
            ledger.members()


def test_a_batch_of_an_earlier_version_is_one_of_specs_alone(tmp_path: Path) -> None:
    ledger = Ledger.begin(tmp_path, MEMBERS)
    (ledger.root / "batch.json").write_text('{"schema": 1, "members": [{"spec": "/a.yaml", "name": "a", "overrides": []}]}')
    assert ledger.members() == [Member(spec=Path("/a.yaml"), name="a")]
