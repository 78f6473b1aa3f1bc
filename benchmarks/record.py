"""What every table keeps: its rows as JSON beside the machine, the versions, the command and the date."""

import argparse
import json
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).with_name("results")
PACKAGES = ("numpy", "numba", "scikit-learn", "torch", "jax", "keras")

Tree = dict[str, Any]


def save(table: str, options: argparse.Namespace, **rows: Any) -> Tree:
    """Write results/<table>.json, and return what it holds."""
    tree = {
        "table": table,
        "command": command(table, options),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "versions": {name: found for name in PACKAGES if (found := installed(name))} | {"Python": platform.python_version()},
        **rows,
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{table}.json").write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")
    return tree


def load(table: str) -> Tree | None:
    """Read results/<table>.json, if there is one."""
    path = FOLDER / f"{table}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def command(table: str, options: argparse.Namespace) -> str:
    """Return the command that gives the table, without the paths of one machine."""
    words = [f"python -m benchmarks.{table}"]
    for name, value in vars(options).items():
        words += [value.name] if isinstance(value, Path) else [] if value is None else [f"--{name} {value}"]
    return " ".join(words)


def installed(package: str) -> str | None:
    """Return the version of a package, if it is there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine() -> str:
    """Return what the figures are true of: processor, cores, BLAS and its kernels, system."""
    from threadpoolctl import threadpool_info

    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = (line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name"))
        processor = next(named, processor)
    import numpy  # noqa: F401  # so that its BLAS is there to be asked

    blas = [f"{lib['internal_api']} {lib['version']} ({lib.get('architecture', '?')})" for lib in threadpool_info()]
    return f"{processor}, {os.cpu_count()} cores, {', '.join(dict.fromkeys(blas))}, {platform.system()} {platform.machine()}"


def footer(tree: Tree) -> str:
    """Return where the figures come from, in one line."""
    versions = ", ".join(f"{name} {found}" for name, found in tree["versions"].items())
    return f"`{tree['command']}` · {tree['date']} · {tree['machine']} · {versions}"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are numbers."""
    lines = [f"| {' | '.join(heading)} |", "|---|" + "---:|" * (len(heading) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def spread(values: Sequence[float], digits: int = 0, unit: str = "") -> str:
    """Write the median, and in parentheses from the least to the most."""
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle}{unit} ({low}–{high})"


def verdict(value: float, bar: float | None, digits: int = 2) -> str:
    """Write a ratio, its bar, and whether it holds."""
    if bar is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ≤ {bar:g} {'holds' if value <= bar else '**FAILS**'}"
