"""What whoever is at the terminal is told while kernels are compiled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlrun.cli.training import COMPILING, watch
from dlrun.kernels import compilation
from dlrun.rundir.listing import list_runs
from dlrun.training.loop import StepEnd
from tests.cli.shell import dlrun
from tests.experiments import SMALL, experiment, write_spec

NUMBA = "training.kernels=numba"
LIMIT = 1  # seconds; compiling takes more, and the training a tenth


@pytest.mark.slow
def test_compiling_is_said_when_it_happens_and_is_no_training_time(tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    for said in (True, False):
        changes = ("-s", NUMBA, "-s", f"training.time_limit={LIMIT} seconds")
        done = dlrun("train", *changes, "--format", "json", spec, cwd=tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
        assert done.returncode == 0, done.stderr
        assert done.stderr.splitlines().count(COMPILING) == said
        assert COMPILING not in done.stdout
    for run in list_runs(tmp_path / "runs"):
        record = run.record
        assert record
        assert record.stop_reason == "all epochs done"
        assert record.seconds
        assert record.seconds < LIMIT


@pytest.mark.parametrize("quiet", [False, True])
def test_under_quiet_it_is_not_said(quiet: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def steps() -> Iterator[StepEnd]:
        compilation.compiling_begins()
        yield StepEnd()

    watch(experiment(tmp_path, SMALL), steps(), [], from_step=0, quiet=quiet, verbose=False)
    printed = capsys.readouterr()
    assert printed.err.count(COMPILING) == (not quiet)
    assert not printed.out
