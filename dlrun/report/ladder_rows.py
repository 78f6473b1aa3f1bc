"""The ladder of errors as rows of text, for the terminal and for report.md."""

from dataclasses import dataclass

from dlrun.diagnosis.beside import Kind
from dlrun.diagnosis.gaps import Gap
from dlrun.diagnosis.headline import RungMetric
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.report.figures import error_text, gap_text, range_text

NAMES: dict[RungMetric, str] = {
    "error_rate": "error", "rmse": "error", "loss": "loss", "macro_f1": "1 − macro-F1", "auc": "1 − AUC",
}  # fmt: skip
KINDS: dict[Kind, str] = {
    "most_frequent": "most frequent class", "mean": "mean", "softmax_regression": "softmax regression",
    "linear_regression": "linear regression",
}  # fmt: skip


@dataclass(frozen=True)
class Rung:
    """One row: a part, its error, and how far it lies above the rung before."""

    part: str
    error: str
    interval: str = ""
    examples: str = ""
    gap: str = ""
    status: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `headings`."""
        return self.part, self.error, self.interval, self.examples, self.gap, self.status


def headings(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return what stands above the columns."""
    return "", NAMES[diagnosis.rungs.rung_metric], "95 % interval", "examples", "gap", "is"


def gap_of(diagnosis: Diagnosis, part: str) -> tuple[str, Gap | None]:
    """Return the name and the gap of the step that leads up to a part; no name, and None, where none does."""
    variance, mismatch = ("variance", diagnosis.variance), ("mismatch", diagnosis.data_mismatch)
    last = {"train_dev": variance, "dev": mismatch} if diagnosis.errors.train_dev else {"dev": variance}
    steps = {"train": ("bias", diagnosis.avoidable_bias), **last, "test": ("overfitting", diagnosis.dev_overfitting)}
    return steps.get(part, ("", None))


def rungs(diagnosis: Diagnosis) -> list[Rung]:
    """Return target, train, train_dev, dev, and test if it was looked at, from the top."""
    errors, metric = diagnosis.rungs, diagnosis.rungs.rung_metric
    target = Rung("target", error_text(errors.target, metric), "assumed" if errors.target_assumed else "given")
    measured = [
        Rung(
            part.replace("_", "-"),
            error_text(error.value, metric),
            range_text(error.low, error.high, metric),
            f"{error.n:,}",
            *_gap_cells(diagnosis, *gap_of(diagnosis, part)),
        )
        for part, error in errors.parts.items()
    ]
    return [target, *measured]


def baseline_rungs(diagnosis: Diagnosis) -> list[Rung]:
    """Return a row for each baseline: its error on dev, and how far the network's lies from it on the same examples."""
    metric, of = diagnosis.errors.metric, ", error" if diagnosis.other else ""
    return [
        Rung(
            KINDS[one.kind] + of,
            error_text(one.error.value, metric),
            range_text(one.error.low, one.error.high, metric),
            f"{one.error.n:,}",
            f"network {gap_text(one.difference.value, metric)} {range_text(one.difference.low, one.difference.high, metric)}",
            "beaten" if one.beaten else "not beaten",
        )
        for one in diagnosis.beside.baselines
    ]


def calibration_text(diagnosis: Diagnosis) -> str:
    """Return how far the probabilities on dev are to be believed; nothing where there are none."""
    found = diagnosis.beside.calibration
    if found is None:
        return ""
    ece = f"{error_text(found.ece.value, 'error_rate')} {range_text(found.ece.low, found.ece.high, 'error_rate')}"
    brier = f"{found.brier.value:.4f} [{found.brier.low:.4f}, {found.brier.high:.4f}]"
    bins = f"{found.bins} bin{'s' if found.bins > 1 else ''}"
    return f"expected calibration error {ece} over {bins}, Brier score {brier}, on {found.ece.n:,} dev examples"


def _gap_cells(diagnosis: Diagnosis, name: str, gap: Gap | None) -> tuple[str, str]:
    if gap is None:
        return "", ""
    metric = diagnosis.rungs.rung_metric
    return f"{name} {gap_text(gap.value, metric)} {range_text(gap.low, gap.high, metric)}", gap.status
