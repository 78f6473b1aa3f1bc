"""`dlrun init`: from a data file to a spec that runs."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlrun.cli.options import Debug, Format, OutputFormat
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from dlrun.errors import Problem
    from dlrun.experiment.assumptions import Assumption
    from dlrun.experiment.first_look import FirstLook

STDOUT = Path("-")
DIGITS = "digits"


def init(
    data: Annotated[Path | None, typer.Option(metavar="FILE", help="A table or archive; left out, the packaged digits.")] = None,
    train_dev: Annotated[Path | None, typer.Option(metavar="FILE", help="More of the training distribution, held out.")] = None,
    dev: Annotated[Path | None, typer.Option(metavar="FILE", help="A file of its own for dev.")] = None,
    test: Annotated[Path | None, typer.Option(metavar="FILE", help="A file of its own for test.")] = None,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column to predict; left out, a guess.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="SPEC", help="Where to write; `-` is stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """Look at data and write a commented spec for it that runs as it is; say what was assumed."""
    from dlrun.errors import raise_all
    from dlrun.experiment.assumptions import assumptions
    from dlrun.experiment.first_look import look_at, look_at_digits
    from dlrun.experiment.first_network import first_network
    from dlrun.experiment.first_spec import SCHEMA, first_spec
    from dlrun.rundir.files import write_atomically
    from dlrun.spec import read_text

    files = {key: str(path) for key, path in (("path", data), ("train_dev", train_dev), ("dev", dev), ("test", test)) if path}
    here = Path(f"{_stem(data) if data else DIGITS}.yaml")
    place = out or here
    raise_all(_usage(files, target, place, force=force, output=output))
    look = look_at(files, target) if files else look_at_digits()
    network = first_network(len(look.splits.train), len(look.splits.features), regression=look.target.regression)
    read_text(first_spec(look, network, here))  # nothing is written that cannot be read; a text's paths start here
    written = first_spec(look, network, here if place == STDOUT else place, schema=(place.parent / SCHEMA).exists())
    if place == STDOUT:
        print(written, end="")
    else:
        write_atomically(place, written)
    _say(assumptions(look, network), place)
    if output is Format.json:
        print_json(_contract(look, place))


def _usage(files: Mapping[str, str], target: str | None, out: Path, *, force: bool, output: Format) -> "Iterator[Problem]":
    """Yield what the options say that cannot be."""
    from dlrun.errors import Problem

    if files and "path" not in files:
        yield Problem(
            what="a file for a part needs one to train on", where=", ".join(files.values()), cure="give it as --data FILE"
        )
    if target is not None and not files:
        yield Problem(what="--target names a column, but of which table?", cure="give it as --data FILE")
    if out == STDOUT and output is Format.json:
        yield Problem(what="the spec and the JSON would both go to stdout", cure="write the spec to a file: --out SPEC")
    if out != STDOUT and out.exists() and not force:
        yield Problem(what="is there already", where=str(out), cure="--force replaces it, --out SPEC writes elsewhere")
    if out != STDOUT and not out.parent.is_dir():
        yield Problem(what=f"there is no directory {out.parent}", where=str(out), cure="make it first")


def _stem(data: Path) -> str:
    """Return a file's name without its endings, those of tables and archives: adult.csv.gz is adult."""
    from dlrun.data.opening import endings

    name = data.name
    while (short := next((name.removesuffix(e) for e in endings() if name.lower().endswith(e)), name)) not in {name, ""}:
        name = short
    return name


def _say(assumed: "Iterable[Assumption]", out: Path) -> None:
    """Say on stderr what was assumed, and what comes next."""
    from rich.text import Text

    from dlrun.report.terminal import console, table_of

    said, table = console(stderr=True), table_of("", "", right=())
    table.show_header = False
    for about, what in assumed:
        table.add_row(Text(about, style="yellow" if about == "a leak?" else "dim"), Text(what))
    said.print(table)
    if out != STDOUT:
        said.print(f"written to {out}")
        said.print(Text.assemble(("next  ", "dim"), f"dlrun train {shlex.quote(str(out))}"), soft_wrap=True)


def _contract(look: "FirstLook", out: Path) -> dict[str, Any]:
    left_out = dict(look.left_out)
    return {
        "spec": str(out),
        "target": look.target.name,
        "task": "regression" if look.target.regression else "classification",
        "examples": look.splits.sizes,
        "columns": [
            {"name": c.name, "nature": c.nature, "used": c.name not in left_out, "missing": c.missing, "reason": c.reason}
            for c in look.columns
        ],
        "leaks": [{"column": leak.column, "reason": leak.reason} for leak in look.leaks],
        "repeated": look.repeated,
    }
