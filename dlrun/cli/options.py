"""Options that several commands share, so that they are spelled and explained alike everywhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from dlrun.cli.completion import SPEC_ENDINGS, complete_condition, complete_override, complete_run, complete_spec
from dlrun.rundir.paths import RUNS_DIR


class Format(StrEnum):
    """How a command prints its result."""

    text = "text"
    json = "json"


class ErrorsFormat(StrEnum):
    """How a diagnosis prints its result; csv is of the errors alone."""

    text = "text"
    json = "json"
    csv = "csv"


class PageFormat(StrEnum):
    """How a command prints what is a page for people."""

    text = "text"
    json = "json"
    md = "md"


class TableFormat(StrEnum):
    """How a command prints rows."""

    text = "text"
    json = "json"
    csv = "csv"
    md = "md"


SpecPath: TypeAlias = Annotated[
    Path, typer.Argument(metavar="SPEC", help="A YAML file: one experiment.", autocompletion=complete_spec)
]
RunReference: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="An id, its beginning or end, @last, @last~1, @best, or a path.", autocompletion=complete_run
    ),
]
RunReferences: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN", help="Ids, their beginnings or ends, @last, @last~1, @best, or paths.", autocompletion=complete_run
    ),
]
Overrides: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set", "-s", metavar="KEY=VALUE", help="Change a key of the spec; may be repeated.", autocompletion=complete_override
    ),
]
Where: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="EXPR",
        help="Only runs such as 'dev_error<5%' or optimizer.kind=adam; may be repeated.",
        autocompletion=complete_condition,
    ),
]
RunsDir: TypeAlias = Annotated[Path, typer.Option(envvar="DLRUN_RUNS", metavar="DIR", help="Where runs are kept.")]
OutputFormat: TypeAlias = Annotated[Format, typer.Option("--format", help="How the result is printed on stdout.")]
RunFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--run-file", metavar="FILE", help="Write the run's directory into this file as soon as it has begun."),
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages.")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="A line for every evaluation.")]
Strict: TypeAlias = Annotated[bool, typer.Option("--strict", help="Exit code 4 if a gate is inconclusive.")]
Debug: TypeAlias = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

RUNS = RUNS_DIR
MOST_SEEDS, MOST_FOLDS = 100, 50  # as in the spec, which need not be imported to print a help page


def names_spec(subject: str) -> bool:
    """Say whether what may be a SPEC or a RUN is a spec: a file name of YAML, which no run has."""
    return Path(subject).suffix in SPEC_ENDINGS
