"""Training one experiment several times under the eyes of whoever is at the terminal."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlrun.cli.closing import raise_for_gates
from dlrun.cli.many import Manner, Many
from dlrun.cli.options import Format
from dlrun.cli.printing import print_json
from dlrun.diagnosis.gating import Judged
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import Interrupted
from dlrun.experiment.stored import group_diagnosis
from dlrun.report.contract import contract
from dlrun.report.figures import duration, error_text
from dlrun.report.gate_rows import gates_page
from dlrun.report.group_table import group_json, metric_of, print_group
from dlrun.report.terminal import console
from dlrun.rundir.groups import Group, key_of
from dlrun.rundir.listing import ListedRun, list_runs, read_run, short_ids
from dlrun.seeds.chance import seed_jobs
from dlrun.seeds.gating import group_gates, has_gates, named_once
from dlrun.seeds.jobs import Beginning, Done, Job, failure, run_jobs
from dlrun.spec import LoadedSpec


def train_seeds(
    loaded: LoadedSpec,
    changes: Sequence[str],
    count: int,
    runs_dir: Path,
    manner: Manner,
) -> None:
    """Train one run a seed, print the group they make, and raise what went wrong with any of them, or with their gates."""
    finished: list[Done] = []
    loaded, changes = named_once(loaded, changes, runs_dir, lambda: [loaded])
    jobs = seed_jobs(loaded, changes, count)
    together: Together | None = None
    try:
        finished.extend(watched(jobs, runs_dir, manner))
    except Interrupted as stopped:
        note_what_is_left(stopped, jobs, finished, f"of {count} seeds are done, {len(not_begun(jobs, finished))} not begun")
        raise
    finally:
        if together := Together.of(finished, runs_dir):
            _print(together, runs_dir, manner.output)
    if error := failure(finished):
        raise error
    if together:
        raise_for_gates(together.gates, metric_of(together.group), strict=manner.strict)


@dataclass(frozen=True)
class Together:
    """What became of the runs that finished: their group, the diagnosis of their mean, their gates."""

    group: Group
    diagnosis: Diagnosis | None
    gates: tuple[Judged, ...]

    @classmethod
    def of(cls, finished: Sequence[Done], runs_dir: Path) -> "Together | None":
        """Read them; None if there are none."""
        runs = [read_run(done.paths) for done in reversed(finished) if done.paths]
        if not runs:
            return None
        group = Group(_key(runs), tuple(runs))
        diagnosis = group_diagnosis(group) if group.judged else None
        return cls(group, diagnosis, group_gates(group, diagnosis, runs_dir) if diagnosis and has_gates(group) else ())


def _print(together: Together, runs_dir: Path, output: Format) -> None:
    """Print what there is of a group."""
    group, diagnosis, gates = together.group, together.diagnosis, together.gates
    if output is Format.json:
        told = [
            {"seed": run.value("seed"), **contract(run.paths, run.record)}
            for run in reversed(group.runs)
            if run.record is not None
        ]
        judged = {"diagnosis": diagnosis.to_json() if diagnosis else None, "gates": [row.to_json() for row in gates]}
        print_json({**group_json(group), "runs": told, **judged})
        return
    out = console()
    out.print()
    print_group(group, short_ids(list_runs(runs_dir)), diagnosis, out)
    for part in gates_page(gates, metric_of(group)) if gates else ():
        out.print(part)
    out.print()
    out.print(f"group    {group.key} in {runs_dir}: dlrun ls --groups", soft_wrap=True)


def by_hand(job: Job) -> str:
    """Return the command that trains a job alone."""
    return shlex.join(["dlrun", "train", str(job.loaded.path), *(word for told in job.overrides for word in ("-s", told))])


def _key(runs: Sequence[ListedRun]) -> str:
    return next((key for run in runs if run.record and (key := key_of(run.record))), "")


def watched(jobs: Sequence[Job], runs_dir: Path, manner: Manner) -> Iterator[Done]:
    """Train jobs while whoever is at the terminal watches, and yield what came of each, in their order; errors as `run_jobs`."""
    many = Many(len(jobs), quiet=manner.quiet, verbose=manner.verbose)
    numbers = {job.label: number for number, job in enumerate(jobs)}

    def see(event: Beginning | Done | None) -> None:
        match event:
            case Beginning(job, training, notes):
                many.begun(numbers[job.label], job.short, training, notes)
            case Done(job):
                _tell(many, numbers[job.label], event)
            case None:
                many.tick()

    with many.shown():
        yield from run_jobs(jobs, runs_dir, workers=manner.workers, see=see)


def _tell(many: Many, number: int, done: Done) -> None:
    """Say in a line what came of a run."""
    assert done.ending, "it had a process"
    name, where = done.job.short, f"  {done.paths.root}" if done.paths else ""
    if done.error:
        status = "failed" if done.ending.status == "completed" else done.ending.status
        log = () if isinstance(done.error, Interrupted) else done.ending.log
        many.ended(number, f"{name}  {status}: {done.error.problems[0].what}{where}", log=log)
        return
    found = done.diagnosis.errors if done.diagnosis else None
    said = f"dev error {error_text(found.dev.value, found.metric)}" if found and found.dev else "no dev part"
    many.ended(number, f"{name}  {said}  {duration(done.ending.seconds)}{where}", notes=done.ending.notes)


def note_what_is_left(stopped: Interrupted, jobs: Sequence[Job], finished: Sequence[Done], words: str) -> None:
    """Note how many jobs are done, with what words say of them, and how the next one that had not begun is trained alone."""
    stopped.add_note(f"{sum(not done.error for done in finished)} {words}")
    for job in not_begun(jobs, finished)[:1]:
        stopped.add_note(f"the next one alone: {by_hand(job)}")


def not_begun(jobs: Sequence[Job], finished: Sequence[Done]) -> list[Job]:
    """Return the jobs of which there is no run."""
    begun = {done.job.label for done in finished}
    return [job for job in jobs if job.label not in begun]
