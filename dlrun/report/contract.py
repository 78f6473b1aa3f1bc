"""What came of a run, for scripts: the same keys from `train`, `resume` and `batch`."""

from typing import Any

from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord


def contract(paths: RunPaths, record: RunRecord) -> dict[str, Any]:
    """Return what came of a run; of one that did not finish, how it ended."""
    summary = record.summary
    return {
        "run": record.run,
        "path": str(paths.root),
        "status": record.status,
        "stop_reason": record.stop_reason,
        "metric": summary.get("metric"),
        "best_epoch": summary.get("best_epoch"),
        "errors": summary.get("errors"),
        "verdict": summary.get("verdict"),
    }
