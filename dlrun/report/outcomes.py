"""What came of each of many runs: as rows of a table, as Markdown, as CSV."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from dlrun.diagnosis.gating import Judged
from dlrun.diagnosis.headline import Metric
from dlrun.printable import printable
from dlrun.report.figures import duration, error_text, gap_text, range_text
from dlrun.report.gate_rows import in_words
from dlrun.report.run_table import Column, markdown_runs

RANKS = {  # by heading; where there is no room the last goes first
    "spec": 0, "run": 2, "status": 1, "dev error": 3, "95 %": 6, "spread": 4, "verdict": 7, "gates": 5, "time": 9, "exit": 8,
}  # fmt: skip
OFTEN_EMPTY = {"spread", "verdict", "gates"}
RIGHT = {"dev error", "95 %", "spread", "time", "exit"}
METRICS: dict[str, Metric] = {"rmse": "rmse", "error_rate": "error_rate"}
COLUMNS = (
    "spec", "name", "run", "seed", "group", "status", "exit_code", "metric", "dev_error", "dev_low", "dev_high", "dev_n",
    "dev_spread", "verdict", "gates", "gates_failed", "seconds", "why",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One spec and what came of it; told is the contract of its run, empty if there is none."""

    spec: str
    name: str
    status: str
    failed: bool
    code: int
    seconds: float
    told: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    log: tuple[str, ...] = ()
    seed: int | None = None  # of one of a group's runs
    group: str | None = None  # the key that the runs of a group have in common
    runs: tuple[str, ...] | None = None  # of a group as a whole: told is their mean

    @property
    def gates(self) -> list[dict[str, Any]]:
        """The gates of the run with their outcomes."""
        return [gate for gate in self.told.get("gates") or [] if isinstance(gate, dict)]

    @property
    def decides(self) -> bool:
        """Whether its gates decide the exit code: those of one of a group's runs do not."""
        return self.seed is None

    @property
    def metric(self) -> Metric:
        """What its errors are."""
        return METRICS.get(str(self.told.get("metric")), "error_rate")

    @property
    def dev(self) -> dict[str, Any]:
        """The dev error with its limits, of a group the mean with its spread; empty if there is none."""
        errors = self.told.get("errors")
        dev = errors.get("dev") if isinstance(errors, dict) else None
        return dev if isinstance(dev, dict) else {}

    def to_json(self) -> dict[str, Any]:
        """Return the contract, with the spec, the gates and the exit code; of a group `runs`, and the means as errors."""
        keys = ("run", "path", "status", "stop_reason", "best_epoch", "errors", "verdict")
        told = {key: self.told.get(key) for key in keys} | {"status": self.status}
        more = {"gates": self.gates, "exit_code": self.code, "seconds": self.seconds, "why": self.why}
        runs = None if self.runs is None else list(self.runs)
        return {"spec": self.spec, **told, **more, "seed": self.seed, "group": self.group, "runs": runs}


def outcome_columns(outcomes: Sequence[Outcome], ids: Mapping[str, str]) -> list[Column]:
    """Return a row for each, under those of a group its own; ids are what each run is called, if not by its full id."""
    rows = [_cells(outcome, ids) for outcome in outcomes]
    columns = [
        Column(heading, tuple(row[heading] for row in rows), rank, right=heading in RIGHT) for heading, rank in RANKS.items()
    ]
    return [column for column in columns if column.heading not in OFTEN_EMPTY or any(column.cells)]


def csv_outcomes(outcomes: Sequence[Outcome]) -> str:
    """Return a row for each with all of its figures; of a group dev_error is the mean, and dev_n counts seeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in outcomes:
        known: dict[str, Any] = {f"dev_{key}": value for key, value in one.dev.items()}
        known |= {key: one.told.get(key) for key in ("run", "metric")}
        known |= {"spec": one.spec, "name": one.name, "seed": one.seed, "group": one.group, "status": one.status}
        known |= {"exit_code": one.code, "verdict": " ".join(one.told.get("verdict") or []), "gates": len(one.gates)}
        known |= {"gates_failed": sum(gate.get("outcome") == "fail" for gate in one.gates), "seconds": one.seconds}
        known |= {"why": one.why}
        cells = [known.get(column) for column in COLUMNS]
        writer.writerow([printable(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()


def markdown_outcomes(outcomes: Sequence[Outcome], headline: str) -> str:
    """Return what a job summary shows: the headline, the table, the gates that were missed, why and how each failure ended."""
    lines = [f"**{headline}**", "", *markdown_runs(outcome_columns(outcomes, {}))]
    if missed := [f"- {said}" for outcome in outcomes for said in missed_gates(outcome)]:
        lines += ["", *missed]
    for outcome in outcomes:
        if outcome.failed:
            lines += ["", f"<details><summary>{escape(outcome.name)}: {outcome.status}</summary>", "", "```text"]
            lines += [line.replace("```", "'''") for line in (*outcome.why.splitlines(), *outcome.log)]
            lines += ["```", "", "</details>"]
    return "\n".join(map(printable, lines))


def missed_gates(outcome: Outcome) -> Iterator[str]:
    """Yield in words the gates that decided the exit code: those that failed, or, of 4, those that nobody can tell."""
    deciding = {3: "fail", 4: "inconclusive"}.get(outcome.code) if outcome.decides else None
    for gate in outcome.gates:
        if gate.get("outcome") == deciding:
            yield printable(f"{outcome.name}: {in_words(Judged.from_json(gate), outcome.metric)}")


def _cells(outcome: Outcome, ids: Mapping[str, str]) -> dict[str, str]:
    dev, metric = outcome.dev, outcome.metric
    known = dev.get("low") is not None and dev.get("high") is not None
    passed = sum(gate.get("outcome") != "fail" for gate in outcome.gates)
    run = str(outcome.told.get("run") or ("mean" if outcome.runs is not None else "–"))
    cells = {
        "spec": outcome.name,
        "run": ids.get(run, run),
        "status": outcome.status,
        "dev error": error_text(dev.get("error"), metric),
        "95 %": range_text(dev["low"], dev["high"], metric) if known else "–",
        "spread": gap_text(dev["spread"], metric) if dev.get("spread") is not None else "",
        "verdict": ", ".join(outcome.told.get("verdict") or []).replace("_", " "),
        "gates": f"{passed} of {len(outcome.gates)}" if outcome.gates else "",
        "time": duration(outcome.seconds),
        "exit": str(outcome.code),
    }
    return {heading: printable(cell) for heading, cell in cells.items()}
