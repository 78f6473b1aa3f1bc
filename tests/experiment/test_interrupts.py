"""A second signal is one whatever stood in its way."""

import signal
from pathlib import Path

import pytest
from pydantic import BaseModel, field_serializer

from dlrun.errors import Interrupted
from dlrun.experiment.interrupts import Interrupts, heeded, undisguised
from dlrun.experiment.opening import open_run
from dlrun.experiment.setup import set_up
from dlrun.rundir.record import RunRecord
from dlrun.spec import read_spec
from tests.experiments import write_spec
from tests.proofs.survivors import the_run_in


def break_in(interrupts: Interrupts) -> None:
    """Let two signals come while a library is at work, which says in words of its own what went wrong."""

    class Struck(BaseModel):
        value: int = 0

        @field_serializer("value")
        def strike(self, value: int) -> int:
            for _ in range(2):
                interrupts.note(signal.SIGTERM)
            return value

    Struck().model_dump()


def test_what_a_library_makes_of_a_signal_is_still_a_signal() -> None:
    with pytest.raises(Interrupted) as stopped, heeded() as interrupts:
        break_in(interrupts)
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    assert "PydanticSerializationError" in type(stopped.value.__cause__).__name__


def test_a_run_records_it_as_one(tmp_path: Path) -> None:
    experiment = set_up(read_spec(write_spec(tmp_path)))
    with pytest.raises(Interrupted), open_run(experiment, tmp_path / "runs") as run:
        break_in(run.interrupts)
    paths = the_run_in(tmp_path / "runs")
    assert paths
    assert RunRecord.load(paths).status == "interrupted"
    assert not paths.crash.exists()


def test_what_was_noted_on_it_stays() -> None:
    with pytest.raises(Interrupted) as stopped, undisguised():
        try:
            with heeded() as interrupts:
                break_in(interrupts)
        except Interrupted as error:
            error.add_note("2 of 5 are done")
            raise
    assert stopped.value.__notes__ == ["2 of 5 are done"]


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(ZeroDivisionError), undisguised():
        raise ZeroDivisionError from ValueError("no signal")
