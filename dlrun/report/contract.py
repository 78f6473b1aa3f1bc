"""What came of a run, for scripts: the same keys from `train`, `resume` and `batch`."""

from typing import Any

from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord

KEYS = ("run", "path", "status", "stop_reason", "metric", "best_epoch", "errors", "verdict", "gates")


def contract(paths: RunPaths, record: RunRecord) -> dict[str, Any]:
    """Return what came of a run; of one that did not finish, how it ended."""
    told = {"run": record.run, "path": str(paths.root), "status": record.status, "stop_reason": record.stop_reason}
    return {key: told[key] if key in told else record.summary.get(key) for key in KEYS}
