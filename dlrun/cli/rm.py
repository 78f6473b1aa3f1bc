"""`dlrun rm RUN…`: runs go, after a look at what they are."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, RunReferences, RunsDir
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dlrun.rundir.listing import ListedRun


def rm(
    runs: RunReferences,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """Remove runs, with all their files; what goes is shown, and asked about once.

    All of them are found before the first one goes; a run that is being written to stays, and then all do.
    """
    from dlrun.printable import printable
    from dlrun.report.figures import size_text
    from dlrun.rundir.removal import remove_run, size_of

    found = _found(runs, runs_dir)
    sizes = {run.paths.root: size_of(run.paths) for run in found}
    if not yes and not _agreed(found, sizes):
        return
    removed = []
    try:
        for run in found:
            remove_run(run.paths)
            removed.append(run)
            if output is Format.text:
                print(printable(f"removed {run.paths.id}  {size_text(sizes[run.paths.root])}"))
    finally:  # also of those before one that failed
        if output is Format.json:
            print_json([_contract(run, sizes[run.paths.root]) for run in removed])


def _found(references: "Sequence[str]", runs_dir: "Path") -> "list[ListedRun]":
    """Return the runs that are meant, each once.

    Errors: InvalidInput with everything that is no run; RunBusy if somebody writes to one.
    """
    from dlrun.errors import InvalidInput, Problem, RunBusy, raise_all
    from dlrun.rundir.locking import is_held
    from dlrun.rundir.references import find_run
    from dlrun.rundir.removal import removable

    problems: list[Problem] = []
    found: dict[Path, ListedRun] = {}
    for reference in references:
        try:
            run = removable(find_run(reference, runs_dir))
            found[run.paths.root] = run
        except InvalidInput as error:
            problems += error.problems
    raise_all(problems)
    busy = [run for run in found.values() if is_held(run.paths)]
    if busy:
        cure = "wait until it ends, or end it with Ctrl-C; nothing has been removed"
        raise RunBusy(*(Problem(what="this run is being written to", where=str(run.paths.root), cure=cure) for run in busy))
    return list(found.values())


def _agreed(found: "Sequence[ListedRun]", sizes: "Mapping[Path, int]") -> bool:
    """Show what would go and ask; Enter is no.

    Errors: InvalidInput where nobody can be asked.
    """
    import sys
    from datetime import UTC, datetime

    from dlrun.errors import InvalidInput, Problem
    from dlrun.report.run_table import print_runs, removal_columns
    from dlrun.report.terminal import console

    out = console(stderr=True)
    print_runs(removal_columns(found, sizes, now=datetime.now(UTC)), out)
    things = "this run" if len(found) == 1 else f"these {len(found)} runs"
    if not (sys.stdin.isatty() and out.is_terminal):
        raise InvalidInput(Problem(what=f"nobody can be asked here whether {things} may go", cure="say so with --yes"))
    if _answer(f"remove {things} for good? [y/N] ") in {"y", "yes"}:
        return True
    out.print("nothing has been removed", style="dim")
    return False


def _answer(question: str) -> str:
    import sys
    from signal import SIGINT

    from dlrun.errors import Interrupted

    try:
        print(question, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        raise Interrupted(SIGINT, cure="nothing has been removed") from None


def _contract(run: "ListedRun", size: int) -> "dict[str, object]":
    return {"run": run.paths.id, "path": str(run.paths.root), "name": run.value("name"), "status": run.status, "bytes": size}
