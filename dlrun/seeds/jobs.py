"""The runs that one command starts: a list of jobs, each trained by a process of its own, and what came of each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import Diverged, DlrunError, Interrupted, Problem
from dlrun.experiment.gating import with_runs_found
from dlrun.experiment.interrupts import heeded
from dlrun.experiment.setup import set_up
from dlrun.experiment.stored import stored_diagnosis
from dlrun.kernels import NUMPY
from dlrun.rundir.files import read_bytes
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.spec import LoadedSpec
from dlrun.workers.training import Begun, Ending, Over, Training, train_all

LARGEST_SPEC = 2**24  # bytes


@dataclass(frozen=True)
class Job:
    """One child run: its spec, the overrides that make it of the given one, and what it is called among its like."""

    loaded: LoadedSpec
    overrides: tuple[str, ...]
    label: str

    @property
    def short(self) -> str:
        """What it is called where its number is known."""
        return self.label.partition(" (")[0]


@dataclass(frozen=True)
class Done:
    """What came of a job: a run on disk with its diagnosis, or why there is none; error is also of a run that did not finish."""

    job: Job
    paths: RunPaths | None = None
    record: RunRecord | None = None
    diagnosis: Diagnosis | None = None
    error: DlrunError | None = None
    ending: Ending | None = None  # how its process ended


@dataclass(frozen=True)
class Beginning:
    """A job that has begun, what it trains, and what is to be said of the data."""

    job: Job
    training: Training
    notes: tuple[str, ...]


See = Callable[[Beginning | Done | None], None]  # takes in what happens as it happens, and None now and then


def run_jobs(jobs: Sequence[Job], runs_dir: Path, *, workers: int, see: See) -> Iterator[Done]:
    """Train the jobs, at most so many at once, then yield what came of each, in their order; one that fails does not keep others.

    Errors: InvalidInput if already the first is not what it must be; Interrupted after all that had begun has been yielded.
    """
    notes = check(jobs, runs_dir)
    finished: dict[int, Done] = {}
    stopped: Interrupted | None = None
    try:
        with heeded() as interrupts, TemporaryDirectory(prefix="dlrun-") as files:
            trainings = {number: _training(job, runs_dir, Path(files, str(number))) for number, job in enumerate(jobs)}
            for event in train_all(trainings, workers=workers, signals=interrupts):
                match event:
                    case Begun(number):
                        see(Beginning(jobs[number], trainings[number], notes))
                    case Over(number, ending):
                        done = _done(jobs[number], ending)
                        if done.paths or not isinstance(done.error, Interrupted):  # else it had not begun
                            finished[number] = done
                            see(done)
                    case None:
                        see(None)
            if interrupts.number is not None:
                stopped = Interrupted(interrupts.number, _how_to_go_on(finished.values()))
    except Interrupted as second:
        stopped = second
    yield from (finished[number] for number in sorted(finished))
    if stopped:
        raise stopped


def check(jobs: Sequence[Job], runs_dir: Path) -> tuple[str, ...]:
    """See whether the first job could run, as far as that is known without training, and return what is to be said of it.

    Errors: InvalidInput with what is wrong.
    """
    first = jobs[0].loaded
    experiment = set_up(first, kernels=NUMPY)
    with_runs_found(experiment, runs_dir)
    return experiment.notes


def _training(job: Job, runs_dir: Path, run_file: Path) -> Training:
    return Training(spec=job.loaded.path, overrides=job.overrides, runs_dir=runs_dir, run_file=run_file)


def _done(job: Job, ending: Ending) -> Done:
    run = ending.run
    done = Done(job, run.paths if run else None, run.record if run else None, ending=ending)
    if ending.status != "completed" or run is None:
        return replace(done, error=_error(ending))
    try:
        if read_bytes(run.paths.spec, LARGEST_SPEC) != job.loaded.text:
            raise DlrunError(Problem(what="the spec was changed while others were trained with it", where=str(job.loaded.path)))
        return replace(done, diagnosis=stored_diagnosis(run.paths))
    except DlrunError as error:
        return replace(done, error=error)


def _error(ending: Ending) -> DlrunError:
    problem = Problem(what=ending.why, cure="; ".join(ending.cures))
    match ending.status:
        case "diverged":
            return Diverged(problem)
        case "interrupted":
            return Interrupted(ending.code - 128)
        case "killed" if ending.run:
            return DlrunError(replace(problem, cure=f"go on with it: dlrun resume {ending.run.paths.root}"))
        case _:
            return DlrunError(problem)


def _how_to_go_on(finished: Iterable[Done]) -> str:
    found = [f"dlrun resume {done.paths.root}" for done in finished if done.paths and isinstance(done.error, Interrupted)]
    return "what was trained until now is saved; go on with: " + ", ".join(found) if found else "what is done stays"


def failure(finished: Sequence[Done]) -> DlrunError | None:
    """Return the error of a group some of whose runs did not finish, with a line for each: Diverged if all of them have."""
    failed = [(done.job.label, done.error) for done in finished if done.error]
    if not failed:
        return None
    kind = Diverged if len(failed) == len(finished) and all(isinstance(error, Diverged) for _, error in failed) else DlrunError
    return kind(
        *(
            Problem(what=problem.what, where=f"{label}: {problem.where}".rstrip(": "), excerpt=problem.excerpt, cure=problem.cure)
            for label, error in failed
            for problem in error.problems
        )
    )
