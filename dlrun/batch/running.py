"""Running a batch: each member is trained by a process of its own; what fails is said at once, and the others go on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Literal

from dlrun.batch.ledger import Ledger
from dlrun.batch.members import Member
from dlrun.errors import Interrupted
from dlrun.experiment.interrupts import heeded
from dlrun.rundir.listing import ListedRun, read_run
from dlrun.rundir.locking import GLANCE, is_held
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.values import dig
from dlrun.workers import training
from dlrun.workers.leash import SECONDS_TO_SAVE
from dlrun.workers.training import Begun, Ending, Over, Training, last_lines, train_all

Status = Literal[training.Status, "needless", "not run"]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a member: the exit code of its process, its run, and, if it failed, why and the end of its log."""

    member: Member
    status: Status
    code: int
    seconds: float = 0.0
    run: ListedRun | None = None
    why: str = ""
    log: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it makes the batch fail."""
        return self.status not in ("completed", "needless")


@dataclass(frozen=True)
class Beginning:
    """A member that has begun, and what it trains."""

    number: int
    member: Member
    training: Training


@dataclass(frozen=True)
class News:
    """The result of a member, as soon as it is known."""

    number: int
    result: Result


See = Callable[[Beginning | News | None], None]  # takes in what happens as it happens, and None now and then


def exit_code(results: Iterable[Result], of_groups: Iterable[int] = ()) -> int:
    """Return 1 if any member failed, else 3 if a gate did, else 4 if one is inconclusive where that counts.

    The gates of a run that is one of a group decide nothing by themselves, as those of `train --seeds` do not: what its seeds
    say together decides, and of_groups has a code for each group, 0, 3 or 4.
    """
    results = list(results)
    if any(result.failed for result in results):
        return 1
    codes = {result.code for result in results if result.member.part is None} | set(of_groups)
    return next((code for code in (3, 4) if code in codes), 0)


def run_batch(
    members: Sequence[Member], ledger: Ledger, *, workers: int, fail_fast: bool, strict: bool, see: See
) -> list[Result]:
    """Run what is to be run, and return a result for each member, in their order.

    A first Ctrl-C or SIGTERM is handed on to all that are running, which save; a second one leaves at once.
    Errors: Interrupted, when all have ended.
    """
    trainings = {number: ledger.training(member, number) for number, member in enumerate(members)}
    _wait_for_others(trainings.values())
    results: dict[int, Result] = {}

    def tell(number: int, result: Result) -> None:
        results[number] = result
        see(News(number, result))

    for number, member in enumerate(members):
        if known := _without_running(member, trainings[number], ledger, strict=strict):
            tell(number, known)
    waiting: Mapping[int, Training] = {number: one for number, one in trainings.items() if number not in results}
    with heeded() as interrupts:
        for event in train_all(waiting, workers=workers, signals=interrupts, strict=strict, fail_fast=fail_fast):
            match event:
                case Begun(number):
                    see(Beginning(number, members[number], trainings[number]))
                case Over(number, ending):
                    tell(number, _result(members[number], ending))
                case None:
                    see(None)
        stopped_by = interrupts.number
    if stopped_by is not None:
        raise Interrupted(stopped_by, "what was trained is saved; go on with: dlrun batch --resume")
    unrun = (Result(member=member, status="not run", code=1, why="the batch ended before its turn") for member in members)
    return [results.get(number, other) for number, other in enumerate(unrun)]


def _wait_for_others(trainings: Iterable[Training]) -> None:
    """Wait a little for workers whose head was killed a moment ago: they are saving, and soon gone."""
    begun, deadline = [paths for one in trainings if (paths := one.paths)], monotonic() + SECONDS_TO_SAVE + 1
    while any(map(is_held, begun)) and monotonic() < deadline:
        sleep(GLANCE)


def _without_running(member: Member, one: Training, ledger: Ledger, *, strict: bool) -> Result | None:
    """Return the result of a member that need not run, or cannot."""
    if member.wrong:
        return Result(member=member, status="invalid", code=2, why="\n".join(map(str, member.wrong)))
    if member.complete:
        earlier = read_run(RunPaths(ledger.runs_dir / member.complete))
        return Result(member=member, status="needless", code=_gates_code(earlier, strict=strict), run=earlier)
    run = read_run(paths) if (paths := one.paths) else None
    if run is None or run.record is None or run.status not in ("completed", "diverged"):
        return None
    seconds, why = run.record.seconds or 0.0, run.record.stop_reason or ""
    if run.status == "diverged":  # as it would again
        log = last_lines(run.paths.log)
        return Result(member=member, status="diverged", code=5, seconds=seconds, run=run, why=why, log=log)
    return Result(member=member, status="completed", code=_gates_code(run, strict=strict), seconds=seconds, run=run)


def _gates_code(run: ListedRun, *, strict: bool) -> int:
    """Return how the process of a run that is complete exited, or would have, by its gates."""
    gates = dig(run.record.summary, "gates") if run.record else None
    outcomes = {dig(gate, "outcome") for gate in gates} if isinstance(gates, list) else set()
    if "fail" in outcomes:
        return 3
    return 4 if strict and "inconclusive" in outcomes else 0


def _result(member: Member, ending: Ending) -> Result:
    why = " → ".join((ending.why, *ending.cures))
    return Result(
        member=member, status=ending.status, code=ending.code, seconds=ending.seconds, run=ending.run, why=why, log=ending.log
    )  # fmt: skip
