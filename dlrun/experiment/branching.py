"""Babysitting one model: a child run that leaves its parent at some epoch, with some keys changed; the parent stays as it is."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun import checkpoint
from dlrun.errors import Diverged, DlrunError, InvalidInput, Problem, raise_all
from dlrun.experiment.interrupts import Interrupts
from dlrun.experiment.opening import open_run
from dlrun.experiment.origins import refuse_folds, resolved_spec, stored_spec
from dlrun.experiment.recording import LARGEST, METRICS, STEPS, Records, cut_back_to
from dlrun.experiment.resumption import fits, resume_run, unchanged
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment, set_up
from dlrun.experiment.threads import pinned
from dlrun.kernels import Clock
from dlrun.nn.schedules import Plateau
from dlrun.nn.stopping import Waiting
from dlrun.rundir.files import read_bytes, write_atomically
from dlrun.rundir.growing import Prefix, cut_back
from dlrun.rundir.locking import shared
from dlrun.rundir.own import own_folder
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Branch, RunRecord
from dlrun.spec import LoadedSpec
from dlrun.training.loop import StepEnd, train
from dlrun.training.state import State

MAY_CHANGE = (
    "name", "tags", "notes", "learning_rate", "regularization", "optimizer", "training.epochs", "training.clip",
    "training.early_stopping", "training.time_limit", "training.evaluate_every", "training.record_steps",
    "training.checkpoint_every", "training.threads", "training.kernels", "diagnosis", "gates",
)  # fmt: skip
WHY_NOT = (
    "data, architecture, loss and seed decide what the weights mean, the kind of the optimizer what it remembers, the batch size "
    "what a step is"
)

Watch = Callable[[Experiment, Iterable[StepEnd]], None]


def go_on(
    paths: RunPaths,
    changes: Sequence[str],
    *,
    at_epoch: int | None,
    allow_changes: bool,
    argv: Sequence[str],
    watch: Watch,
) -> AbstractContextManager[Run] | None:
    """Return what opens a run again, or with changes its child, which lies beside it; None if the run is complete.

    Errors: InvalidInput for a place to begin at without anything to change; more when it is opened.
    """
    refuse_folds(paths)
    if changes:
        home = paths.root.resolve().parent  # the run may be the working directory, or a link
        return branch_run(paths, changes, home, at_epoch=at_epoch, argv=argv, allow_changes=allow_changes, watch=watch)
    if at_epoch is not None:
        cure = "say what the child run does otherwise: -s learning_rate.initial=3e-4"
        raise InvalidInput(Problem(what="--at-epoch has no effect without -s: a run goes on where it stopped", cure=cure))
    if RunRecord.load(paths).status == "completed":
        return None
    return resume_run(paths, allow_changes=allow_changes)


@contextmanager
def branch_run(
    parent: RunPaths,
    changes: Sequence[str],
    runs_dir: Path,
    *,
    at_epoch: int | None = None,
    argv: Sequence[str] = (),
    allow_changes: bool = False,
    watch: Watch,
) -> Iterator[Run]:
    """Open a new run that goes on where its parent was after `at_epoch` epochs, or at its newest checkpoint.

    No checkpoint lies there? Then the parent is trained again, from the one before, which gives the same bits; watch sees it.
    Errors: InvalidInput, before anything is written, if a key may not change, or the parent did not come so far; RunBusy if a
    process is writing to the parent.
    """
    with ExitStack() as reading:
        parent = reading.enter_context(shared(parent))
        record = RunRecord.load(parent)
        own_folder(parent.checkpoints)
        of_parent = set_up(resolved_spec(parent))
        allowed = unchanged(parent, of_parent, allow_changes=allow_changes)
        loaded = stored_spec(parent.resolved, changes)
        raise_all(_forbidden(of_parent, loaded))
        child = set_up(loaded, examples_of=of_parent)
        origin = _Origin(parent, record, of_parent, at_epoch)
        raise_all(origin.out_of_reach(child))

        def begin(paths: RunPaths, interrupts: Interrupts) -> tuple[State, Branch]:
            state, files = origin.come_to(paths, interrupts, watch)
            begun = _handed_over(state, child, origin, files, paths)
            reading.close()  # the parent is free again; and what the child needs of it is its own
            epoch = state.epochs_passed(len(child.splits.train))
            branch = Branch(parent=record.run, epoch=epoch, step=state.step, changes=tuple(changes), allowed=allowed)
            return begun, branch

        with open_run(child, runs_dir, argv=argv, overrides=changes, begin=begin) as run:
            yield run


@dataclass(frozen=True)
class _Origin:
    """The place in its parent's training where a child begins: after `epoch` epochs, or at the newest checkpoint."""

    paths: RunPaths
    record: RunRecord
    experiment: Experiment
    epoch: int | None

    def out_of_reach(self, child: Experiment) -> Iterator[Problem]:
        """Yield why a child cannot begin there, as far as that is known without training."""
        if child.spec == self.experiment.spec:
            yield Problem(what="nothing would be different from the parent", cure="change a key: -s learning_rate.initial=3e-4")
        if self.epoch is None:
            return
        branch, epochs = self.record.branch, child.plan.epochs
        if branch and self.epoch < branch.epoch:
            what = f"this run left its own parent at epoch {branch.epoch:g}, so epoch {self.epoch} is not its own"
            cure = f"branch from there: dlrun resume {branch.parent} --at-epoch {self.epoch}"
            yield Problem(what=what, where="--at-epoch", cure=cure)
        if self.epoch >= epochs:
            what = f"nothing is left to train: training.epochs is {epochs}, and the child begins after {self.epoch}"
            yield Problem(what=what, where="--at-epoch", cure=f"-s training.epochs={2 * self.epoch}, or an earlier one")
        if self.epoch > (reached := _epochs_of(self.paths)):
            what = f"the parent has come to epoch {reached} only"
            reason = f": {self.record.stop_reason}" if self.record.stop_reason else ""
            yield Problem(what=what + reason, where="--at-epoch", cure=f"at most {reached}")

    def come_to(self, child: RunPaths, interrupts: Interrupts, watch: Watch) -> tuple[State, dict[str, Prefix]]:
        """Return the parent's state there, and its growing files until then, copied into the child's directory."""
        experiment, state, clock = self.experiment, self.experiment.start(), Clock()
        restored = checkpoint.restore(self.paths, state, until=self.epoch)
        if restored.entry is None and (restored.spoiled or self.record.branch):
            said = "; ".join(restored.passed_over) or "it has none of that epoch, or before"
            raise DlrunError(Problem(what=f"no checkpoint of the parent can be used: {said}", where=str(self.paths.root)))
        if not fits(state, experiment):
            what = "the stored state is not one that its spec could have come to"
            raise DlrunError(Problem(what=what, where=str(self.paths.root)))
        _copy(self.paths, child, restored.files)
        began_at = state.epochs_passed(len(experiment.splits.train))
        with (
            pinned(experiment.threads),
            clock.standing_still(),
            closing(Records(child, experiment, clock, began_at=began_at)) as records,
            closing(self._again(state, records, interrupts)) as steps,
        ):
            try:
                watch(experiment, steps)
            except Diverged as error:
                what = f"the parent diverged before epoch {self.epoch}: {error.problems[0].what}"
                raise InvalidInput(Problem(what=what, where="--at-epoch", cure=f"at most {state.epoch}")) from error
            return state, records.flush()

    def _again(self, state: State, records: Records, interrupts: Interrupts) -> Generator[StepEnd]:
        """Train the parent again to the epoch that is asked for: the same bits as the first time."""
        if self.epoch is None or (state.epoch, state.position) == (self.epoch, 0):
            return
        for step in train(self.experiment.network, self.experiment.plan, self.experiment.splits, state):
            records.add(step)
            yield step
            interrupts.check("no run has begun, and the parent is as it was")
            if (state.epoch, state.position) == (self.epoch, 0):
                return


def _handed_over(state: State, child: Experiment, origin: _Origin, files: dict[str, Prefix], paths: RunPaths) -> State:
    """Return the child's first state, saved for good: the parent's, but patience begins anew, and a plateau with a new rate."""
    if state.epoch >= child.plan.epochs:
        what = f"nothing is left to train: training.epochs is {child.plan.epochs}, and the child begins after {state.epoch}"
        raise InvalidInput(Problem(what=what, cure=f"-s training.epochs={2 * state.epoch}, or --at-epoch with an earlier one"))
    begun = child.start()
    begun.restore(state.arrays(), state.scalars())
    begun.stop_reason = None
    before, told = origin.experiment.plan, child.plan.early_stopping
    if told:
        if told != before.early_stopping or (told.watch == "cost" and child.plan.penalties != before.penalties):
            begun.waiting = Waiting()  # what was watched cannot be compared with what is
        begun.waiting.epoch = begun.epochs_passed(len(child.splits.train))
    if child.plan.learning_rate != before.learning_rate:
        begun.plateau = Plateau()
    if child.spec.training.record_steps == "off" and paths.steps.name in files:
        del files[paths.steps.name]
        cut_back(paths.steps, 0)
    checkpoint.save(paths, begun, files)
    checkpoint.keep_first(paths)
    return begun


def _epochs_of(paths: RunPaths) -> int:
    """Return how many epochs a run has completed, as the last rows of its metrics and steps say."""
    return max(_in_last_row(paths.metrics, METRICS.index("epoch")), _in_last_row(paths.steps, STEPS.index("epoch")))


def _in_last_row(path: Path, column: int) -> int:
    rows = read_bytes(path, LARGEST).splitlines() if path.exists() else []
    try:
        return int(float(rows[-1].split(b",")[column])) if len(rows) > 1 else 0
    except (ValueError, IndexError, OverflowError):  # torn, or not ours: then it says nothing
        return 0


def _copy(parent: RunPaths, child: RunPaths, files: Mapping[str, Prefix]) -> None:
    """Begin the child's growing files as the parent's began."""
    for name, prefix in files.items():
        write_atomically(child.root / name, read_bytes(parent.root / name, LARGEST)[: prefix.size])
    if parent.timings.exists() and files:
        write_atomically(child.timings, read_bytes(parent.timings, LARGEST))
    cut_back_to(child, files)


def _forbidden(of_parent: Experiment, loaded: LoadedSpec) -> Iterator[Problem]:
    """Yield a problem for each key that a child cannot change."""
    before, after = of_parent.spec.model_dump(mode="json"), loaded.spec.model_dump(mode="json")
    for key in _changed(before, after):
        if key == "optimizer.kind" or not any(key == may or key.startswith(f"{may}.") for may in MAY_CHANGE):
            yield loaded.problem(key, f"{key} cannot change in a child run", cure=WHY_NOT)


def _changed(before: Any, after: Any, key: str = "") -> Iterator[str]:
    """Yield the address of each value that is another one; of a component of another kind, its kind alone."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        if before != after:
            yield key
        return
    if before.get("kind") != after.get("kind"):
        yield f"{key}.kind"
        return
    for name in before.keys() | after.keys():
        yield from _changed(before.get(name), after.get(name), f"{key}.{name}".lstrip("."))
