"""docs/PROOF.md: what each proof found when it last ran in full, and on which machine."""

import os
import platform
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/PROOF.md"
BITES = Path(__file__).with_name("bites.md")
LIBRARIES = ("numpy", "pydantic", "pyyaml", "hypothesis")

ROW = re.compile(r"^\| .* \| `(tests/[^`]+)` \|$", re.MULTILINE)

Rows = Mapping[str, Mapping[str, str]]  # by the id of the test

INTRODUCTION = """\
# What is proven, and how

Written by `make proof`; do not edit. Every promise below is a test that `make test` runs with a smaller count. A promise holds
for the cases that were tried: random ones from a fresh seed each time, and those that somebody thought of. Each row is of the day
on which that proof last ran for this page: with its full count in `make proof`, or some of them with `DLRUN_PROOF=full` or `few`;
the column of cases says how many there were.
"""


def page(rows: Rows, earlier: str = "") -> str:
    """Return the document for these rows, and those of an earlier document that have not been found anew."""
    return "\n".join([INTRODUCTION, *_table(rows, earlier), "", *_circumstances(), "", BITES.read_text(encoding="utf-8")])


def lines(rows: Rows) -> Iterator[str]:
    """Yield what is printed after the tests."""
    for test, row in sorted(rows.items()):
        yield f"{row['verdict']:5}  {row['promise']}: {int(row['cases']):,} cases; {row['figure']}  (bar: {row['bar']}; {test})"


def _table(rows: Rows, earlier: str) -> Iterator[str]:
    yield "| promise | cases | found | bar | verdict | day | test |"
    yield "|---|---:|---|---|---|---|---|"
    found = {match[1]: match[0] for match in ROW.finditer(earlier)}
    for test, row in rows.items():
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        cells = (row["promise"], f"{int(row['cases']):,}", row["figure"], row["bar"], row["verdict"], day, f"`{test}`")
        found[test] = f"| {' | '.join(cell.replace('|', '·') for cell in cells)} |"
    yield from (found[test] for test in sorted(found))


def _circumstances() -> Iterator[str]:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield f"- {datetime.now(UTC):%Y-%m-%d}, `make proof`"
    yield f"- {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {_memory()} GiB"
    yield f"- Python {platform.python_version()}, {versions}"


def _memory() -> int:
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)
