from typing import Any

import pytest

from dlrun.diagnosis.course import Course, OneBatch, Rises
from dlrun.diagnosis.layer_health import LayerHealth
from dlrun.diagnosis.optimization import training_findings
from dlrun.statistics.intervals import Interval
from tests.diagnosis.trained import COURSE, course, layers

FALLING = Interval(-0.01, -0.012, -0.008)
RISE = Rises(count=1, steps=300, first=7, largest=0.01)
DESCENT = {"optimizer": "gradient_descent", "batch_size": 1_000}


def kinds(found: Course, health: LayerHealth | None = None, *, hurts: bool = True) -> list[str]:
    return [finding.kind for finding in training_findings(found, health, hurts=hurts)]


def test_a_healthy_run_has_no_findings() -> None:
    assert kinds(COURSE, layers()) == []
    assert training_findings(None, None, hurts=True) == ()


CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"initial": 3.4}, "initial_loss", ""),
    ({"initial": 3.4, "setting": {"init": "normal"}}, "initial_loss", "-s architecture.init=auto"),
    ({"initial": 3.4, "setting": {"normalize": "none"}}, "initial_loss", "-s data.normalize=standard"),
    ({"initial": 6.0, "regression": True, "chance": 1.0}, "initial_loss", ""),
    ({"update": 0.05}, "rate_too_high", "-s learning_rate.initial=1e-05"),
    ({"highest": 3.5}, "rate_too_high", "-s learning_rate.initial=0.0001"),
    ({"end": 0.9}, "rate_too_high", "-s learning_rate.initial=0.0001"),
    ({"scatter": 0.3}, "rate_too_high", "-s learning_rate.initial=0.0001"),
    ({"rises": RISE, "setting": DESCENT}, "cost_rises", "-s learning_rate.initial=0.0001"),
    ({"rises": Rises(count=99, steps=300, first=7, largest=0.01)}, "cost_rises", "-s learning_rate.initial=0.0001"),
    ({"update": 1e-6, "end_loss": 2.2}, "rate_too_low", "-s learning_rate.initial=1"),
    ({"update": 1e-4, "slope": FALLING}, "rate_too_low", "-s learning_rate.initial=0.01"),
    ({"update": 5e-5, "end_loss": 2.2, "slope": Interval(-1e-5, -2e-5, -1e-6)}, "rate_too_low", "-s learning_rate.initial=0.01"),
    ({"update": 2e-4, "end_loss": 2.25}, "stuck", "-s learning_rate.initial=0.01"),
    ({"slope": FALLING}, "still_falling", "-s training.epochs=40"),
]  # fmt: skip


@pytest.mark.parametrize(("numbers", "kind", "cure"), CASES)
def test_each_fault_is_named_with_a_cure(numbers: dict[str, Any], kind: str, cure: str) -> None:
    (found,) = training_findings(course(**numbers), layers(), hurts=True)
    assert (found.kind, found.cure) == (kind, cure)
    assert found.words
    assert found.title


@pytest.mark.parametrize(
    "numbers",
    [
        {"initial": 3.2},
        {"initial": 4.0, "regression": True, "chance": 1.0},
        {"update": 0.02},
        {"highest": 2.9},
        {"end": 0.5},
        {"end": 0.9, "scatter": None},
        {"rises": Rises(count=5, steps=300, first=7, largest=0.01)},
        {"rises": Rises(count=5, steps=300, first=7, largest=1e-7), "setting": DESCENT},
        {"slope": FALLING, "setting": {"stopped_early": True}},
        {"steps": 0, "slope": None, "end": None, "end_loss": None},
    ],
)
def test_what_healthy_runs_do_too_is_no_finding(numbers: dict[str, Any]) -> None:
    assert kinds(course(**numbers), layers()) == []


@pytest.mark.parametrize("numbers", [{"update": 1e-6}, {"slope": FALLING}, {"end_loss": 2.29}])
def test_slowness_matters_where_the_training_set_is_not_fitted(numbers: dict[str, Any]) -> None:
    assert kinds(course(**numbers), hurts=False) == []
    assert kinds(course(**numbers), hurts=True) != []


def test_the_cause_comes_before_what_follows_from_it() -> None:
    dead = layers(dead=[0.1, 1.0, 0.1, 0.1, 0.0])
    assert kinds(course(highest=5.0, update=1e-8), dead) == ["rate_too_high", "dead_units"]
    assert kinds(course(update=1e-8), dead) == ["dead_units"], "what does not move is no sign of a low rate then"
    dying = layers(first_gradient=[1e-9, 1e-6, 1e-3, 1e-2, 1e-1])
    assert kinds(course(update=1e-8, end_loss=2.3), dying) == ["vanishing_gradients"]


def test_longer_training_and_a_larger_network_are_cures_of_bias() -> None:
    for numbers in ({"slope": FALLING}, {"end_loss": 2.29}):
        (found,) = training_findings(course(**numbers), layers(), hurts=True)
        assert found.side == "bias"


def test_one_batch_is_told_in_words() -> None:
    learned = OneBatch(examples=64, steps=300, before=2.3, after=0.01, error=0.0)
    assert learned.words == "one mini-batch of 64 alone is learned by heart: its loss went from 2.3 to 0.01 in 300 steps"
    failed = OneBatch(examples=64, steps=300, before=2.3, after=2.2, error=0.8)
    assert "is not even learned by heart" in failed.words


def test_the_course_is_told_in_words() -> None:
    assert COURSE.in_words == "the cost went from 2.7 to 0.3 in 320 steps and is at rest"
    assert course(slope=FALLING).in_words.endswith("is still falling")
    assert course(slope=None).in_words.endswith("steps")
    assert course(start=None).in_words == ""
