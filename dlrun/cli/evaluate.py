"""`dlrun evaluate RUN --split test`: the error on one part, and a look at test that is counted."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, RunReference, RunsDir

if TYPE_CHECKING:
    from dlrun.experiment.judgement import Judgement
    from dlrun.rundir.record import RunRecord


class Part(StrEnum):
    """The parts of a split."""

    train = "train"
    dev = "dev"
    test = "test"


def evaluate(
    run: RunReference,
    split: Annotated[Part, typer.Option(help="Which part to evaluate on.")] = Part.dev,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """Evaluate a run's best weights on one part. Looks at the test part are counted in run.json."""
    from dlrun.experiment.stored import evaluate_part
    from dlrun.rundir.files import as_json
    from dlrun.rundir.references import find_run

    paths = find_run(run, runs_dir)
    judgement, record = evaluate_part(paths, split.value)
    if output is Format.json:
        error = judgement.error
        tree = {"run": record.run, "split": split.value, "n": error.n, "error": error.value, "low": error.low, "high": error.high}
        print(as_json(tree | {"loss": judgement.loss}))
    else:
        _print(judgement, record, split)


def _print(judgement: "Judgement", record: "RunRecord", split: Part) -> None:
    from dlrun.report.figures import error_text, range_text
    from dlrun.report.terminal import console

    error, out = judgement.error, console()
    words = f"{error_text(error.value, judgement.metric)} {range_text(error.low, error.high, judgement.metric)}"
    out.print(f"{split} error {words} on {error.n:,} examples, mean loss {judgement.loss:.4f}")
    if split is Part.test:
        looks = len(record.test_looks)
        out.print(f"look {looks} at the test part of {record.run}", style="dim")
        if looks > 1:
            out.print("every choice made after a look makes the test error a little less unbiased", style="yellow")
