"""The health of the layers: what reaches each of them and comes back, before the first step and over the run.

Numbers in, findings out. Signals that shrink or grow by a factor a layer do so exponentially with depth; a rate that fits is
one at which a step changes the weights by about a thousandth.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from math import exp, log
from statistics import median
from typing import Any

from dlrun.diagnosis.findings import Finding, Kind
from dlrun.diagnosis.reading import number_or_none, tree_of, word
from dlrun.diagnosis.setting import Setting

MOST_LAYERS = 2_000  # a spec has 1,000 at most

GONE = 1e-3  # first gradient over last, or last activation over first: a healthy net of ten layers has 0.05 to 1, a dying 1e-6
GROWN = 1e3
MANY_DEAD = 0.5  # of a layer's units: relus of a healthy net are off for every example in 0 to 20 % of units
MANY_SATURATED = 0.5  # of a layer's activations
LOWEST_UPDATE, HIGHEST_UPDATE = 1e-5, 3e-2  # ‖ΔW‖/‖W‖, median over the run (rule T9); 1e-3 is usual
USUAL_UPDATE = 1e-3
LONGEST = 600.0  # of a logarithm whose number is still a float


@dataclass(frozen=True, kw_only=True)
class LayerNumbers:
    """One layer: first_* before the first step, the rest at the last evaluation; None where there is no such number.

    first_activation is the standard deviation of a unit's output over examples (root mean square over units), activation the
    root mean square of the outputs; gradients are ‖dW‖_F. update is ‖ΔW‖/‖W‖ of a step, the median over the evaluations; dead and
    saturated are shares of units and of outputs.
    """

    layer: str
    first_activation: float | None = None
    first_gradient: float | None = None
    first_dead: float | None = None
    first_saturated: float | None = None
    activation: float | None = None
    gradient: float | None = None
    update: float | None = None
    dead: float | None = None
    saturated: float | None = None


WAYS: dict[Kind, str] = {"exploding_gradients": "grows", "vanishing_gradients": "shrinks"}
NUMBERS = tuple(entry.name for entry in fields(LayerNumbers) if entry.name != "layer")


@dataclass(frozen=True)
class Growth:
    """How a number changes with depth: the factor a layer, from a line through its logarithms, and over all layers."""

    per_layer: float
    whole: float


def growth(values: Sequence[float | None]) -> Growth | None:
    """Return how values grow from layer to layer: e^b for the slope b of log values on depth, and that to the number of steps.

    A value of 0 is no growth but the end of it: 0 for a signal that has died. None for fewer than three layers, where a
    factor is no law, and where a value is missing.
    """
    known = [value for value in values if value is not None]
    if len(known) < 3 or len(known) < len(values):
        return None
    if min(known) <= 0:
        return Growth(0.0, 0.0)
    n, logs = len(known), [log(value) for value in known]
    mean = sum(logs) / n
    b = sum((k - (n - 1) / 2) * (x - mean) for k, x in enumerate(logs)) / (n * (n * n - 1) / 12)
    return Growth(*(exp(min(max(power, -LONGEST), LONGEST)) for power in (b, b * (n - 1))))


@dataclass(frozen=True, kw_only=True)
class LayerHealth:
    """The numbers of all layers that have weights, the hidden ones in order, then the output."""

    layers: tuple[LayerNumbers, ...]

    @property
    def hidden(self) -> tuple[LayerNumbers, ...]:
        """The hidden layers."""
        return self.layers[:-1]

    @property
    def update(self) -> float | None:
        """The median over layers of how far a step carries the weights, relative to them."""
        known = [layer.update for layer in self.layers if layer.update is not None]
        return median(known) if known else None

    def flows(self) -> dict[str, Growth | None]:
        """Return how activations change forwards and gradients backwards, at the first step and at the last evaluation."""
        return {
            "first_activation": growth([layer.first_activation for layer in self.hidden]),
            "activation": growth([layer.activation for layer in self.hidden]),
            "first_gradient": growth([layer.first_gradient for layer in reversed(self.layers)]),
            "gradient": growth([layer.gradient for layer in reversed(self.layers)]),
        }

    def findings(self, setting: Setting, *, hurts: bool) -> Iterator[Finding]:
        """Yield what is wrong with the layers; hurts says that the training set is not fitted, without which some is harmless.

        A signal that was weak before the first step and is not at the end has recovered; one that is weak at the end alone may
        be of a training set that is fitted, where nothing is left to learn.
        """
        yield from self._flow(setting, hurts)
        yield from self._units(setting, hurts)

    def _flow(self, setting: Setting, hurts: bool) -> Iterator[Finding]:
        flows = {name: flow for name, flow in self.flows().items() if not self._cut(name)}
        for kind, way in WAYS.items():
            found = [name for name, flow in flows.items() if flow and _way(flow) == way]
            first, last = (any(name.startswith("first_") == which for name in found) for which in (True, False))
            if found and (hurts or (first and last)):
                flow = flows[found[0]]
                assert flow, "only what there is can be found"
                yield self._weak(kind, found[0], flow, setting)
                return

    def _cut(self, name: str) -> bool:
        """Whether a layer all of whose units are dead ends every signal: that is told, with the layer, and is the cause."""
        return any((layer.first_dead if name.startswith("first_") else layer.dead) == 1 for layer in self.hidden)

    def _weak(self, kind: Kind, name: str, flow: Growth, setting: Setting) -> Finding:
        gradient = name.endswith("gradient")
        at_start = name.startswith("first_")
        when = "before the first step" if at_start else "at the last evaluation"
        order = self.layers[::-1] if gradient else self.hidden
        values = [getattr(layer, name) or 0.0 for layer in order]
        what = "the gradient" if gradient else "the activations"
        factor = f"by ×{flow.per_layer:.2g} a layer" if flow.per_layer else "to nothing"
        verb = _way(flow) if gradient else _way(flow).removesuffix("s")
        words = f"{what} {verb} {factor}: {values[0]:.2g} in {order[0].layer}, {values[-1]:.2g} in {order[-1].layer}, {when}"
        return Finding(kind=kind, words=words, layer=order[-1].layer, patch=setting.better_flow(), at_start=at_start)

    def _units(self, setting: Setting, hurts: bool) -> Iterator[Finding]:
        dead = max(self.hidden, key=lambda layer: layer.dead or 0.0, default=None)
        if dead and (share := dead.dead or 0.0) >= MANY_DEAD and (hurts or share == 1):
            at_first = (dead.first_dead or 0.0) >= MANY_DEAD
            told = f" ({dead.first_dead:.0%} of them before the first step)" if dead.first_dead is not None else ""
            patch = (setting.better_start() if at_first else {}) or setting.other_activation("leaky_relu")
            words = f"{share:.0%} of the units of {dead.layer} are off for every example{told}: no gradient reaches them"
            yield Finding(kind="dead_units", words=words, layer=dead.layer, patch=patch, at_start=at_first)
        full = max(self.hidden, key=lambda layer: layer.saturated or 0.0, default=None)
        if full and (share := full.saturated or 0.0) >= MANY_SATURATED and hurts:
            words = f"{share:.0%} of the outputs of {full.layer} are at the end of their range, where the slope is nearly 0"
            at_first = (full.first_saturated or 0.0) >= MANY_SATURATED
            yield Finding(kind="saturated_units", words=words, layer=full.layer, patch=setting.better_flow(), at_start=at_first)

    def to_json(self) -> dict[str, Any]:
        """Return the numbers of each layer, and the growth with depth for whoever reads the file."""
        flows = {name: flow and {"per_layer": flow.per_layer, "whole": flow.whole} for name, flow in self.flows().items()}
        return {"layers": [vars(layer) for layer in self.layers], "growth": flows}

    @classmethod
    def from_json(cls, value: Any) -> "LayerHealth":
        """Read the numbers; the growth is worked out again. Errors: ValueError if one is not what it must be."""
        layers = tree_of(value).get("layers")
        if not isinstance(layers, list) or not 0 < len(layers) <= MOST_LAYERS:
            raise ValueError("layers must be a list")
        trees = [tree_of(layer) for layer in layers]
        read = [{name: number_or_none(tree, name, least=0.0) for name in NUMBERS} for tree in trees]
        return cls(layers=tuple(LayerNumbers(layer=word(t, "layer"), **found) for t, found in zip(trees, read, strict=True)))


def _way(flow: Growth) -> str:
    return "shrinks" if flow.whole <= GONE else "grows" if flow.whole >= GROWN else ""
