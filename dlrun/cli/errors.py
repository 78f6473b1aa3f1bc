"""`dlrun diagnose RUN --errors`: which examples a run gets wrong, from the dev predictions that it stored."""

from typing import TYPE_CHECKING, Any

from dlrun.cli.options import ErrorsFormat
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from rich.console import Console

    from dlrun.diagnosis.error_analysis import ClassErrors
    from dlrun.diagnosis.ladder import Diagnosis
    from dlrun.diagnosis.number_errors import NumberErrors
    from dlrun.rundir.paths import RunPaths
    from dlrun.statistics.intervals import Interval


def print_errors(paths: "RunPaths", examples: int, output: ErrorsFormat) -> None:
    """Print where the errors of a run are: in words, as the contract, or as a table for scripts."""
    from dlrun.diagnosis.error_analysis import ClassErrors
    from dlrun.printable import printable
    from dlrun.report.error_rows import errors_page
    from dlrun.report.stored_errors import errors_of_run, source_of_dev
    from dlrun.report.terminal import console
    from dlrun.rundir.record import RunRecord

    found, spec = errors_of_run(paths), RunRecord.load(paths).spec
    if output is ErrorsFormat.json:
        source = source_of_dev(spec)
        tree = _of_classes(found, examples) if isinstance(found, ClassErrors) else _of_numbers(found, examples)
        print_json({"run": paths.id, "n": found.n, "file": source and source[1]} | tree)
    elif output is ErrorsFormat.csv:
        _print_csv(found)
    else:
        out = console()
        out.print(printable(f"run {paths.id}"), style="dim")
        for part in errors_page(found, spec, examples, out.width):
            out.print(part)


def print_where(paths: "RunPaths", diagnosis: "Diagnosis", out: "Console") -> None:
    """Print a line on where the errors are, if a classifier has enough of them on dev; or why that cannot be said."""
    from dlrun.diagnosis.error_analysis import ClassErrors
    from dlrun.errors import DlrunError
    from dlrun.printable import printable
    from dlrun.report.error_words import ENOUGH, one_line
    from dlrun.report.stored_errors import errors_of_run

    dev = diagnosis.errors.dev
    if diagnosis.errors.metric != "error_rate" or dev is None or round(dev.value * dev.n) < ENOUGH:
        return
    try:
        found = errors_of_run(paths)
    except DlrunError as error:
        out.print(printable(f"· where the errors are is not known: {error.problems[0].what}"), style="dim")
        return
    if isinstance(found, ClassErrors) and (line := one_line(found)):
        out.print()
        out.print(f"errors   {line}", soft_wrap=True)
        out.print(printable(f"         dlrun diagnose {paths.id} --errors"), soft_wrap=True)


def _of_classes(found: "ClassErrors", examples: int) -> dict[str, Any]:
    """Return what scripts read of a classifier; what only a regression has is null."""
    classes = [
        {
            "class": one.name,
            "n": one.n,
            "wrong": one.wrong,
            "error": _limits(one.error),
            "share": _limits(one.share),
            "gain": _limits(one.gain),
            "p": one.p,
            "stands_out": one.stands_out,
        }
        for one in found.classes
    ]
    pairs = [{"label": one.label, "prediction": one.prediction, "n": one.n, "share": _limits(one.share)} for one in found.pairs]
    return {
        "wrong": found.wrong,
        "classes": classes,
        "pairs": pairs,
        "confusion": [{"label": label, "prediction": said, "n": n} for (label, said), n in found.cells.items()],
        "sure": found.sure,
        "examples": [vars(one) for one in found.mistakes[:examples]],
        **dict.fromkeys(("bias", "quantiles", "trend")),
    }


def _of_numbers(found: "NumberErrors", examples: int) -> dict[str, Any]:
    """Return what scripts read of a regression; what only a classifier has is null."""
    return {
        **dict.fromkeys(("wrong", "classes", "pairs", "confusion", "sure")),
        "examples": [vars(one) | {"error": one.error} for one in found.misses[:examples]],
        "bias": _limits(found.bias),
        "quantiles": [{"share": share, **(_limits(size) or {})} for share, size in found.sizes],
        "trend": _limits(found.trend),
    }


def _limits(measured: "Interval | None") -> dict[str, float] | None:
    return None if measured is None else {"value": measured.value, "low": measured.low, "high": measured.high}


def _print_csv(found: "ClassErrors | NumberErrors") -> None:
    """Print every cell of the confusion that is not 0; of a regression every example, the largest error first."""
    import csv
    import sys

    from dlrun.diagnosis.error_analysis import ClassErrors
    from dlrun.printable import printable

    writer = csv.writer(sys.stdout, lineterminator="\n")
    if isinstance(found, ClassErrors):
        writer.writerow(("label", "prediction", "examples"))
        writer.writerows((printable(label), printable(said), n) for (label, said), n in found.cells.items())
    else:
        writer.writerow(("id", "target", "prediction", "error", "loss"))
        writer.writerows((printable(one.id), one.target, one.prediction, one.error, one.loss) for one in found.misses)
