"""What a batch has to do and has done, on disk, so that it can go on after anything."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlrun.batch.members import Member
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.rundir import disk
from dlrun.rundir.files import explained, read_bytes, read_json, write_json
from dlrun.rundir.paths import RunPaths

SCHEMA = 1
FOLDER = "batches"  # in the directory of runs; no run is called so
LONGEST_PATH = 2**16  # bytes


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
        told = [
            {"spec": str(member.spec.absolute()), "name": member.name, "overrides": list(member.overrides)} for member in members
        ]
        write_json(ledger.root / "batch.json", {"schema": SCHEMA, "members": told})
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
        except (KeyError, TypeError) as error:
            raise DlrunError(Problem(what="this batch is damaged", where=str(path))) from error

    def run_file(self, number: int) -> Path:
        """Return where a member writes which run is its own."""
        return self.root / f"{number}.run"

    def run_of(self, number: int) -> RunPaths | None:
        """Return the run of a member, if it has begun."""
        path = self.run_file(number)
        if not path.is_file():
            return None
        root = Path(read_bytes(path, LONGEST_PATH).decode("utf-8", "surrogateescape").strip())
        return RunPaths(root) if RunPaths(root).record.is_file() else None


def _member(told: Any) -> Member:
    return Member(spec=Path(told["spec"]), name=str(told["name"]), overrides=tuple(map(str, told["overrides"])))
