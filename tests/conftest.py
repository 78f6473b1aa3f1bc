"""What tests measured, printed after them: a test hands a row over with `record_property("parity", row)`, from any process."""

import pytest
from hypothesis import settings

settings.register_profile("dlrun", deadline=None)  # a busy machine is no defect
settings.load_profile("dlrun")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the parity table, if its tests have run."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = sorted(str(value) for report in reports for name, value in report.user_properties if name == "parity")
    if rows:
        terminalreporter.section("how far from other implementations, at worst, of the largest entry of a block")
        for row in rows:
            terminalreporter.write_line(row)
