"""`dlrun smooth [FILE|RUN]`: running averages of any column that one can see, with their memory, lag and noise."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dlrun.cli.options import RUNS, Debug, RunsDir
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from dlrun.data.series import Series
    from dlrun.errors import Problem
    from dlrun.nn.smoothers import Smoothed, Smoother

BETAS = (0.9, 0.98, 0.5)  # the course's
LARGEST_STEPS = 16 * 2**20  # bytes: a run records 100,000 steps at most, in half of that
TABLE_ENDINGS = {".csv", ".tsv", ".tab"}


def smooth(
    subject: Annotated[str | None, typer.Argument(metavar="[FILE|RUN]", help="A .csv or .tsv table, or a run's steps.")] = None,
    column: Annotated[str | None, typer.Option(metavar="C", help="The column to smooth; of a run, `cost`.")] = None,
    beta: Annotated[list[float] | None, typer.Option(metavar="β", help="May be repeated: 0.9, 0.98 and 0.5.")] = None,
    no_correction: Annotated[bool, typer.Option("--no-correction", help="Leave the bias correction out.")] = False,
    window: Annotated[int | None, typer.Option(metavar="N", help="Add the plain mean of the last N values.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw a .png, .svg or .pdf.")] = None,
    runs_dir: RunsDir = RUNS,
    output: Annotated[Literal["text", "json", "csv"], typer.Option("--format", help="What goes to stdout.")] = "text",
    debug: Debug = False,
) -> None:
    """Draw exponentially weighted averages of a column and say what they do: memory, lag, noise, bias correction.

    Without FILE or RUN: a year of daily temperatures, as in the course.
    """
    from dlrun.errors import raise_all
    from dlrun.nn.smoothers import ExponentialAverage, MovingAverage
    from dlrun.nn.smoothers import smooth as smoothed_by

    betas = list(dict.fromkeys(beta or BETAS))
    raise_all(_wrong(betas, window))
    series = _series(subject, column, runs_dir)
    raise_all(_too_wide(window, series))
    smoothers: list[Smoother] = [ExponentialAverage(beta=b, correct=not no_correction) for b in betas]
    smoothers += [MovingAverage(window=window)] if window else []
    averages = [smoothed_by(series.values, smoother) for smoother in smoothers]
    if out is not None:
        _draw(series, averages, out)
    if output == "csv":
        _print_csv(series, averages)
    elif output == "json":
        print_json(_contract(series, averages))
    else:
        _print_text(series, averages, picture=out)


def _wrong(betas: Sequence[float], window: int | None) -> "Iterator[Problem]":
    """Yield what is wrong with the options, whatever the column holds."""
    from dlrun.errors import Problem
    from dlrun.report.chart import MARKS

    for beta in betas:
        if not 0 <= beta < 1:
            cure = "0.9 averages over about 10 values, 0.98 over 50: 1/(1 − β)"
            yield Problem(what=f"--beta must be at least 0 and below 1, got {beta:g}", cure=cure)
    if window is not None and window < 1:
        yield Problem(what=f"--window must be at least 1, got {window}", cure="10 averages over the last 10 values")
    if (lines := len(betas) + (window is not None)) > len(MARKS):
        yield Problem(what=f"{lines} averages in one picture", cure=f"at most {len(MARKS)} can be told apart")


def _too_wide(window: int | None, series: "Series") -> "Iterator[Problem]":
    from dlrun.errors import Problem

    if window is not None and window > len(series):
        yield Problem(what=f"--window {window} is longer than the {len(series):,} values", where=series.source)


def _series(subject: str | None, column: str | None, runs_dir: Path) -> "Series":
    """Return the column that is meant: of a table, of a run's steps.csv, or of the packaged year."""
    from dlrun.data.series import packaged_year, read_series, read_steps
    from dlrun.errors import InvalidInput, Problem
    from dlrun.rundir.own import own_table
    from dlrun.rundir.references import find_run

    if subject is None:
        return packaged_year(column)
    if Path(subject).suffix.lower() in TABLE_ENDINGS or Path(subject).is_file():
        return read_series(subject, column)
    steps = find_run(subject, runs_dir).steps
    if not steps.exists():
        cure = "train it again with `-s training.record_steps=auto`"
        raise InvalidInput(Problem(what="this run recorded no steps", where=str(steps), cure=cure))
    return read_steps(str(own_table(steps, LARGEST_STEPS)), column or "cost")


def _draw(series: "Series", averages: "Sequence[Smoothed]", out: Path) -> None:
    import sys

    from dlrun.report.plots.averages import draw_averages
    from dlrun.report.plots.figure import save

    save(draw_averages(series, averages), out)
    print(f"drawn in {out}", file=sys.stderr)


def _print_text(series: "Series", averages: "Sequence[Smoothed]", *, picture: Path | None) -> None:
    """Print the picture, unless it is drawn elsewhere, and the table."""
    from dlrun.report.smoothing import print_averages, print_heading, print_picture
    from dlrun.report.terminal import console

    out = console()
    print_heading(series, out)
    if picture is None:
        print_picture(series, averages, out)
        out.print()
    print_averages(series, averages, out)


def _print_csv(series: "Series", averages: "Sequence[Smoothed]") -> None:
    """Print a row a value: its place, the value, every average; floats so that reading them gives the same bits."""
    import csv
    import sys

    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["index", "raw", *(of.by.column for of in averages)])
    columns = [series.places.astype(int), series.values, *(of.values for of in averages)]
    rows.writerows(zip(*(column.tolist() for column in columns), strict=True))


def _contract(series: "Series", averages: "Sequence[Smoothed]") -> dict[str, object]:
    from dlrun.nn.smoothers import raw_noise

    return {
        "source": series.source,
        "column": series.column,
        "unit": series.unit,
        "n": len(series),
        "noise": raw_noise(series.values),
        "averages": [_figures(of) for of in averages],
    }


def _figures(of: "Smoothed") -> dict[str, object]:
    """Return the figures of one average; what could not be measured is null."""
    from dlrun.nn.smoothers import ExponentialAverage

    by = of.by
    kind = {"beta": by.beta, "bias_correction": by.correct} if isinstance(by, ExponentialAverage) else {"window": by.window}
    return {
        "column": by.column,
        **kind,
        "memory": by.memory,
        "keeps": by.keeps,
        "lag": {"theory": by.lag, "measured": of.lag and of.lag.places, "within": of.lag and of.lag.within},
        "noise_left": {"theory": by.noise, "measured": of.noise},
        "first": of.values[0],
        "last": of.values[-1],
    }
