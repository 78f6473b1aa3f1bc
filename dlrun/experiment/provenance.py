"""Where a run's numbers come from: versions, machine, threads, kernels, commit, and a fingerprint of the data."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from dlrun import __version__
from dlrun.experiment.setup import Experiment
from dlrun.experiment.threads import pinned
from dlrun.seeding import Stream

GIT_SECONDS = 5
LARGEST_DIFF = 2**18  # characters
OF_NUMBERS = ("numpy", "pydantic", "pyyaml")
OF_KERNELS = ("numba", "llvmlite")  # where they have compiled them
OF_DATA = ("pandas", "pyarrow", "h5py")  # where they have read it
MOST_SHOWN = 40  # characters of a value in a sentence
WORDS = {
    ("blas", "name"): "the BLAS library",
    ("blas", "version"): "the version of the BLAS library",
    ("blas", "architecture"): "the processor that BLAS computes for",
    ("blas", "threads"): "the number of threads",
    ("machine", "system"): "the operating system",
    ("machine", "processor"): "the kind of processor",
    ("data", "sha256"): "the fingerprint of the data",
    ("data", "features"): "the number of features",
    ("data", "classes"): "the list of classes",
    ("data", "examples"): "the number of examples",
    ("kernels", "kernels"): "the kind of kernels",
}


def provenance(
    experiment: Experiment, *, resolved_sha256: str, preparation_sha256: str, argv: Sequence[str] = ()
) -> dict[str, Any]:
    """Return provenance.json; the checksums are those of the bytes of resolved.yaml and preparation.json."""
    return {
        "schema": 1,
        **surroundings(experiment),
        "seeds": {"seed": experiment.spec.seed, "streams": {stream.name.lower(): int(stream) for stream in Stream}},
        "argv": list(argv),
        "git": git(Path.cwd()),
        "spec": {"sha256": resolved_sha256},
        "preparation": {"sha256": preparation_sha256},
    }


def surroundings(experiment: Experiment) -> dict[str, Any]:
    """Return all that decides the bits of a run's numbers beside its spec: where any of it differs, they may."""
    splits = experiment.splits
    compiled = OF_KERNELS if experiment.network.kernels.name == "numba" else ()
    libraries = [*OF_NUMBERS, *compiled, *(name for name in OF_DATA if name in sys.modules)]
    with pinned(experiment.threads):
        multiplied_by = blas()
    return {
        "versions": {"dlrun": __version__, "python": platform.python_version(), **{name: _version(name) for name in libraries}},
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "blas": multiplied_by,
        "kernels": experiment.network.kernels.name,
        "data": {
            "sha256": splits.sha256,
            "features": len(splits.features),
            "classes": list(splits.classes) if splits.classes else None,
            "examples": splits.sizes,
        },
    }


def changed_since(stored: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing that was otherwise when a run began; of the libraries, those that it used then."""
    for section, told in now.items():
        before = stored.get(section)
        if section == "versions" and isinstance(before, Mapping):
            told = {name: told[name] if name in told else _version(name) for name in {*before, *(told.keys() - set(OF_DATA))}}
        if not isinstance(told, Mapping):
            told, before = {section: told}, {section: before}
        for name, value in told.items():
            was = before.get(name) if isinstance(before, Mapping) else None
            if was != value:
                yield f"{WORDS.get((section, name), name)} was {_shown(was)} when the run began, and is {_shown(value)} now"


def _version(library: str) -> str | None:
    """Return the version of what is installed."""
    try:
        return version(library)
    except (PackageNotFoundError, ValueError):  # a name that is none
        return None


def _shown(value: Any) -> str:
    text = "not noted" if value is None else str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:12]}…"


def blas() -> dict[str, Any]:
    """Return the library NumPy multiplies matrices with, the processor its code is for, and the threads it has now."""
    from threadpoolctl import threadpool_info

    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    loaded = numpys_own([one for one in threadpool_info() if one.get("user_api") == "blas"])
    return {
        "name": str(found.get("name", "unknown")),
        "version": str(loaded.get("version") or found.get("version", "unknown")),
        "architecture": str(loaded.get("architecture", "unknown")),
        "threads": loaded.get("num_threads"),
    }


def numpys_own(loaded: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return which of the BLAS libraries of this process is NumPy's: other packages bring theirs, in no order.

    It is the one that was installed with NumPy (beside it in `numpy.libs`, or inside); of a shared one there is only one.
    """
    homes = (str(Path(np.__file__).parent) + os.sep, str(Path(np.__file__).parent) + ".libs" + os.sep)
    return next((one for one in loaded if str(one.get("filepath", "")).startswith(homes)), next(iter(loaded), {}))


def git(directory: Path) -> dict[str, Any] | None:
    """Return the commit of the directory, whether files differ from it, and how; None outside a repository or without git."""
    commit = _git(directory, "rev-parse", "HEAD")
    if commit is None:
        return None
    diff = _git(directory, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD") or ""
    told = diff if len(diff) <= LARGEST_DIFF else f"{diff[:LARGEST_DIFF]}\n… {len(diff) - LARGEST_DIFF:,} more characters"
    return {"commit": commit.strip(), "dirty": bool(diff), "diff": told}


def _git(directory: Path, *words: str) -> str | None:
    """Return what git says; nothing that a repository's settings name is run."""
    command = ["git", "-c", "core.fsmonitor=false", *words]
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, timeout=GIT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")
