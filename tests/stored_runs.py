"""Runs on disk that nobody trained: a record, and the files a listing or a removal meets."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord

START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
SPEC: dict[str, Any] = {
    "dlrun": 1,
    "name": "digits",
    "tags": [],
    "seed": 7,
    "architecture": {"hidden": [{"units": 64, "activation": None}, {"units": 32, "activation": None}], "batch_norm": False},
    "optimizer": {"kind": "adam", "beta1": 0.9},
    "learning_rate": {"initial": 0.002, "decay": {"kind": "constant"}},
    "training": {"epochs": 40, "early_stopping": None},
}


def summary(dev_error: float | None, dev_loss: float | None = None, metric: str = "error_rate") -> dict[str, Any]:
    dev = {"error": dev_error, "low": 0.5 * dev_error, "high": 2 * dev_error, "n": 359} if dev_error is not None else None
    train = {"error": 0.01, "low": 0.0, "high": 0.02, "n": 1079}
    errors = {"train": train} | ({"dev": dev} if dev else {})
    return {"epochs": 40, "metric": metric, "errors": errors, "dev_loss": dev_loss, "verdict": []}


def changed(tree: Mapping[str, Any], address: str, value: Any) -> dict[str, Any]:
    """Return the tree with one value changed."""
    first, _, rest = address.partition(".")
    return {**tree, first: changed(tree.get(first, {}), rest, value) if rest else value}


def spec_with(**values: Any) -> dict[str, Any]:
    """Return a spec with values at addresses, `__` for the dots."""
    spec = SPEC
    for address, value in values.items():
        spec = changed(spec, address.replace("__", "."), value)
    return spec


def store_run(runs_dir: Path, minute: int = 0, tail: str = "aaaa", *, dev_error: float | None = 0.02, **changes: Any) -> RunPaths:
    """Write a completed run that began so many minutes after START."""
    started = START + timedelta(minutes=minute)
    paths = RunPaths(runs_dir / f"{started:%Y%m%d-%H%M%S}-digits-{tail}")
    paths.root.mkdir(parents=True)
    record = RunRecord(
        run=paths.id, name="digits", status="completed", started=started, pid=1, host="elsewhere", heartbeat=started,
        seconds=1.5, spec=SPEC, summary=summary(dev_error),
    )  # fmt: skip
    replace(record, **changes).save(paths)
    paths.spec.write_text("data: digits\n")
    return paths
