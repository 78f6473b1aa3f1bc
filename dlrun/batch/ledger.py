"""What a batch has to do and has done, on disk, so that it can go on after anything."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlrun.batch.members import Member, Part
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.rundir import disk
from dlrun.rundir.files import explained, read_json, write_json
from dlrun.workers.training import Training

SCHEMA = 1
FOLDER = "batches"  # in the directory of runs; no run is called so


@dataclass(frozen=True)
class Ledger:
    """A folder of one batch: batch.json with its members, and a file for each that has begun, written by itself."""

    root: Path
    runs_dir: Path

    @classmethod
    def begin(cls, runs_dir: Path, members: Sequence[Member]) -> "Ledger":
        """Make the folder of a new batch."""
        name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        ledger = cls(runs_dir / FOLDER / name, runs_dir)
        with explained("create a batch in", runs_dir):
            disk.make_directories(ledger.root)
        write_json(ledger.root / "batch.json", {"schema": SCHEMA, "members": [_told(member) for member in members]})
        return ledger

    @classmethod
    def newest(cls, runs_dir: Path) -> "Ledger":
        """Return the last batch that began.

        Errors: InvalidInput if there is none.
        """
        folder = runs_dir / FOLDER
        found = sorted(path for path in folder.iterdir() if (path / "batch.json").is_file()) if folder.is_dir() else []
        if not found:
            raise InvalidInput(
                Problem(what="there is no batch to go on with", where=str(runs_dir), cure="begin one: dlrun batch SPEC…")
            )
        return cls(found[-1], runs_dir)

    def members(self) -> list[Member]:
        """Return the members as they were when the batch began."""
        path = self.root / "batch.json"
        tree = read_json(path)
        try:
            if tree["schema"] != SCHEMA:
                raise DlrunError(Problem(what=f"another dlrun wrote this batch: schema {tree['schema']!r:.20}", where=str(path)))
            return [_member(told) for told in tree["members"]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DlrunError(Problem(what="this batch is damaged", where=str(path))) from error

    def training(self, member: Member, number: int) -> Training:
        """Return what trains a member, or goes on with it: it writes down by itself which run is its own."""
        return Training(
            spec=member.spec, overrides=member.overrides, runs_dir=self.runs_dir, run_file=self.root / f"{number}.run"
        )  # fmt: skip


def _told(member: Member) -> dict[str, Any]:
    return {
        "spec": str(member.spec.absolute()),
        "name": member.name,
        "overrides": list(member.overrides),
        "part": asdict(member.part) if member.part else None,
        "complete": member.complete,
    }


def _member(told: Any) -> Member:
    part = told.get("part")
    return Member(
        spec=Path(told["spec"]),
        name=str(told["name"]),
        overrides=tuple(map(str, told["overrides"])),
        part=Part(**{key: int(part[key]) for key in ("number", "of", "seed")}) if part else None,
        complete=str(told["complete"]) if told.get("complete") else None,
    )
