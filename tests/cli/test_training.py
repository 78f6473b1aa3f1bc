"""What whoever is at the terminal is told while kernels are compiled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from numba.core.event import trigger_event

from dlrun.cli.training import COMPILING, watch
from dlrun.rundir.listing import list_runs
from dlrun.training.loop import StepEnd
from tests.cli.shell import dlrun
from tests.experiments import SMALL, experiment, write_spec

NUMBA, TANH = "training.kernels=numba", "architecture.activation=tanh"  # no tape holds it: less is compiled
LIMIT = 1  # seconds; compiling takes more, and the training a tenth


@pytest.mark.slow
def test_compiling_is_said_when_it_happens_and_is_no_training_time(tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    for said in (True, False):
        changes = ("-s", NUMBA, "-s", TANH, "-s", f"training.time_limit={LIMIT} seconds")
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
@pytest.mark.parametrize("kernels", ["numpy", "numba"])
def test_what_is_compiled_for_others_or_under_quiet_is_not_said(
    kernels: str, quiet: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def steps() -> Iterator[StepEnd]:
        with trigger_event("numba:compile"):
            yield StepEnd()

    watched = experiment(tmp_path, SMALL, f"training.kernels={kernels}")
    watch(watched, steps(), [], from_step=0, quiet=quiet, verbose=False)
    printed = capsys.readouterr()
    assert printed.err.count(COMPILING) == (kernels == "numba" and not quiet)
    assert not printed.out
