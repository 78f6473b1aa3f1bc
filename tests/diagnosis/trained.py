"""Courses and layers as healthy runs have them, to be changed in one number."""

from dataclasses import replace
from typing import Any

from dlrun.diagnosis.course import Course
from dlrun.diagnosis.layer_health import LayerHealth, LayerNumbers
from dlrun.diagnosis.setting import Setting
from dlrun.statistics.intervals import Interval

SETTING = Setting(
    optimizer="adam",
    rate=0.001,
    decay="constant",
    warmup=False,
    activation="relu",
    init="auto",
    normalize="standard",
    batch_norm=False,
    dropout=False,
    epochs=20,
    batch_size=64,
    m=1_000,
)
COURSE = Course(
    setting=SETTING,
    regression=False,
    steps=320,
    epochs=20.0,
    chance=2.3,
    constant=2.3,
    initial=2.7,
    start=2.7,
    end=0.3,
    end_loss=0.3,
    lowest=0.29,
    highest=1.2,
    slope=Interval(-0.001, -0.002, 0.0001),
    scatter=0.01,
    update=0.001,
)
LAYER = LayerNumbers(
    layer="hidden 1",
    first_activation=0.8,
    first_gradient=0.1,
    first_dead=0.05,
    activation=1.0,
    gradient=0.05,
    update=0.001,
    dead=0.1,
)


def course(setting: dict[str, Any] | None = None, **numbers: Any) -> Course:
    """Return a healthy course with these numbers."""
    return replace(COURSE, setting=replace(SETTING, **(setting or {})), **numbers)


def layers(depth: int = 4, **numbers: list[float] | float) -> LayerHealth:
    """Return hidden layers, then the output; a list holds a number of each layer, from the first."""

    def of(k: int) -> LayerNumbers:
        own = {name: values[k] if isinstance(values, list) else values for name, values in numbers.items()}
        return replace(LAYER, layer=f"hidden {k + 1}" if k < depth else "output", **own)

    return LayerHealth(layers=tuple(of(k) for k in range(depth + 1)))
