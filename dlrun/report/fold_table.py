"""Folds: each one's error, their mean, and the diagnosis of what they predict together."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.printable import printable
from dlrun.report.figures import error_text, gap_text
from dlrun.report.terminal import print_diagnosis, table_of
from dlrun.statistics.means import mean_of

POOLED = "pooled: every row is in dev once, predicted by the run that did not train on it"


def print_folds(folds: Sequence[tuple[str, Diagnosis]], pooled: Diagnosis, out: Console) -> None:
    """Print a row for each fold, with what its run is called, their mean, and the pooled diagnosis."""
    metric = pooled.errors.metric
    table = table_of("fold", "dev error", "examples", "train error", "run", right=(0, 1, 2, 3))
    values = []
    for number, (run, diagnosis) in enumerate(folds, start=1):
        dev, train = diagnosis.errors.dev, diagnosis.errors.train
        assert dev, "a fold is dev"
        values.append(dev.value)
        table.add_row(str(number), error_text(dev.value, metric), f"{dev.n:,}", error_text(train.value, metric), printable(run))
    mean = mean_of(values)
    unit = " points" if metric == "error_rate" else ""
    spread = "" if mean.spread is None else f"; spread {gap_text(mean.spread, metric)}{unit}"
    out.print(table)
    out.print()
    out.print(Text(f"dev error  {error_text(mean.value, metric)}, the mean of {mean.n} folds{spread}", style="bold"))
    out.print()
    out.print(POOLED, style="dim")
    print_diagnosis(pooled, out)
