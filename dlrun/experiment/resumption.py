"""Going on with a run: from its newest whole checkpoint, byte for byte as if it had never stopped."""

import os
import shlex
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from dlrun import checkpoint
from dlrun.data.batches import boundaries
from dlrun.errors import DlrunError, InvalidInput, Problem, RunBusy, raise_all
from dlrun.experiment.interrupts import heeded
from dlrun.experiment.opening import ending_on_record
from dlrun.experiment.origins import LARGEST_PROVENANCE, fingerprint, resolved_spec, stored_preparation, write_preparation
from dlrun.experiment.provenance import changed_since, surroundings
from dlrun.experiment.recording import cut_back_to
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment, set_up
from dlrun.rundir.files import read_json, sha256_of, sweep
from dlrun.rundir.listing import read_run
from dlrun.rundir.locking import lock_run
from dlrun.rundir.own import own_folder
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Resumption, RunRecord
from dlrun.training.state import State

ALLOW = "--allow-changes"  # how one goes on all the same


@contextmanager
def resume_run(paths: RunPaths, *, allow_changes: bool = False) -> Iterator[Run]:
    """Open a run again where it stopped; without a whole checkpoint, at step 0.

    Errors: RunBusy if a process works on it; InvalidInput, before anything is changed, if it has nothing to go on with, or if
    what decides its bits is not as it was; DlrunError if it is damaged.
    """
    with heeded() as interrupts, lock_run(paths) as paths, np.errstate(all="ignore"), ExitStack() as held:
        record = resumable(paths)
        for folder in (paths.checkpoints, paths.predictions):
            own_folder(folder)
        experiment = set_up(resolved_spec(paths))
        allowed = unchanged(paths, experiment, allow_changes=allow_changes)
        state = experiment.start()
        restored = checkpoint.restore(paths, state)
        if restored.entry is None:
            raise_all(_no_way_on(paths, record, restored))
        if not fits(state, experiment):
            what = "the stored state is not one that this spec could have come to"
            raise DlrunError(Problem(what=what, where=str(paths.checkpoints)))
        with interrupts.shield():
            checkpoint.settle(paths, restored, state)
            cut_back_to(paths, restored.files)
            sweep(paths.root, paths.checkpoints, paths.predictions)
            if allowed:
                write_preparation(experiment, paths)
            run = Run(experiment, paths, _again(record, state, allowed), interrupts, state)
            run.beginning = (*restored.passed_over, _where(restored, state), *(f"allowed: {change}" for change in allowed))
            run.note()
            held.enter_context(ending_on_record(run))
        run.log(*run.beginning)
        yield run


def resumable(paths: RunPaths) -> RunRecord:
    """Return the record of a run that can go on.

    Errors: InvalidInput if it is complete, or diverged, and would again; RunBusy if another host works on it.
    """
    run, where = read_run(paths), str(paths.root)
    record = RunRecord.load(paths)
    name = shlex.quote(str(paths.root))
    if record.status == "completed":
        cure = f"to train longer or otherwise: dlrun resume {name} -s training.epochs=… or another key that may change"
        raise InvalidInput(Problem(what="this run is complete: there is nothing to go on with", where=where, cure=cure))
    if record.status == "diverged":
        cure = f"change what led there: dlrun resume {name} --at-epoch N -s learning_rate.initial=…"
        what = f"this run would diverge again: {record.stop_reason}"
        raise InvalidInput(Problem(what=what, where=where, cure=cure))
    if record.status == "running" and record.host != socket.gethostname() and run.status == "running":
        what = f"pid {record.pid} on {record.host} is writing to this run: last seen {record.heartbeat:%Y-%m-%d %H:%M:%S} UTC"
        raise RunBusy(Problem(what=what, where=where, cure="wait until it ends; two minutes without one, and it counts as lost"))
    return record


def unchanged(paths: RunPaths, experiment: Experiment, *, allow_changes: bool) -> tuple[str, ...]:
    """Return what is otherwise than when the run began, a sentence each, if it may be.

    Errors: InvalidInput with all of it if it may not.
    """
    stored, where = read_json(paths.provenance, LARGEST_PROVENANCE), str(paths.root)
    found = list(changed_since(stored, surroundings(experiment)))
    cure = f"bring it back as it was, or go on all the same with {ALLOW}: no longer byte for byte"
    if not paths.preparation.exists() or sha256_of(paths.preparation) != fingerprint(paths, "preparation"):
        found.append("preparation.json is not the one this run was trained with")
    else:
        then, now = stored_preparation(paths), experiment.splits.preparation
        if (then.features, then.classes) != (now.features, now.classes):
            found.append("the features or classes are not those this run was trained with: its weights mean nothing here")
            cure, allow_changes = "bring the data back as it was, or train anew", False
    if found and not allow_changes:
        raise InvalidInput(*(Problem(what=what, where=where, cure=cure if what is found[-1] else "") for what in found))
    return tuple(found)


def fits(state: State, experiment: Experiment) -> bool:
    """Say whether training of this spec can have come to this state: between two mini-batches, with as many steps done."""
    m, plan = len(experiment.splits.train), experiment.plan
    starts = [start for start, _ in boundaries(m, plan.batch_size, plan.smallest_batch)]
    if state.position not in starts or state.epoch < 0:
        return False
    return state.step == state.epoch * len(starts) + starts.index(state.position)


def _again(record: RunRecord, state: State, allowed: tuple[str, ...]) -> RunRecord:
    now = datetime.now(UTC)
    resumption = Resumption(time=now, step=state.step, allowed=allowed)
    return replace(
        record,
        status="running",
        stop_reason=None,
        ended=None,
        pid=os.getpid(),
        host=socket.gethostname(),
        resumptions=(*record.resumptions, resumption),
    )


def _where(restored: checkpoint.Restored, state: State) -> str:
    if restored.entry is None:
        return "resumed at step 0: there is no checkpoint that could be used"
    return f"resumed after step {state.step} (epoch {state.epoch} complete) from {restored.entry.file}"


def _no_way_on(paths: RunPaths, record: RunRecord, restored: checkpoint.Restored) -> Iterator[Problem]:
    """Yield why a run without a checkpoint that can be used cannot begin at step 0, if it cannot, or should not."""
    again = f"dlrun train {shlex.quote(str(paths.resolved))}"
    for name in restored.spoiled:
        what = "this file is not as it was, and every checkpoint counts on it; they are whole"
        yield Problem(what=what, where=str(paths.root / name), cure=f"bring it back as it was, or train the run again: {again}")
    if record.branch and not restored.spoiled:
        changes = " ".join(f"-s {shlex.quote(change)}" for change in record.branch.changes)
        parent = shlex.quote(str(paths.root.with_name(record.branch.parent)))
        cure = f"branch again: dlrun resume {parent} --at-epoch {int(record.branch.epoch)} {changes}"
        what = "no checkpoint of this child run can be used, and it cannot begin at step 0"
        yield Problem(what=what, where=str(paths.root), cure=cure)
