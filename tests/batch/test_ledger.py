"""The ledger of a batch: its members come back, and the run each has begun."""

from pathlib import Path

import pytest

from dlrun.batch.ledger import Ledger
from dlrun.batch.members import Member
from dlrun.errors import DlrunError, InvalidInput
from dlrun.rundir.listing import runs_in
from tests.stored_runs import store_run

MEMBERS = [Member(spec=Path("/a.yaml"), name="a", overrides=("seed=1",)), Member(spec=Path("/b.yaml"), name="b")]


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
    assert ledger.run_of(0) is None
    ledger.run_file(0).write_text(f"{run.root}\n")
    ledger.run_file(1).write_text("/nowhere\n")
    assert ledger.run_of(0) == run
    assert ledger.run_of(1) is None


def test_there_may_be_none_or_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no batch to go on with"):
        Ledger.newest(tmp_path)
    ledger = Ledger.begin(tmp_path, MEMBERS)
    for text in ('{"schema": 1}', '{"schema": 9, "members": []}', "{", '{"schema": 1, "members": [7]}'):
        (ledger.root / "batch.json").write_text(text)
        with pytest.raises(DlrunError):
            ledger.members()
