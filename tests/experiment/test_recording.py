"""How often a step is written down."""

import pytest

from dlrun.experiment.recording import record_every


@pytest.mark.parametrize(
    ("told", "total", "every"),
    [("auto", 0, 1), ("auto", 100_000, 1), ("auto", 100_001, 2), ("auto", 1_000_000, 10), ("off", 10, None), (7, 10, 7)],
)
def test_up_to_a_hundred_thousand_rows_every_step_has_one(told: str | int, total: int, every: int | None) -> None:
    assert record_every(told, total) == every  # type: ignore[arg-type]
