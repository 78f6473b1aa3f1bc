from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from dlrun.arrays import Array, BoolArray
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.gradcheck import (
    GREAT,
    LOOK_AGAIN,
    Difference,
    GradientCheck,
    Move,
    check_gradient,
    randomize_biases,
    slope,
    verdict,
)
from dlrun.nn.initializers import He, Zeros
from dlrun.nn.layers import Activation, Dense, Dropout, Identity, Layer, Relu, Tanh
from dlrun.nn.layers.dense import RuntimeDense
from dlrun.nn.losses import Loss, SoftmaxCrossEntropy, SquaredError
from dlrun.nn.network import Network
from dlrun.nn.penalties import L2
from tests.laws import build, kind, labels_for, members, sample

ALL_BLOCKS = {"W1", "b1", "W2", "b2"}
RNG = np.random.default_rng


def tanh_net(kernels: Kernels = NUMPY) -> Network:
    return build([Dense(units=6), Tanh(), Dense(units=3)], 4, kernels=kernels)


def classify(network: Network, **options: Any) -> GradientCheck:
    x, y = RNG(0).standard_normal((8, network.n_in)), RNG(1).integers(0, 3, 8)
    return check_gradient(network, SoftmaxCrossEntropy(), [L2(strength=0.5, m=8)], x, y, **options)


# the method


@pytest.mark.parametrize(("difference", "expected"), [("centred", 3.0001), ("forward", 3.0301)])
def test_the_slope_of_theta_cubed_at_one(difference: Difference, expected: float) -> None:
    theta = np.ones(1)

    def cubed() -> tuple[float, list[BoolArray]]:
        return float(theta[0]) ** 3, []

    found = slope(cubed, theta, Move(np.array([0]), np.ones(1)), 0.01, difference)
    assert found == pytest.approx(expected, abs=1e-12)
    assert theta[0] == 1


def test_a_slope_across_a_kink_is_none() -> None:
    theta = np.array([0.005])

    def absolute() -> tuple[float, list[BoolArray]]:
        return abs(float(theta[0])), [theta > 0]

    move = Move(np.array([0]), np.ones(1))
    assert slope(absolute, theta, move, 0.01, "centred") is None
    assert slope(absolute, theta, move, 0.001, "centred") == pytest.approx(1)


@pytest.mark.parametrize(("difference", "divisor"), [("centred", 4), ("forward", 2)])
def test_halving_epsilon_divides_the_error(difference: Difference, divisor: float) -> None:
    """Centred differences are wrong by O(ε²), one-sided ones by O(ε)."""
    at_full, at_half = (classify(tanh_net(), epsilon=epsilon, difference=difference).total for epsilon in (1e-2, 5e-3))
    assert at_full / at_half == pytest.approx(divisor, rel=0.02)


def test_the_check_leaves_the_parameters_as_they_were() -> None:
    network = tanh_net()
    before = network.params.theta.copy()
    classify(network)
    np.testing.assert_array_equal(network.params.theta, before)


def test_dropout_draws_the_same_mask_in_every_evaluation() -> None:
    layers: list[Layer] = [Dense(units=6), Tanh(), Dropout(keep_prob=0.5), Dense(units=3)]
    assert classify(build(layers, 4)).relative_error <= GREAT
    assert classify(build(layers, 4), seed=1).total != classify(build(layers, 4), seed=2).total


def test_a_limit_compares_so_many_coordinates_of_each_block() -> None:
    check = classify(tanh_net(), limit=4)
    assert {block.name: block.compared for block in check.blocks} == {"W1": 4, "b1": 4, "W2": 4, "b2": 3}
    assert check == classify(tanh_net(), limit=4)
    assert check != classify(tanh_net(), limit=4, seed=1)
    assert check.passed


def test_biases_are_randomized_and_nothing_else() -> None:
    network = build([Dense(units=400), Relu(), Dense(units=400)], 4)
    network.initialize(0)
    before = {name: view.value.copy() for name, view in network.params.views.items()}
    randomize_biases(network, 0)
    for name, view in network.params.views.items():
        if name.startswith("W"):
            np.testing.assert_array_equal(view.value, before[name])
        else:
            assert view.value.std() == pytest.approx(0.1, rel=0.15)  # four standard errors of 400 numbers
            assert abs(view.value.mean()) < 0.02


# what is right passes


def test_probabilities_as_labels_are_checked_alike() -> None:
    x, y = RNG(0).standard_normal((8, 4)), RNG(1).dirichlet(np.ones(3), 8)
    assert check_gradient(tanh_net(), SoftmaxCrossEntropy(), [], x, y).relative_error <= GREAT


def test_100_narrow_relu_nets_pass_at_initialization() -> None:
    """Dead units behind dead units would lie exactly on their kink, were the biases not drawn at random."""
    for seed in range(100):
        layers: list[Layer] = [Dense(units=6, init=He()), Relu(), Dense(units=5, init=He()), Relu(), Dense(units=3)]
        network = build(layers, 8, seed=seed)
        x, y = RNG(seed).standard_normal((8, 8)), RNG(seed).integers(0, 3, 8)
        check = check_gradient(network, SoftmaxCrossEntropy(), [], x, y, seed=seed)
        assert check.relative_error <= GREAT, f"seed {seed}: {check.worst}"


# kinks and zeros


def planted_kink() -> tuple[Network, Array, Array]:
    """Return relu(w₁x₁ + w₂x₂ + b) with w₁ = 2, w₂ = 5, b = −2, and an example (1, 0) right on the kink."""
    network = Network([Dense(units=1), Relu(), Dense(units=1)], 2, 2, np.float64, NUMPY)
    views = network.params.views
    views["W1"].value[...] = [[2], [5]]
    views["b1"].value[...] = -2
    views["W2"].value[...] = 3
    return network, np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([1.0, -1.0])


@pytest.mark.parametrize("difference", ["centred", "forward"])
def test_planted_kinks_are_set_aside_and_counted(difference: Difference) -> None:
    """w₁ and b carry the unit over its kink, w₂ meets a zero input and does not."""
    network, x, y = planted_kink()
    check = check_gradient(network, SquaredError(), [], x, y, difference=difference)
    counts = {block.name: (block.compared, block.set_aside) for block in check.blocks}
    assert counts == {"W1": (1, 1), "b1": (0, 1), "W2": (1, 0), "b2": (1, 0)}
    assert check.relative_error <= (GREAT if difference == "centred" else LOOK_AGAIN)
    assert "W1[0,0]" not in {coordinate.name for coordinate in check.worst}


def test_without_the_kink_nothing_is_set_aside() -> None:
    network, x, y = planted_kink()
    network.params.views["b1"].value[...] = -1.9
    check = check_gradient(network, SquaredError(), [], x, y)
    assert sum(block.set_aside for block in check.blocks) == 0
    assert check.relative_error <= GREAT


def test_zero_against_zero_is_no_error() -> None:
    """Behind output weights of zero no gradient arrives, and none is measured."""
    network = build([Dense(units=6), Tanh(), Dense(units=3, init=Zeros())], 4)
    x, y = RNG(0).standard_normal((8, 4)), RNG(1).integers(0, 3, 8)
    check = check_gradient(network, SoftmaxCrossEntropy(), [], x, y)
    errors = {block.name: block.relative_error for block in check.blocks}
    assert errors["W1"] == errors["b1"] == 0
    assert 0 < errors["W2"] <= GREAT


def test_a_gradient_that_is_zero_throughout_is_no_error() -> None:
    """At the minimum of (z − y)² with z = y = 0 even the norm of the whole gradient is zero."""
    network = Network([Dense(units=1, init=Zeros())], 2, 2, np.float64, NUMPY)
    check = check_gradient(network, SquaredError(), [], np.ones((2, 2)), np.zeros(2))
    assert check.relative_error == 0
    assert check.passed


# what is wrong fails, and where


def slightly_wrong(kernel: Callable[..., Any], result: int, count: int | None = None) -> Callable[..., Any]:
    """Return the kernel with its result, the so-manieth argument, one percent too large (in its first `count` columns)."""

    def faulty(*arguments: Any) -> Any:
        returned = kernel(*arguments)
        arguments[result][..., :count] *= 1.01
        return returned

    return faulty


def with_kernel(name: str, kernel: Callable[..., Any]) -> Kernels:
    cell: Any = {name: kernel}
    return replace(NUMPY, **cell)


def failing_blocks(check: GradientCheck) -> set[str]:
    return {block.name for block in check.blocks if block.relative_error > LOOK_AGAIN}


KEEPS_ITS_SLOPES = {"leaky_relu", "elu", "gelu"}
BACKWARD = [
    (layer, "slopes_backward" if layer.kind in KEEPS_ITS_SLOPES else f"{layer.kind}_backward")
    for layer in members(Layer)
    if layer not in (Dense, Identity)
]
every_backward = pytest.mark.parametrize(("layer", "kernel"), BACKWARD, ids=kind)


def test_faults_are_planted_in_every_backward() -> None:
    assert {kernel for _, kernel in BACKWARD} == {cell.name for cell in fields(Kernels) if cell.name.endswith("_backward")}


@every_backward
@pytest.mark.parametrize("count", [None, 1], ids=["all units", "one unit"])
def test_a_fault_in_a_backward_is_found_in_the_block_before(layer: Any, kernel: str, count: int | None) -> None:
    kernels = with_kernel(kernel, slightly_wrong(getattr(NUMPY, kernel), 0, count))
    check = classify(build([Dense(units=6), sample(layer), Dense(units=3)], 4, kernels=kernels))
    assert failing_blocks(check) == ({"W1", "b1"} if layer is Dropout else {"W1"})  # before batch norm db is 0, with faults too
    assert not check.passed
    assert {coordinate.name[:2] for coordinate in check.worst[:4]} <= {"W1", "b1"}  # one unit has four weights


@every_backward
def test_a_backward_that_does_nothing_is_called_a_bug(layer: Any, kernel: str) -> None:
    kernels = with_kernel(kernel, lambda *_: None)
    check = classify(build([Dense(units=6), sample(layer), Dense(units=3)], 4, kernels=kernels))
    assert failing_blocks(check) == {"W1", "b1"}
    assert verdict(check.relative_error) == "a bug"


@pytest.mark.parametrize(("layer", "kernel"), [pair for pair in BACKWARD if pair[0] in members(Activation)], ids=kind)
def test_a_fault_in_the_sum_beside_a_backward_is_found_in_the_bias_before(layer: Any, kernel: str) -> None:
    kernels = with_kernel(kernel, slightly_wrong(getattr(NUMPY, kernel), 2))
    assert failing_blocks(classify(build([Dense(units=6), sample(layer), Dense(units=3)], 4, kernels=kernels))) == {"b1"}


@pytest.mark.parametrize(("name", "result", "expected"), [("bias_gradient", 1, {"b2"}), ("add_l2_gradient", 1, {"W1", "W2"})])
def test_a_fault_in_another_gradient_is_found_in_its_blocks(name: str, result: int, expected: set[str]) -> None:
    kernels = with_kernel(name, slightly_wrong(getattr(NUMPY, name), result))
    assert failing_blocks(classify(tanh_net(kernels))) == expected


@pytest.mark.parametrize("loss_class", members(Loss), ids=kind)
def test_a_fault_in_any_loss_is_found_everywhere(loss_class: Any) -> None:
    loss = loss_class()
    kernels = with_kernel(loss.kind, slightly_wrong(getattr(NUMPY, loss.kind), 2))
    network = build([Dense(units=6), Tanh(), Dense(units=loss.n_outputs(3))], 4, kernels=kernels)
    x, y = RNG(0).standard_normal((8, 4)), labels_for(loss, 8, RNG(1))
    assert failing_blocks(check_gradient(network, loss, [], x, y)) == ALL_BLOCKS


def test_a_fault_in_what_dense_passes_on_is_found_in_the_block_before(monkeypatch: pytest.MonkeyPatch) -> None:
    right = RuntimeDense.backward

    def wrong(layer: RuntimeDense, dz: Array, *, need_dx: bool) -> Array | None:
        dx = right(layer, dz, need_dx=need_dx)
        return dx if dx is None else 1.01 * dx

    monkeypatch.setattr(RuntimeDense, "backward", wrong)
    assert failing_blocks(classify(tanh_net())) == {"W1", "b1"}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_a_number_fails(bad: float) -> None:
    def broken(dz: Array, db: Array) -> None:
        db[...] = bad

    check = classify(tanh_net(replace(NUMPY, bias_gradient=broken)))
    assert failing_blocks(check) == {"b2"}
    assert not check.passed
    assert verdict(check.relative_error) == "a bug"


def test_the_five_worst_coordinates_are_named_worst_first() -> None:
    """One entry of db is wrong by 1, another by ½."""

    def broken(dz: Array, db: Array) -> None:
        NUMPY.bias_gradient(dz, db)
        if len(db) == 3:
            db[2] += 1
            db[0] -= 0.5

    check = classify(tanh_net(replace(NUMPY, bias_gradient=broken)))
    assert [coordinate.name for coordinate in check.worst[:2]] == ["b2[2]", "b2[0]"]
    assert len(check.worst) == 5
    assert check.worst[0].analytic - check.worst[0].numeric == pytest.approx(1, abs=1e-6)
    assert failing_blocks(check) == {"b2"}


@pytest.mark.parametrize("share", [1, 1e-2])
def test_the_relative_error_is_that_of_the_course(share: float) -> None:
    """‖a − g‖ / (‖a‖ + ‖g‖): a gradient one percent too large is wrong by 0.01/2.01, however small the block's share."""
    network = tanh_net(replace(NUMPY, tanh_backward=slightly_wrong(NUMPY.tanh_backward, 2)))
    network.params.views["W2"].value[...] *= share
    errors = {block.name: block.relative_error for block in classify(network).blocks}
    assert errors["b1"] == pytest.approx(0.01 / 2.01, rel=1e-3)


def test_a_block_whose_slope_is_lost_in_rounding_is_measured_against_the_whole() -> None:
    network = tanh_net()
    network.params.views["W2"].value[...] *= 1e-9  # so db1 is of the size of the noise of its differences
    assert classify(network).passed


@pytest.mark.parametrize(
    ("relative_error", "word"),
    [
        (0.0, "great"), (1e-7, "great"),
        (1.01e-7, "look again"), (1e-5, "look again"),
        (1.01e-5, "wrong"), (0.99e-3, "wrong"),
        (1e-3, "a bug"), (1.0, "a bug"), (np.inf, "a bug"), (np.nan, "a bug"),
    ],
)  # fmt: skip
def test_verdict_bands(relative_error: float, word: str) -> None:
    assert verdict(relative_error) == word
