"""Options that several commands share, so that they are spelled and explained alike everywhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class Format(StrEnum):
    """How a command prints its result."""

    text = "text"
    json = "json"


SpecPath: TypeAlias = Annotated[Path, typer.Argument(metavar="SPEC", help="A YAML file: one experiment.")]
RunReference: TypeAlias = Annotated[
    str, typer.Argument(metavar="RUN", help="An id, its beginning or end, @last, @last~1, or a path.")
]
Overrides: TypeAlias = Annotated[
    list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Change a key of the spec; may be repeated.")
]
RunsDir: TypeAlias = Annotated[Path, typer.Option(envvar="DLRUN_RUNS", metavar="DIR", help="Where runs are kept.")]
OutputFormat: TypeAlias = Annotated[Format, typer.Option("--format", help="How the result is printed on stdout.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages.")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="A line for every evaluation.")]
Debug: TypeAlias = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

RUNS = Path("runs")
SPEC_ENDINGS = {".yaml", ".yml"}


def names_spec(subject: str) -> bool:
    """Say whether what may be a SPEC or a RUN is a spec: a file name of YAML, which no run has."""
    return Path(subject).suffix in SPEC_ENDINGS
