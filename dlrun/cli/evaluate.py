"""`dlrun evaluate RUN --split test|--data FILE`: the error on one part or on a file, and a look at test that is counted."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.cli.options import RUNS, Debug, Format, OutputFormat, RunReference, RunsDir
from dlrun.cli.printing import print_json

if TYPE_CHECKING:
    from dlrun.experiment.judgement import Judgement
    from dlrun.rundir.record import RunRecord
    from dlrun.statistics.intervals import Estimate
    from dlrun.statistics.scores import Scores


class Part(StrEnum):
    """The parts of a split."""

    train = "train"
    train_dev = "train_dev"
    dev = "dev"
    test = "test"


def evaluate(
    run: RunReference,
    split: Annotated[Part | None, typer.Option(help="Which part to evaluate on; dev if no file is given.")] = None,
    data: Annotated[Path | None, typer.Option(metavar="FILE", help="Labelled examples of your own instead of a part.")] = None,
    runs_dir: RunsDir = RUNS,
    output: OutputFormat = Format.text,
    debug: Debug = False,
) -> None:
    """Evaluate a run's best weights on one part, or on a file: error, loss, every class, confusion, F1, AUC; or MAE and R².

    Looks at the test part, and at the test file by its own name, are counted in run.json.
    """
    from dlrun.errors import InvalidInput, Problem
    from dlrun.experiment.labelled_file import evaluate_file
    from dlrun.experiment.stored import evaluate_part, scores_of
    from dlrun.rundir.references import find_run

    if data is not None and split is not None:
        raise InvalidInput(Problem(what="--split names a part of the run's data, --data another file", cure="give one of them"))
    paths = find_run(run, runs_dir)
    notes: tuple[str, ...] = ()
    if data is not None:
        judged = evaluate_file(paths, str(data))
        judgement, record, looked, notes = judged.judgement, judged.record, judged.looked, judged.notes
    else:
        judgement, record = evaluate_part(paths, (split or Part.dev).value)
        looked = split is Part.test
    scores = scores_of(paths, judgement)
    _say(notes)
    part = None if data is not None else (split or Part.dev).value
    if output is Format.json:
        file = None if data is None else str(data)
        print_json({"run": record.run, "split": part, "data": file} | _contract(judgement, scores))
    else:
        _print(judgement, scores, part or str(data))
        _print_looks(record, looked=looked)


def _contract(judgement: "Judgement", scores: "Scores") -> dict[str, object]:
    """Return what scripts read: the error, then the scores, null where there are none of that kind."""
    from dlrun.statistics.scores import ClassScores

    error = judgement.error
    tree: dict[str, object] = {"n": error.n, "error": error.value, "low": error.low, "high": error.high, "loss": judgement.loss}
    if not isinstance(scores, ClassScores):
        of_classes = dict.fromkeys(("classes", "confusion", "macro_f1", "auc"))
        return {**tree, **of_classes, "mae": _estimate(scores.mae), "r2": _estimate(scores.r2)}
    classes = [
        {
            "class": one.name,
            "n": one.n,
            "error": one.error and one.error.value,
            "low": one.error and one.error.low,
            "high": one.error and one.error.high,
            "precision": one.precision,
            "f1": one.f1,
        }
        for one in scores.classes
    ]
    confusion, f1, auc = scores.confusion.tolist(), _estimate(scores.macro_f1), _estimate(scores.auc)
    return {**tree, "classes": classes, "confusion": confusion, "macro_f1": f1, "auc": auc, "mae": None, "r2": None}


def _estimate(estimate: "Estimate | None") -> dict[str, float] | None:
    return None if estimate is None else {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _say(notes: Iterable[str]) -> None:
    from dlrun.report.terminal import console

    said = console(stderr=True)
    for note in notes:
        said.print(f"· {note}", style="dim")


def _print(judgement: "Judgement", scores: "Scores", of: str) -> None:
    from dlrun.report.figures import error_text, range_text
    from dlrun.report.scores import scores_page
    from dlrun.report.terminal import console

    error, out = judgement.error, console()
    words = f"{error_text(error.value, judgement.metric)} {range_text(error.low, error.high, judgement.metric)}"
    out.print(f"{of} error {words} on {error.n:,} examples, mean loss {judgement.loss:.4f}")
    for part in scores_page(scores, out.width):
        out.print(part)


def _print_looks(record: "RunRecord", *, looked: bool) -> None:
    from dlrun.report.terminal import console

    if looked:
        out, looks = console(), len(record.test_looks)
        out.print(f"look {looks} at the test part of {record.run}", style="dim")
        if looks > 1:
            out.print("every choice made after a look makes the test error a little less unbiased", style="yellow")
