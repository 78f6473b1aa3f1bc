"""A run of the past as it is on disk: how it went, what came of it, and its spec; no data is read, no network is built."""

from typing import Any

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import DlrunError
from dlrun.experiment.origins import refuse_folds, stored_spec
from dlrun.experiment.stored import stored_diagnosis
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.rundir.values import RUN_VALUES
from dlrun.spec import Spec


def diagnosis_of(paths: RunPaths) -> Diagnosis | None:
    """Return the diagnosis of a run; None if it has not come to one."""
    return stored_diagnosis(paths) if paths.diagnosis.exists() else None


def specs_of(paths: RunPaths, record: RunRecord) -> tuple[Spec, Spec]:
    """Return a run's spec as resolved, and as the user gave it.

    What was given cannot always be read again: files that it extends may be elsewhere or gone by now, and where it comes from a
    stranger they are none of their business; then it is the resolved one.
    """
    refuse_folds(paths)
    resolved = stored_spec(paths.resolved).spec
    try:
        return resolved, stored_spec(paths.spec, record.overrides).spec
    except DlrunError:
        return resolved, resolved


def facts_of(paths: RunPaths, record: RunRecord, diagnosis: Diagnosis | None) -> dict[str, Any]:
    """Return status, times, origin, errors, verdict and looks at test as plain data: the contract of `dlrun show RUN`."""
    tree = diagnosis.to_json() if diagnosis else {"errors": None, "verdict": None, "headline": None}
    branch = record.branch
    return {
        "run": record.run,
        "path": str(paths.root),
        "name": record.name,
        "status": record.status,
        "stop_reason": record.stop_reason,
        "started": record.started.isoformat(),
        "ended": record.ended.isoformat() if record.ended else None,
        "seconds": record.seconds,
        "host": record.host,
        "argv": list(record.argv),
        "overrides": list(record.overrides),
        "parent": record.parent,
        "branch": {"epoch": branch.epoch, "step": branch.step, "changes": list(branch.changes)} if branch else None,
        "resumptions": [
            {"time": again.time.isoformat(), "step": again.step, "allowed": list(again.allowed)} for again in record.resumptions
        ],
        **{key: RUN_VALUES[key](record) for key in ("best_epoch", "epochs", "steps", "parameters")},
        "examples": record.summary.get("examples"),
        "errors": tree["errors"],
        "verdict": tree["verdict"],
        "headline": tree["headline"],
        "test_looks": [
            {
                "time": look.time.isoformat(),
                "part": look.part,
                "error": look.error,
                "low": look.low,
                "high": look.high,
                "n": look.n,
            }
            for look in record.test_looks
        ],
    }
