"""The committed docs/PROOF.md is of the proofs there are."""

import ast
import re
from collections.abc import Iterator

from tests.proofs.document import PAGE, ROOT, lines, page

ROW = {"promise": "a | b", "cases": "10000", "figure": "0 escapes", "bar": "none", "verdict": "holds"}


def proofs() -> Iterator[str]:
    """Yield the ids of all tests that are marked as proofs."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(
                ast.unparse(mark) == "pytest.mark.proof" for mark in node.decorator_list
            ):
                yield f"{path.relative_to(ROOT).as_posix()}::{node.name}"


def test_the_page_has_every_proof_and_no_other() -> None:
    told = re.findall(r"\| (\w+) \| [0-9-]+ \| `([^`\[]+)[^`]*` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {test for _, test in told} == set(proofs()), "make proof writes docs/PROOF.md"
    assert {verdict for verdict, _ in told} == {"holds"}


def test_rows_are_sorted_and_whole() -> None:
    written = page({"tests/b.py::test_b": ROW, "tests/a.py::test_a": ROW})
    assert re.findall(r"^\| a · b \| 10,000 \| 0 escapes \| none \| holds \| [0-9-]+ \| `tests/(.)", written, re.MULTILINE) == [
        "a",
        "b",
    ]
    again = page({"tests/b.py::test_b": ROW | {"figure": "1 escape"}, "tests/c.py::test_c": ROW}, written)
    assert re.findall(r"\| (\d) escapes? \| .* \| `tests/(.)", again) == [("0", "a"), ("1", "b"), ("0", "c")]
    assert [line.split("; ")[-1] for line in lines({"t::b": ROW, "t::a": ROW})] == ["t::a)", "t::b)"]
