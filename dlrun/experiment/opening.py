"""Opening a run: a new one is born whole, or not at all; whoever has one open is its only writer."""

import os
import shlex
import socket
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from dlrun.errors import Diverged, DlrunError, Interrupted
from dlrun.experiment.gating import with_runs_found
from dlrun.experiment.interrupts import Interrupts, heeded, undisguised
from dlrun.experiment.origins import write_origins
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment
from dlrun.rundir import disk
from dlrun.rundir.files import write_atomically
from dlrun.rundir.groups import group_key
from dlrun.rundir.ids import create_run, point_latest_at
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Branch, RunRecord
from dlrun.training.state import State

Begin = Callable[[RunPaths, Interrupts], tuple[State, Branch]]  # what a child run begins with


@contextmanager
def open_run(
    experiment: Experiment,
    runs_dir: Path,
    *,
    argv: Sequence[str] = (),
    overrides: Sequence[str] = (),
    begin: Begin | None = None,
) -> Iterator[Run]:
    """Make a run's directory and hold it; whatever goes wrong inside is on record before it leaves here.

    run.json is written last, and makes a directory a run: until then nothing has been lost that anybody could miss.
    Errors: DlrunError if the directory cannot be written; InvalidInput if a run that a gate compares with is not there.
    """
    experiment = with_runs_found(experiment, runs_dir)
    # the loop looks for what is not finite, and says more than a warning
    with heeded() as interrupts, np.errstate(all="ignore"):
        paths = create_run(runs_dir, experiment.spec.name)
        with ExitStack() as held:
            try:
                held.enter_context(lock_run(paths))
                write_origins(experiment, paths, argv)
                state, branch = begin(paths, interrupts) if begin else (experiment.start(), None)
                record = _first_record(experiment, paths, argv, overrides, branch)
                run = Run(experiment, paths, record, interrupts, state)
                with interrupts.shield():
                    run.note()
                    held.enter_context(ending_on_record(run))
            except BaseException:
                with interrupts.shield(), suppress(OSError):
                    disk.remove_tree(paths.root)
                raise
            point_latest_at(paths)
            child = [f"child of {branch.parent} at epoch {branch.epoch:g}: {', '.join(branch.changes)}"] if branch else []
            allowed = [f"allowed: {change}" for change in branch.allowed] if branch else []
            run.log(f"started {paths.id}", *child, *allowed, *experiment.notes)
            yield run


@contextmanager
def ending_on_record(run: Run) -> Iterator[None]:
    """Put on record how the run ends if it does not end as it should."""
    try:
        with undisguised():
            yield
    except BaseException as error:
        with run.interrupts.shield(), suppress(DlrunError):  # a disk that is full is full for this too
            _end_badly(run, error)
        raise


def _end_badly(run: Run, error: BaseException) -> None:
    match error:
        case Diverged():
            run.fail("diverged", error.problems[0].what)
        case Interrupted():
            run.fail("interrupted", error.problems[0].what)
        case KeyboardInterrupt():  # outside the main thread there is no handler
            run.fail("interrupted", "interrupted")
        case DlrunError():
            error.add_note(f"what was saved goes on with: dlrun resume {shlex.quote(str(run.paths.root))}")
            run.fail("failed", str(error))
        case _:
            write_atomically(run.paths.crash, traceback.format_exc())
            error.add_note(f"The traceback is in {run.paths.crash}.")
            run.fail("failed", f"{type(error).__name__}: {error}")


def _first_record(
    experiment: Experiment, paths: RunPaths, argv: Sequence[str], overrides: Sequence[str], branch: Branch | None
) -> RunRecord:
    now, spec = datetime.now(UTC), experiment.spec.model_dump(mode="json")
    return RunRecord(
        run=paths.id,
        name=experiment.spec.name,
        status="running",
        started=now,
        heartbeat=now,
        pid=os.getpid(),
        host=socket.gethostname(),
        argv=tuple(argv),
        overrides=tuple(overrides),
        parent=branch.parent if branch else None,
        branch=branch,
        group=None if branch else group_key(spec),
        spec=spec,
    )
