"""`dlrun batch SPEC…|DIR`: many specs for CI, each a run of its own, with one word at the end."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.completion import complete_spec
from dlrun.cli.options import RUNS, Debug, Overrides, Quiet, RunsDir

if TYPE_CHECKING:
    from dlrun.batch.members import Member
    from dlrun.batch.running import Result
    from dlrun.report.outcomes import Outcome
    from dlrun.workers.pool import Started


class BatchFormat(StrEnum):
    """How a batch prints what came of it."""

    text = "text"
    json = "json"
    md = "md"


def batch(
    specs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="SPEC…|DIR", help="YAML files, or directories of them.", autocompletion=complete_spec),
    ] = None,
    workers: Annotated[int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Runs at once; one core each.")] = None,
    overrides: Overrides = None,
    needed: Annotated[bool, typer.Option("--needed", help="Skip a spec of which a run on the same data is complete.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Run the specs that are right although others are wrong.")
    ] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop everything at the first failure.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 4 if a gate is inconclusive.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the last batch, where it stopped.")] = False,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit's XML there.")] = None,
    runs_dir: RunsDir = RUNS,
    output: Annotated[BatchFormat, typer.Option("--format", help="How the result is printed on stdout.")] = BatchFormat.text,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train many specs, and say what came of each; exit code 1 if any failed, else 3 if a gate did.

    Every spec is checked before anything runs. Each run has a process and one thread of its own, so that results are the same
    whatever runs beside it.
    """
    from dlrun.batch.ledger import Ledger
    from dlrun.batch.running import exit_code, run_batch

    _check_usage(specs, resume=resume, junit=junit)
    if resume:
        ledger = Ledger.newest(runs_dir)
        members = ledger.members()
    else:
        members = _members(specs or [], overrides or [], runs_dir, needed=needed, keep_going=keep_going, quiet=quiet)
        ledger = Ledger.begin(runs_dir, members)
    watcher = _Watcher(len(members), quiet=quiet)
    results = run_batch(
        members, ledger, workers=_at_once(workers, quiet=quiet), fail_fast=fail_fast, strict=strict, see=watcher.see
    )
    outcomes = [_outcome(result) for result in results]
    code = exit_code(results)
    _report(outcomes, output, junit)
    if code:
        raise typer.Exit(code)


def _check_usage(specs: Sequence[Path] | None, *, resume: bool, junit: Path | None) -> None:
    """Find before anything runs what would be in the way at the end."""
    import os

    from dlrun.errors import InvalidInput, Problem

    if resume and specs:
        raise InvalidInput(Problem(what="--resume goes on with the last batch, and takes no SPEC", cure="leave one of them out"))
    if not resume and not specs:
        raise InvalidInput(Problem(what="no spec is named", cure="dlrun batch configs/*.yaml, or a directory"))
    if junit and (junit.is_dir() or not os.access(junit.absolute().parent, os.W_OK)):
        what = "this is a directory" if junit.is_dir() else "its directory is not there, or cannot be written"
        raise InvalidInput(Problem(what=what, where=f"--junit {junit}"))


def _members(
    words: Sequence[Path], overrides: Sequence[str], runs_dir: Path, *, needed: bool, keep_going: bool, quiet: bool
) -> "list[Member]":
    """Check every spec, with a bar: some have to load much."""
    from dataclasses import replace

    from dlrun.batch.members import Complete, members_of, spec_files
    from dlrun.cli.bar import bar
    from dlrun.errors import InvalidInput

    files, members = spec_files(words), []
    complete = Complete(runs_dir) if needed else None
    with bar("checking", quiet=quiet) as draw:
        for number, (member, experiment) in enumerate(members_of(files, overrides)):
            draw(f"checking {member.spec.name}", number, len(files))
            known = complete.like(experiment) if complete and experiment else None
            members.append(replace(member, complete=known))
    problems = [problem for member in members for problem in member.wrong]
    if problems and not keep_going:
        raise InvalidInput(*problems)
    return members


def _at_once(wanted: int | None, *, quiet: bool) -> int:
    """Return how many runs there may be at once: a core for each."""
    from dlrun.experiment.threads import cores
    from dlrun.report.terminal import console

    if wanted and wanted > cores() and not quiet:
        console(stderr=True).print(f"· {cores()} at once, not {wanted}: there are no more cores", style="dim")
    return min(wanted or cores(), cores())


class _Watcher:
    """Says when a run begins and what came of it, failures with the end of their log."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        from dlrun.report.terminal import console

        self.out, self.total, self.quiet, self.done = console(stderr=True), total, quiet, 0

    def see(self, event: "Started | Result | None") -> None:
        """Take in what has happened."""
        from dlrun.batch.running import Result
        from dlrun.report.figures import duration

        if not isinstance(event, Result):
            return
        self.done += 1
        if event.failed:
            self.out.print(
                f"{self.done}/{self.total}  {event.member.name}  {event.status}: {event.why}", style="red", soft_wrap=True
            )
            for line in event.log:
                self.out.print(f"    {line}", style="dim", soft_wrap=True)
        elif not self.quiet:
            self.out.print(
                f"{self.done}/{self.total}  {event.member.name}  {event.status}  {duration(event.seconds)}", soft_wrap=True
            )


def _outcome(result: "Result") -> "Outcome":
    from dlrun.report.outcomes import Outcome

    return Outcome(
        spec=str(result.member.spec),
        name=result.member.name,
        status=result.status,
        failed=result.failed,
        code=result.code,
        seconds=result.seconds,
        told=result.told,
        why=result.why,
        log=result.log,
    )


def _report(outcomes: "Sequence[Outcome]", output: BatchFormat, junit: Path | None) -> None:
    from dlrun.cli.printing import print_json
    from dlrun.report.outcomes import junit as junit_xml
    from dlrun.report.outcomes import markdown_outcomes, print_outcomes
    from dlrun.report.terminal import console
    from dlrun.rundir.files import write_atomically

    if junit:
        write_atomically(junit, junit_xml(outcomes))
    headline = _headline(outcomes)
    match output:
        case BatchFormat.json:
            print_json([outcome.to_json() for outcome in outcomes])
        case BatchFormat.md:
            print(markdown_outcomes(outcomes, headline))
        case _:
            out = console()
            print_outcomes(outcomes, out)
            out.print()
            out.print(headline)


def _headline(outcomes: "Sequence[Outcome]") -> str:
    failed = sum(outcome.failed for outcome in outcomes)
    gates = sum(outcome.code == 3 for outcome in outcomes)
    needless = sum(outcome.status == "needless" for outcome in outcomes)
    words = [f"{len(outcomes) - failed} of {len(outcomes)} specs are complete"]
    words += [f"{failed} failed"] if failed else []
    words += [f"{gates} with a gate that failed"] if gates else []
    words += [f"{needless} had been run before"] if needless else []
    return ", ".join(words)
