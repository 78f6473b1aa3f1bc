"""`dlrun predict RUN DATA --out FILE`: what a trained network says about rows without labels."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dlrun.cli.options import RUNS, Debug, Quiet, RunReference, RunsDir

if TYPE_CHECKING:
    from dlrun.errors import Problem
    from dlrun.experiment.prediction import Prediction, Row

STDOUT = Path("-")


def predict(
    run: RunReference,
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A table (.csv, .tsv; .gz, .zip) or an array (.npz, .npy).")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write; - is stdout.")],
    which: Annotated[Literal["best", "last"], typer.Option(help="Which weights.")] = "best",
    array: Annotated[str | None, typer.Option(metavar="NAME", help="The array of an .npz archive; by default x.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    output: Annotated[Literal["csv", "json"], typer.Option("--format", help="How the predictions are written.")] = "csv",
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Predict rows that have no labels, from what the run directory holds.

    Columns are found by name. A row of the answer is id (the row, counted from 0), prediction, probability (as in the run's
    predictions/dev.csv), and the probability of every class. What is unlike the training data is said on stderr.
    """
    from dlrun.cli.bar import bar
    from dlrun.errors import raise_all
    from dlrun.experiment.prediction import predict_file
    from dlrun.experiment.predictor import load_predictor
    from dlrun.rundir.references import find_run

    predictor = load_predictor(find_run(run, runs_dir), which)
    raise_all(_in_the_way(out, data, force=force))
    with bar(f"reading {data.name}", quiet=quiet) as draw:
        prediction = predict_file(predictor, str(data), array)
        done = 0
        with _written(out) as write:
            for rows, text in {"csv": _as_csv, "json": _as_json}[output](prediction):
                write(text)
                done += rows
                draw("predicting", done, len(prediction))
    if not quiet:
        _say(prediction, out)


def _in_the_way(out: Path, data: Path, *, force: bool) -> "Iterator[Problem]":
    """Yield what keeps the answer from being written, before any work is done."""
    from dlrun.errors import Problem

    if out == STDOUT:
        return
    if not out.parent.is_dir():
        yield Problem(what=f"there is no directory {out.parent}", where=str(out), cure="make it first")
    elif out.exists() and data.exists() and out.samefile(data):
        yield Problem(what="the predictions would take the place of the data", where=str(out), cure="choose another file")
    elif out.is_dir():
        yield Problem(what="is a directory", where=str(out), cure="give the path of a file")
    elif out.exists() and not force:
        yield Problem(what="this file exists", where=str(out), cure="--force overwrites it")


@contextmanager
def _written(out: Path) -> "Iterator[Callable[[bytes], object]]":
    """Yield what writes: to stdout as it comes, or to a file that is whole or not there."""
    from dlrun.printable import printable_lines
    from dlrun.rundir.files import replacing

    if out == STDOUT:
        shown = printable_lines if sys.stdout.isatty() else str  # a class may be called anything; a pipe gets what it is called
        yield lambda data: sys.stdout.write(shown(data.decode()))
        return
    with replacing(out) as write:
        yield write


def _as_csv(prediction: "Prediction") -> "Iterator[tuple[int, bytes]]":
    """Yield how many rows come, and the rows; a row without a prediction has its id alone."""
    from dlrun.rundir.growing import csv_bytes

    yield 0, csv_bytes([prediction.columns])
    for block in prediction.blocks():
        yield len(block), csv_bytes(block)


def _as_json(prediction: "Prediction") -> "Iterator[tuple[int, bytes]]":
    """Yield a list of objects: id, prediction, for classes probability and probabilities; null where there is no prediction."""
    from dlrun.rundir.files import encoded, json_line

    between = "[\n"
    for block in prediction.blocks():
        yield len(block), encoded(between + ",\n".join(json_line(_object(prediction.classes, row)) for row in block))
        between = ",\n"
    yield 0, b"\n]\n"


def _object(classes: "Sequence[str]", row: "Row") -> dict[str, object]:
    if not classes:
        return dict(zip(("id", "prediction"), row, strict=True))
    number, label, probability, *each = row
    return {"id": number, "prediction": label, "probability": probability, "probabilities": dict(zip(classes, each, strict=True))}


def _say(prediction: "Prediction", out: Path) -> None:
    from dlrun.printable import printable
    from dlrun.report.terminal import console

    said = console(stderr=True)
    for note in prediction.notes():
        said.print(printable(f"· {note}"), style="dim")
    written = "" if out == STDOUT else f", written to {out}"
    said.print(f"{len(prediction.rows):,} of {len(prediction):,} rows predicted{written}")
