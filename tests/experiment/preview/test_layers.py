from collections.abc import Callable
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from dlrun.experiment.preview.layers import DEVIATIONS, layer_rows
from dlrun.nn.initializers import DrawnInitializer, Normal
from dlrun.nn.layers import Dense
from dlrun.nn.network import Network
from tests.experiments import experiment
from tests.laws import build, kind, members

MEANT: dict[str, Callable[[int, int], float]] = {
    "√(2/n_in)": lambda n_in, n_out: sqrt(2 / n_in),
    "√(1/n_in)": lambda n_in, n_out: sqrt(1 / n_in),
    "√(2/(n_in + n_out))": lambda n_in, n_out: sqrt(2 / (n_in + n_out)),
    "std": lambda n_in, n_out: Normal().std,
    "gain/√max(n_in, n_out)": lambda n_in, n_out: 1 / sqrt(max(n_in, n_out)),
    "scale on the diagonal": lambda n_in, n_out: float(np.std(np.eye(n_in, n_out))),
    "0": lambda n_in, n_out: 0.0,
}
RICH = """
    data: {source: digits}
    architecture: {hidden: [{units: 16, batch_norm: true}, {units: 8, activation: tanh}]}
    regularization: {keep_prob: {input: 0.9, hidden: [0.5, 1.0]}}
    training: {epochs: 1}
"""


def test_rows_are_what_the_course_draws(tmp_path: Path) -> None:
    network = experiment(tmp_path, RICH).network
    rows = layer_rows(network)
    told = [(r.kind, r.names, (r.n_in, r.n_out), r.batch_norm, r.activation, r.keep_prob, r.parameters) for r in rows]
    assert told == [
        ("input", (), (64, 64), False, None, 0.9, 0),
        ("hidden", ("W1", "gamma1", "beta1"), (64, 16), True, "relu", 0.5, 64 * 16 + 32),
        ("hidden", ("W2", "b2"), (16, 8), False, "tanh", 1.0, 16 * 8 + 8),
        ("output", ("W3", "b3"), (8, 10), False, None, 1.0, 90),
    ]
    assert sum(row.parameters for row in rows) == network.params.count
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert [row.formula for row in rows] == ["", "√(2/n_in)", "√(1/n_in)", "√(1/n_in)"]


def test_a_network_without_hidden_layers_is_its_output(tmp_path: Path) -> None:
    (row,) = layer_rows(experiment(tmp_path, "data: {source: digits}\narchitecture: {hidden: []}").network)
    assert (row.kind, row.share) == ("output", 1.0)


@pytest.mark.parametrize("init", members(DrawnInitializer), ids=kind)
def test_every_initializer_has_its_formula_and_draws_it(init: type[DrawnInitializer]) -> None:
    n_in, n_out = 300, 200
    network: Network = build([Dense(units=n_out, init=init())], n_in)
    (row,) = layer_rows(network)
    drawn = float(np.std(network.params.views["W1"].value))
    assert row.deviation == pytest.approx(drawn)
    assert row.formula == DEVIATIONS[init]
    assert drawn == pytest.approx(MEANT[row.formula](n_in, n_out), rel=0.02)


def test_a_scale_is_part_of_the_formula(tmp_path: Path) -> None:
    words = "architecture.init.scale=0.5"
    assert layer_rows(experiment(tmp_path, RICH, words).network)[1].formula == "0.5 · √(2/n_in)"
