"""What many tests begin with, and what they measured, printed after them.

A test hands a row over with `record_property`, from any process.
"""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.commands import Shell
from tests.experiments import write_spec
from tests.proofs import counting, document

settings.register_profile("dlrun", deadline=None)  # a busy machine is no defect
settings.load_profile("dlrun")


@pytest.fixture
def dlrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a shell in a directory of its own, with small.yaml in it."""
    monkeypatch.chdir(tmp_path)
    write_spec(tmp_path)
    return Shell(monkeypatch, capsys)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables of parity and proof, if their tests have run; a full proof is written to its page."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    handed_over = [(report.nodeid, name, value) for report in reports for name, value in report.user_properties]
    rows = sorted(str(value) for _, name, value in handed_over if name == "parity")
    if rows:
        terminalreporter.section("how far from other implementations, at worst, of the largest entry of a block")
        for row in rows:
            terminalreporter.write_line(row)
    if proofs := {test: value for test, name, value in handed_over if name == "proof" and isinstance(value, dict)}:
        terminalreporter.section("what is proven")
        for line in document.lines(proofs):
            terminalreporter.write_line(line)
        if counting.WRITTEN:
            earlier = document.PAGE.read_text(encoding="utf-8") if document.PAGE.exists() else ""
            document.PAGE.write_text(document.page(proofs, earlier), encoding="utf-8")
