"""Cost and gradients of scikit-learn's networks at equal weights, live: a second oracle, which is installed with the tests."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from dlrun.arrays import Array
from dlrun.nn.penalties import add_penalties
from tests.laws import loss_of
from tests.oracle import ours
from tests.oracle.cases import HIDDEN, Case
from tests.oracle.compare import parity
from tests.oracle.recording import Recording

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "identity": "identity"}
LOSSES = {"softmax_cross_entropy": MLPClassifier, "sigmoid_cross_entropy": MLPClassifier, "squared_error": MLPRegressor}
TOLERANCE = 1e-12


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_cost_and_gradients_are_scikit_learns(activation: str, record_property: Callable[[str, object], None]) -> None:
    inputs, sides = Recording.read().inputs, []
    for loss, l2 in product(LOSSES, (0.0, 2.0)):
        case = Case(optimizer="gradient_descent", activation=activation, loss=loss, l2=l2)
        cost, gradient = ours_at_the_start(case, inputs)
        their_cost, their_gradient = theirs_at_the_start(case, inputs)
        assert cost == pytest.approx(their_cost, rel=TOLERANCE), str(case)
        sides.append((case, gradient, their_gradient))
    row = parity(f"scikit-learn, {activation}", sides, TOLERANCE)
    record_property("parity", str(row))
    assert not row.over, f"{len(row.over)} gradients are further away than {TOLERANCE}: {row.over}"


def ours_at_the_start(case: Case, inputs: Mapping[str, Array]) -> tuple[float, Array]:
    """Return the cost and its gradient in the order of the case's blocks, at the recorded initial weights."""
    network, plan = ours.network_of(case, inputs), ours.plan_of(case)
    factor = 0.5 if case.loss == "squared_error" else 1.0  # scikit-learn's is ½ (z − y)²
    loss = factor * loss_of(network, plan.loss, inputs["x"], inputs[case.labels], np.random.default_rng(0))
    network.dz *= factor
    network.backward()
    cost = loss + add_penalties(plan.penalties, network.params, network.kernels)
    return cost, np.concatenate([view.grad.flatten() for view in network.params.views.values()])


def theirs_at_the_start(case: Case, inputs: Mapping[str, Array]) -> tuple[float, Array]:
    """Return the same of scikit-learn, whose step at rate 1 without momentum is its gradient; its alpha is our λ."""
    x, y = inputs["x"], inputs[case.labels]
    model = LOSSES[case.loss](
        hidden_layer_sizes=HIDDEN, activation=ACTIVATIONS[case.activation], solver="sgd", alpha=case.l2, batch_size=len(x),
        learning_rate_init=1.0, momentum=0.0, nesterovs_momentum=False, shuffle=False, random_state=0,
    )  # fmt: skip
    classes: dict[str, Any] = {} if case.loss == "squared_error" else {"classes": np.unique(y)}
    model.partial_fit(x, y, **classes)  # makes the arrays, which are then filled
    for k, (W, b) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), start=1):
        W[...], b[...] = inputs[f"W{k}"][:, : W.shape[1]], inputs[f"b{k}"][: len(b)]
    before = _flat(model)
    model.partial_fit(x, y)
    return float(model.loss_), before - _flat(model)


def _flat(model: MLPClassifier | MLPRegressor) -> Array:
    pairs = zip(model.coefs_, model.intercepts_, strict=True)
    return np.concatenate([array.flatten() for pair in pairs for array in pair])
