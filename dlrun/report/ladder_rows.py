"""The ladder of errors as rows of text, for the terminal and for report.md."""

from dataclasses import dataclass

from dlrun.diagnosis.gaps import Gap
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.report.figures import error_text, gap_text, range_text

HEADINGS = ("", "error", "95 % interval", "examples", "gap", "is")


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
        """The row as text, in the order of HEADINGS."""
        return self.part, self.error, self.interval, self.examples, self.gap, self.status


def rungs(diagnosis: Diagnosis) -> list[Rung]:
    """Return target, train, train_dev and dev, from the top."""
    errors, metric = diagnosis.errors, diagnosis.errors.metric
    target = Rung("target", error_text(errors.target, metric), "assumed" if errors.target_assumed else "given")
    variance, mismatch = ("variance", diagnosis.variance), ("mismatch", diagnosis.data_mismatch)
    last = {"train_dev": variance, "dev": mismatch} if errors.train_dev else {"dev": variance}
    gaps = {"train": ("bias", diagnosis.avoidable_bias), **last}
    measured = [
        Rung(
            part.replace("_", "-"),
            error_text(error.value, metric),
            range_text(error.low, error.high, metric),
            f"{error.n:,}",
            *_gap_cells(diagnosis, *gaps[part]),
        )
        for part, error in errors.parts.items()
    ]
    return [target, *measured]


def _gap_cells(diagnosis: Diagnosis, name: str, gap: Gap | None) -> tuple[str, str]:
    if gap is None:
        return "", ""
    metric = diagnosis.errors.metric
    return f"{name} {gap_text(gap.value, metric)} {range_text(gap.low, gap.high, metric)}", gap.status
