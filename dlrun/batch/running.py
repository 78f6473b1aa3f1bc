"""Running a batch: each member as a `train` process of its own; what fails is said at once, and the others go on."""

import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dlrun.batch.ledger import Ledger
from dlrun.batch.members import Member
from dlrun.errors import DlrunError, Interrupted
from dlrun.experiment.interrupts import heeded
from dlrun.report.contract import contract
from dlrun.rundir.files import read_bytes
from dlrun.rundir.listing import read_run
from dlrun.workers.pool import Ended, Job, Pool, Started

LAST_LINES = 8  # of the log, under a failure
LARGEST_LOG = 2**26  # bytes

Status = Literal["completed", "failed", "diverged", "interrupted", "killed", "invalid", "needless", "not run"]
BY_CODE: dict[int, Status] = {
    0: "completed",
    3: "completed",
    4: "completed",
    5: "diverged",
    2: "invalid",
    130: "interrupted",
    143: "interrupted",
    137: "killed",
}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a member: the exit code of its process, its contract, and, if it failed, why and the end of its log."""

    member: Member
    status: Status
    code: int
    seconds: float = 0.0
    told: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    log: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it makes the batch fail."""
        return self.status not in ("completed", "needless")

    @property
    def gates(self) -> list[dict[str, Any]]:
        """The gates of its run with their outcomes."""
        return self.told.get("gates") or []


See = Callable[[Started | Result | None], None]


def exit_code(results: Sequence[Result]) -> int:
    """Return 1 if any member failed, else 3 if a gate did, else 4 if one is inconclusive where that counts."""
    if any(result.failed for result in results):
        return 1
    codes = {result.code for result in results}
    return next((code for code in (3, 4) if code in codes), 0)


def run_batch(
    members: Sequence[Member], ledger: Ledger, *, workers: int, fail_fast: bool, strict: bool, see: See
) -> list[Result]:
    """Run what is to be run, and return a result for each member, in their order.

    A first Ctrl-C or SIGTERM is handed on to all that are running, which save; a second one leaves at once.
    Errors: Interrupted, when all have ended.
    """
    results: dict[int, Result] = {
        number: known for number, member in enumerate(members) if (known := _without_running(member, ledger, number))
    }
    for known in results.values():
        see(known)
    jobs = [
        Job(number, _command(member, ledger, number, strict=strict))
        for number, member in enumerate(members)
        if number not in results
    ]
    pool, told_to_stop = Pool(workers, last=lambda ended: fail_fast and BY_CODE.get(ended.code) != "completed"), False
    with heeded() as interrupts:
        for event in pool.run(jobs):
            if isinstance(event, Ended):
                result = _result(members[event.job.number], event, ledger)
                results[event.job.number] = result
                see(result)
                if fail_fast and result.failed and not told_to_stop:
                    pool.stop(signal.SIGTERM)
                    told_to_stop = True
            else:
                see(event)
            if interrupts.number is not None and not told_to_stop:
                pool.stop(interrupts.number)
                told_to_stop = True
        stopped_by = interrupts.number
    for number, member in enumerate(members):
        results.setdefault(number, Result(member=member, status="not run", code=1, why="the batch ended before its turn"))
    ordered = [results[number] for number in range(len(members))]
    if stopped_by is not None:
        raise Interrupted(stopped_by, "what was trained is saved; go on with: dlrun batch --resume")
    return ordered


def _without_running(member: Member, ledger: Ledger, number: int) -> Result | None:
    """Return the result of a member that need not run, or cannot."""
    if member.wrong:
        return Result(member=member, status="invalid", code=2, why="\n".join(map(str, member.wrong)))
    if member.complete:
        return Result(member=member, status="needless", code=0, told={"run": member.complete})
    paths = ledger.run_of(number)
    if paths is None:
        return None
    known = read_run(paths)
    if known.status != "completed" or known.record is None:
        return None
    told = contract(paths, known.record)
    failed = any(gate.get("outcome") == "fail" for gate in told.get("gates") or [])
    return Result(member=member, status="completed", code=3 if failed else 0, told=told, seconds=known.record.seconds or 0.0)


def _command(member: Member, ledger: Ledger, number: int, *, strict: bool) -> tuple[str, ...]:
    paths = ledger.run_of(number)
    if paths:
        words = ["resume", str(paths.root)]
    else:
        changes = [word for change in member.overrides for word in ("-s", change)]
        words = [
            "train",
            str(member.spec),
            *changes,
            "--runs-dir",
            str(ledger.runs_dir),
            "--run-file",
            str(ledger.run_file(number)),
        ]
    return (sys.executable, "-m", "dlrun", *words, "--format", "json", *(["--strict"] if strict else []))


def _result(member: Member, ended: Ended, ledger: Ledger) -> Result:
    status = BY_CODE.get(ended.code, "failed")
    paths = ledger.run_of(ended.job.number)
    told = _told(ended.stdout)
    if not told and paths and (record := read_run(paths).record):
        told = contract(paths, record)
    if status == "completed":
        return Result(member=member, status=status, code=ended.code, told=told, seconds=ended.seconds)
    why = _why(ended, status)
    log = _last_lines(paths.log) if paths else tuple(ended.stderr.splitlines()[-LAST_LINES:])
    return Result(member=member, status=status, code=ended.code, told=told, why=why, log=log, seconds=ended.seconds)


def _told(stdout: str) -> dict[str, Any]:
    try:
        tree = json.loads(stdout)
    except ValueError:
        return {}
    return tree if isinstance(tree, dict) else {}


def _why(ended: Ended, status: Status) -> str:
    """Return what the process said last: its own words about what went wrong."""
    if status == "killed":
        return "its process was killed"
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    while lines and lines[-1].startswith(("  ", "→")):  # a cure belongs to the line above
        if len(lines) == 1 or not lines[-1].lstrip().startswith("→"):
            break
        lines[-2:] = [f"{lines[-2]} {lines[-1].strip()}"]
    return lines[-1] if lines else f"exit code {ended.code}"


def _last_lines(path: Path) -> tuple[str, ...]:
    try:
        text = read_bytes(path, LARGEST_LOG).decode("utf-8", "replace")
    except DlrunError:
        return ()
    return tuple(text.splitlines()[-LAST_LINES:])
