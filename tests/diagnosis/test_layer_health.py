from typing import Any

import pytest

from dlrun.diagnosis.layer_health import growth
from tests.diagnosis.trained import SETTING, layers

WEAK = [1e-9, 1e-6, 1e-3, 1e-2, 1e-1]
STRONG = [1e6, 1e4, 1e2, 1.0, 1e-1]


def test_growth_is_the_slope_of_logarithms() -> None:
    found = growth([1.0, 2.0, 4.0, 8.0])
    assert found is not None
    assert (found.per_layer, found.whole) == pytest.approx((2.0, 8.0))
    assert growth([1.0, 1.0]) is None, "two layers are no law"
    assert growth([1.0, None, 1.0, 1.0]) is None
    dead = growth([1.0, 0.0, 0.0])
    assert dead is not None
    assert dead.whole == 0, "0/0 is vanished"
    assert growth([5e-324, 1.0, 1e300]) is not None, "no overflow"


CASES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"first_gradient": WEAK}, "vanishing_gradients", "hidden 1", "architecture.batch_norm"),
    ({"gradient": WEAK}, "vanishing_gradients", "hidden 1", "architecture.batch_norm"),
    ({"first_gradient": [0.0] * 5}, "vanishing_gradients", "hidden 1", "architecture.batch_norm"),
    ({"first_activation": [*STRONG[::-1][:4], 1.0]}, "exploding_gradients", "hidden 4", "architecture.batch_norm"),
    ({"first_gradient": STRONG}, "exploding_gradients", "hidden 1", "architecture.batch_norm"),
    ({"dead": [0.1, 0.6, 0.1, 0.1, 0.0]}, "dead_units", "hidden 2", "architecture.activation"),
    ({"saturated": [0.1, 0.1, 0.9, 0.1, 0.0]}, "saturated_units", "hidden 3", "architecture.batch_norm"),
]


@pytest.mark.parametrize(("numbers", "kind", "layer", "key"), CASES)
def test_a_sick_layer_is_named(numbers: dict[str, Any], kind: str, layer: str, key: str) -> None:
    (found,) = layers(**numbers).findings(SETTING, hurts=True)
    assert (found.kind, found.layer, [*found.patch]) == (kind, layer, [key])


@pytest.mark.parametrize("numbers", [numbers for numbers, *_ in CASES])
def test_what_does_not_hurt_is_let_be(numbers: dict[str, Any]) -> None:
    assert [*layers(**numbers).findings(SETTING, hurts=False)] == []


def test_signals_weak_at_both_ends_and_layers_that_are_all_dead_are_told_in_any_case() -> None:
    both = layers(first_gradient=WEAK, gradient=WEAK)
    assert [found.kind for found in both.findings(SETTING, hurts=False)] == ["vanishing_gradients"]
    dead = layers(dead=[0.1, 1.0, 0.1, 0.1, 0.0], gradient=[0.0, 0.0, 0.1, 0.1, 0.1])
    assert [found.kind for found in dead.findings(SETTING, hurts=False)] == ["dead_units"]


def test_networks_without_hidden_layers_and_of_one_are_healthy() -> None:
    for depth in (0, 1):
        assert [*layers(depth).findings(SETTING, hurts=True)] == []
