"""The runs that one command starts: a list of jobs, trained one after the other, and what came of each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import Diverged, DlrunError, Interrupted, InvalidInput, Problem
from dlrun.experiment.interrupts import heeded
from dlrun.experiment.opening import open_run
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment, set_up
from dlrun.report.markdown import write_report
from dlrun.report.next_step import next_step
from dlrun.rundir.groups import group_key
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.spec import LoadedSpec

Follow = Callable[["Job", Run], None]  # goes through the steps of `run.train()`, and shows them


@dataclass(frozen=True)
class Job:
    """One child run: its spec, the overrides that make it of the given one, and what it is called among its like."""

    loaded: LoadedSpec
    overrides: tuple[str, ...]
    label: str
    group: str | None = None  # None: the key of its spec


@dataclass(frozen=True)
class Done:
    """What came of a job: a run on disk with its diagnosis, or why there is none; error is also of a run that did not finish."""

    job: Job
    paths: RunPaths | None = None
    record: RunRecord | None = None
    diagnosis: Diagnosis | None = None
    error: DlrunError | None = None


def run_jobs(jobs: Iterable[Job], runs_dir: Path, *, argv: Sequence[str], follow: Follow) -> Iterator[Done]:
    """Train one job after the other, and yield what came of each; one that fails does not keep the others.

    Errors: InvalidInput if already the first is not what it must be; Interrupted after it has yielded what was interrupted.
    """
    with heeded() as interrupts:
        for number, job in enumerate(jobs):
            interrupts.check("what is done stays")
            done = _run(job, runs_dir, argv, follow)
            if number == 0 and done.paths is None and isinstance(done.error, InvalidInput):
                raise done.error
            yield done
            if isinstance(done.error, Interrupted):
                raise done.error


def _run(job: Job, runs_dir: Path, argv: Sequence[str], follow: Follow) -> Done:
    run: Run | None = None
    try:
        experiment = set_up(job.loaded)
        with open_run(experiment, runs_dir, argv=argv, overrides=job.overrides, group=job.group or _key(experiment)) as run:
            follow(job, run)
            diagnosis = run.finish(lambda record, found: _report(job, run, record, found))
    except DlrunError as error:
        return Done(job, run.paths if run else None, run.record if run else None, error=error)
    return Done(job, run.paths, run.record, diagnosis)


def _key(experiment: Experiment) -> str:
    return group_key(experiment.spec.model_dump(mode="json"))


def _report(job: Job, run: Run | None, record: RunRecord, diagnosis: Diagnosis) -> None:
    assert run, "who finishes has begun"
    step = next_step(run.paths, record, diagnosis, spec=str(job.loaded.path), overrides=job.overrides)
    write_report(run.paths, record, diagnosis, step)


def failure(finished: Sequence[Done]) -> DlrunError | None:
    """Return the error of a group some of whose runs did not finish, with a line for each: Diverged if all of them have."""
    failed = [(done.job.label, done.error) for done in finished if done.error]
    if not failed:
        return None
    kind = Diverged if len(failed) == len(finished) and all(isinstance(error, Diverged) for _, error in failed) else DlrunError
    told = kind(
        *(
            Problem(what=problem.what, where=f"{label}: {problem.where}".rstrip(": "), excerpt=problem.excerpt, cure=problem.cure)
            for label, error in failed
            for problem in error.problems
        )
    )
    for _, error in failed:
        for note in getattr(error, "__notes__", ()):
            told.add_note(note)
    return told
