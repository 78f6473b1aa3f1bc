"""The command line within the process of the tests: what a command prints, without starting a Python for each."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlrun.cli.app import main

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str


class Shell:
    """Runs commands one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys
        for name in ("DLRUN_RUNS", "_DLRUN_COMPLETE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))  # of processes that a command starts

    def __call__(self, *words: object) -> Done:
        """Run `dlrun` with these words."""
        self.monkeypatch.setattr(sys, "argv", ["dlrun", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else 1
        printed = self.capsys.readouterr()
        return Done(code, printed.out, printed.err)
