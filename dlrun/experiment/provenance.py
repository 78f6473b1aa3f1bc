"""Where a run's numbers come from: versions, machine, threads, kernels, commit, and a fingerprint of the data."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dlrun import __version__
from dlrun.experiment.setup import Experiment
from dlrun.experiment.threads import cores

GIT_SECONDS = 5


def provenance(experiment: Experiment, *, resolved_sha256: str, preparation_sha256: str) -> dict[str, Any]:
    """Return provenance.json; the checksums are those of the bytes of resolved.yaml and preparation.json."""
    splits = experiment.splits
    return {
        "schema": 1,
        "versions": {
            "dlrun": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pydantic", "pyyaml")},
        },
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": cores()},
        "blas": blas() | {"threads": experiment.spec.training.threads},
        "kernels": experiment.network.kernels.name,
        "git": git(Path.cwd()),
        "spec": {"sha256": resolved_sha256},
        "preparation": {"sha256": preparation_sha256},
        "data": {
            "sha256": splits.sha256,
            "features": len(splits.features),
            "classes": list(splits.classes) if splits.classes else None,
            "examples": splits.sizes,
        },
    }


def blas() -> dict[str, str]:
    """Return the name and version of the library NumPy multiplies matrices with."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {"name": str(found.get("name", "unknown")), "version": str(found.get("version", "unknown"))}


def git(directory: Path) -> dict[str, Any] | None:
    """Return the commit of the directory and whether files differ from it; None outside a repository or without git."""
    commit = _git(directory, "rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "dirty": bool(_git(directory, "status", "--porcelain", "--untracked-files=no"))}


def _git(directory: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=directory, capture_output=True, text=True, timeout=GIT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
