"""`dlrun batch SPEC…|DIR`: many specs for CI, each a run of its own, with one word at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.completion import complete_spec
from dlrun.cli.options import MOST_SEEDS, RUNS, Debug, Overrides, Quiet, RunsDir, Strict, TableFormat

if TYPE_CHECKING:
    from dlrun.batch.members import Member
    from dlrun.batch.running import Beginning, News
    from dlrun.cli.many import Many
    from dlrun.seeds.jobs import Job
    from dlrun.spec import LoadedSpec

AtOnce = Annotated[int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Runs at once; one for each core.")]
Seeds = Annotated[
    int | None,
    typer.Option("--seeds", metavar="N", min=1, max=MOST_SEEDS, help="N runs of each spec with other seeds, and their mean."),
]


def batch(
    specs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="SPEC…|DIR", help="YAML files, or directories of them.", autocompletion=complete_spec),
    ] = None,
    workers: AtOnce = None,
    seeds: Seeds = None,
    overrides: Overrides = None,
    needed: Annotated[bool, typer.Option("--needed", help="Skip a spec of which a run on the same data is complete.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Run the specs that are right although others are wrong.")
    ] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop everything at the first failure.")] = False,
    strict: Strict = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last batch, where it stopped.")] = False,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit's XML there.")] = None,
    runs_dir: RunsDir = RUNS,
    output: Annotated[TableFormat, typer.Option("--format", help="How the result is printed on stdout.")] = TableFormat.text,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train many specs, and say what came of each; exit code 1 if any failed, else 3 if a gate did.

    Every spec is checked before anything runs. Each run has a process and one thread of its own, so that results are the same
    whatever runs beside it.
    """
    from functools import partial

    from dlrun.batch.ledger import Ledger
    from dlrun.batch.running import exit_code, run_batch
    from dlrun.cli.batched import outcomes_of, report
    from dlrun.cli.many import Many, cores_for

    _check_usage(specs, overrides, seeds=seeds, resume=resume, junit=junit)
    at_once = cores_for(workers, quiet=quiet)
    if resume:
        ledger = Ledger.newest(runs_dir)
        members = ledger.members()
    else:
        members = _members(
            specs or [], overrides or [], seeds, runs_dir, workers=at_once, needed=needed, keep_going=keep_going, quiet=quiet
        )
        ledger = Ledger.begin(runs_dir, members)
    with Many(len(members), quiet=quiet).shown() as many:
        see = partial(_see, many)
        results = run_batch(members, ledger, workers=at_once, fail_fast=fail_fast, strict=strict, see=see)
    outcomes = outcomes_of(results, runs_dir, strict=strict)
    report(results, outcomes, runs_dir, output, junit)
    if code := exit_code(results, (outcome.code for outcome in outcomes if outcome.runs is not None)):
        raise typer.Exit(code)


def _check_usage(
    specs: Sequence[Path] | None, overrides: Sequence[str] | None, *, seeds: int | None, resume: bool, junit: Path | None
) -> None:
    """Find before anything runs what would be in the way at the end."""
    from dlrun.errors import InvalidInput, Problem

    if resume and (specs or overrides or seeds):
        more = "SPEC" if specs else "-s" if overrides else "--seeds"
        what = f"--resume goes on with the last batch as it was begun, and takes no {more}"
        raise InvalidInput(Problem(what=what, cure="leave one of them out"))
    if not resume and not specs:
        raise InvalidInput(Problem(what="no spec is named", cure="dlrun batch configs/*.yaml, or a directory"))
    if junit and (what := _in_the_way(junit)):
        raise InvalidInput(Problem(what=what, where=f"--junit {junit}"))


def _in_the_way(file: Path) -> str:
    """Return why a file could not be written at the end, or nothing: a file beside it is tried, and is gone again."""
    from tempfile import TemporaryFile

    if file.is_dir():
        return "this is a directory"
    try:
        with TemporaryFile(dir=file.absolute().parent):
            return ""
    except OSError as error:
        return f"nothing can be written in its directory: {(error.strerror or str(error)).lower()}"


def _members(
    words: Sequence[Path],
    overrides: Sequence[str],
    seeds: int | None,
    runs_dir: Path,
    *,
    workers: int,
    needed: bool,
    keep_going: bool,
    quiet: bool,
) -> "list[Member]":
    """Check every spec, with a bar: some have to load much."""
    from dlrun.batch.members import Checking, Complete, spec_files, told_apart
    from dlrun.cli.bar import bar
    from dlrun.errors import InvalidInput
    from dlrun.seeds.chance import seed_jobs
    from dlrun.seeds.gating import named_once

    def variants(loaded: "LoadedSpec", overrides: Sequence[str]) -> "list[Job]":
        count = seeds or loaded.spec.seeds
        return seed_jobs(*named_once(loaded, overrides, runs_dir, lambda: [loaded]), count) if count > 1 else []

    files, members = spec_files(words), []
    complete = Complete(runs_dir) if needed else None
    checking = Checking(overrides=overrides, variants=variants, runs_dir=runs_dir, workers=workers, complete=complete)
    with bar("checking", quiet=quiet) as draw:
        for number, path in enumerate(files):
            draw(f"checking {path.name}", number, len(files))
            members += checking.members_of(path)
    problems = [problem for member in members for problem in member.wrong]
    if problems and not keep_going:
        raise InvalidInput(*problems)
    return told_apart(members)


def _see(many: "Many", event: "Beginning | News | None") -> None:
    """Show what happens: failures with the end of their log."""
    from dlrun.batch.running import Beginning, News
    from dlrun.report.figures import duration

    match event:
        case Beginning(number, member, training):
            many.begun(number, member.label, training)
        case News(number, result):
            line = f"{result.member.label}  {result.status}"
            if result.failed:
                many.ended(number, f"{line}: {result.why}", log=result.log)
            else:
                many.ended(number, f"{line}  {duration(result.seconds)}")
        case None:
            many.tick()
