"""Training one experiment several times under the eyes of whoever is at the terminal."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from dlrun.cli.closing import raise_for_gates
from dlrun.cli.options import Format
from dlrun.cli.printing import print_json
from dlrun.cli.progress import BarOnly, Watcher
from dlrun.diagnosis.gating import Judged
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import DlrunError, Interrupted
from dlrun.experiment.run import Run
from dlrun.experiment.stored import group_diagnosis
from dlrun.printable import printable
from dlrun.report.contract import contract
from dlrun.report.figures import error_text
from dlrun.report.gate_rows import gates_page
from dlrun.report.group_table import group_json, metric_of, print_group
from dlrun.report.terminal import console
from dlrun.rundir.groups import Group, key_of
from dlrun.rundir.listing import ListedRun, list_runs, read_run, short_ids
from dlrun.seeds.chance import seed_jobs
from dlrun.seeds.gating import group_gates, has_gates, named_once
from dlrun.seeds.jobs import Done, Job, failure, run_jobs
from dlrun.spec import LoadedSpec


def train_seeds(
    loaded: LoadedSpec,
    changes: Sequence[str],
    count: int,
    runs_dir: Path,
    *,
    output: Format,
    quiet: bool,
    verbose: bool,
    strict: bool,
) -> None:
    """Train one run a seed, print the group they make, and raise what went wrong with any of them, or with their gates."""
    finished: list[Done] = []
    loaded, changes = named_once(loaded, changes, runs_dir, lambda: [loaded])
    jobs = seed_jobs(loaded, changes, count)
    together: Together | None = None
    watching = Watching(quiet=quiet, verbose=verbose)
    try:
        for done in run_jobs(jobs, runs_dir, argv=sys.argv, follow=watching.follow):
            finished.append(done)
            watching.tell(done)
    except Interrupted as stopped:
        left = len(jobs) - len(finished)
        stopped.add_note(f"{sum(not done.error for done in finished)} of {count} seeds are done, {left} not begun")
        for job in jobs[len(finished) : len(finished) + 1]:
            stopped.add_note(f"the next one alone: {by_hand(job)}")
        raise
    finally:
        if together := Together.of(finished, runs_dir):
            _print(together, runs_dir, output)
    if error := failure(finished):
        raise error
    if together:
        raise_for_gates(together.gates, metric_of(together.group), strict=strict)


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


class Watching:
    """Shows one run after the other: a bar while it trains, a line when it is done; with `verbose` every evaluation."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self.out: Console | None = None if quiet else console(stderr=True)
        self.verbose = verbose
        self.said: set[str] = set()

    def follow(self, job: Job, run: Run) -> None:
        """Train a run to its end; what was said of an earlier one is not said again."""
        with closing(run.train()) as steps:
            if self.out is None:
                for _ in steps:
                    pass
                return
            kind = Watcher if self.verbose else BarOnly
            watcher = kind(self.out, run.experiment, from_step=run.state.step, every_row=self.verbose)
            for note in run.experiment.notes:
                if note not in self.said:
                    watcher.say(f"· {note}", style="dim")
            self.said |= set(run.experiment.notes)
            if self.verbose:
                watcher.say(job.label)
            watcher.watch(steps)

    def tell(self, done: Done) -> None:
        """Say in a line what came of a run."""
        if self.out is None:
            return
        error = done.diagnosis.errors.dev if done.diagnosis else None
        metric = done.diagnosis.errors.metric if done.diagnosis else "error_rate"
        result = f"dev error {error_text(error.value, metric)}" if error else _short(done.error)
        where = f"  {done.paths.root}" if done.paths else ""
        try:
            self.out.print(f"{done.job.label}: {printable(result)}{where}", soft_wrap=True)
        except OSError:
            self.out = None


def _short(error: DlrunError | None) -> str:
    return error.problems[0].what if error else "no dev part"
