"""The layers of a network as a table: a row for each weight matrix, with what stands behind it."""

from dataclasses import dataclass

import numpy as np

from dlrun.nn.initializers import DrawnInitializer, Glorot, He, Normal, Orthogonal, ScaledIdentity, Xavier, Zeros
from dlrun.nn.layers import BatchNorm, Dense, Dropout
from dlrun.nn.network import Network, Placed

DEVIATIONS: dict[type[DrawnInitializer], str] = {
    He: "√(2/n_in)",
    Xavier: "√(1/n_in)",
    Glorot: "√(2/(n_in + n_out))",
    Normal: "std",
    Orthogonal: "gain/√max(n_in, n_out)",
    ScaledIdentity: "scale on the diagonal",
    Zeros: "0",
}


@dataclass(frozen=True, kw_only=True)
class LayerRow:
    """A weight matrix with its bias or batch norm, activation and dropout; dropout on the input is a row without parameters.

    deviation is that of the weights as drawn, formula what they were drawn for.
    """

    names: tuple[str, ...]
    kind: str  # input | hidden | output
    n_in: int
    n_out: int
    batch_norm: bool
    activation: str | None
    keep_prob: float
    parameters: int
    share: float
    init: str | None
    formula: str
    deviation: float | None


def layer_rows(network: Network) -> tuple[LayerRow, ...]:
    """Return the rows from input to output."""
    groups: dict[int, list[Placed]] = {}
    for placed in network.placed:
        groups.setdefault(placed.number, []).append(placed)
    return tuple(_row(network, number, group, last=number == max(groups)) for number, group in groups.items())


def _row(network: Network, number: int, group: list[Placed], *, last: bool) -> LayerRow:
    names = tuple(block.name for placed in group for block in placed.named(placed.layer.blocks(placed.n_in)))
    views = network.params.views
    parameters = sum(views[name].value.size for name in names)
    layers = [placed.layer for placed in group]
    dense = next((layer for layer in layers if isinstance(layer, Dense)), None)
    known = (Dense, BatchNorm, Dropout)
    return LayerRow(
        names=names,
        kind="input" if number == 0 else "output" if last else "hidden",
        n_in=group[0].n_in,
        n_out=group[-1].n_out,
        batch_norm=any(isinstance(layer, BatchNorm) for layer in layers),
        activation=next((layer.kind for layer in layers if not isinstance(layer, known)), None),
        keep_prob=next((layer.keep_prob for layer in layers if isinstance(layer, Dropout)), 1.0),
        parameters=parameters,
        share=parameters / network.params.count,
        init=dense.init.kind if dense else None,
        formula=_formula(dense.init) if dense else "",
        deviation=float(np.std(views[names[0]].value, dtype=np.float64)) if dense else None,
    )


def _formula(init: DrawnInitializer) -> str:
    """Return the standard deviation asked for: `0.5 · √(2/n_in)`."""
    scale = getattr(init, "scale", 1.0)
    factor = "" if scale == 1 or isinstance(init, ScaledIdentity) else f"{scale:g} · "
    return factor + DEVIATIONS[type(init)]
