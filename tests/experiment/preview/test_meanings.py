"""What is said about other tools and about factors is tried: weights are stepped and compared."""

from math import isinf, log
from pathlib import Path

import numpy as np
import pytest

from dlrun.experiment.preview.meanings import meaning
from dlrun.experiment.setup import Experiment
from dlrun.nn.optimizers import Slots
from dlrun.training.loop import train
from tests.experiments import REGRESSION, SMALL, experiment, write_table

PLAIN = "optimizer=gradient_descent"


def shrunk(e: Experiment) -> float:
    """Return by which factor one step of the optimizer multiplies W when nothing but the penalty has a gradient."""
    params, optimizer = e.network.params, e.plan.optimizer
    weights, before = params.weights, params.theta[params.weights].astype(np.float64)
    params.grad[...] = 0
    for penalty in e.plan.penalties:
        penalty.add_gradient(params, e.network.kernels)
    slots = {name: np.zeros_like(params.theta) for name in optimizer.slots}
    lr = e.plan.learning_rate.initial
    optimizer.step(params.theta, params.grad, slots, params.scratch, lr, 1, weights=weights, kernels=e.network.kernels)
    moved = before != 0
    ratios = params.theta[weights][moved] / before[moved]
    assert np.ptp(ratios) < 1e-9
    return float(ratios.mean())


def test_l2_is_the_factor_of_a_step_and_of_an_epoch(tmp_path: Path) -> None:
    words = (PLAIN, "regularization.l2=3", "learning_rate=0.25", "training.dtype=float64")
    e = experiment(tmp_path, SMALL, *words)
    l2 = meaning(e).l2
    assert l2
    assert l2.per_step == pytest.approx(shrunk(e), abs=1e-12)
    assert l2.per_step == 1 - 0.25 * 3 / 32
    assert l2.per_epoch == pytest.approx((1 - 0.25 * 3 / 32) ** e.steps_per_epoch)
    assert (l2.pytorch_weight_decay, l2.scikit_learn_alpha, l2.adaptive) == (3 / 32, 3, False)


def test_adamw_shrinks_by_what_is_told(tmp_path: Path) -> None:
    words = ("optimizer={kind: adamw, weight_decay: 0.3}", "regularization.l2=0", "learning_rate=0.5", "training.dtype=float64")
    e = experiment(tmp_path, SMALL, *words)
    told = meaning(e)
    assert told.l2 is None
    assert told.weight_decay
    assert told.weight_decay.per_step == pytest.approx(shrunk(e), abs=1e-12)


def test_l1_is_a_step_towards_zero(tmp_path: Path) -> None:
    words = (PLAIN, "regularization.l1=2", "regularization.l2=0", "learning_rate=0.25", "training.dtype=float64")
    e = experiment(tmp_path, SMALL, *words)
    l1 = meaning(e).l1
    assert l1
    params, before = e.network.params, e.network.params.theta.copy()
    params.grad[...] = 0
    e.plan.penalties[0].add_gradient(params, e.network.kernels)
    e.plan.optimizer.step(
        params.theta, params.grad, {}, params.scratch, 0.25, 1, weights=params.weights, kernels=e.network.kernels
    )
    steps = np.abs(before - params.theta)
    assert steps[steps > 0] == pytest.approx(l1.per_step)


def test_scikit_learn_halves_squared_errors(tmp_path: Path) -> None:
    write_table(tmp_path)
    for loss, alpha in (("squared_error", 0.5), ("huber", None)):
        l2 = meaning(experiment(tmp_path, REGRESSION, f"loss={loss}", "regularization.l2=1")).l2
        assert l2
        assert l2.scikit_learn_alpha == alpha


def test_alpha_is_scikit_learns(tmp_path: Path) -> None:
    """One full-batch step of plain descent of theirs, from our weights, is ours: with alpha as told, λ/2 for squared errors."""
    from sklearn.neural_network import MLPRegressor

    write_table(tmp_path)
    words = (
        PLAIN,
        "regularization.l2=6",
        "training.batch_size=full",
        "learning_rate=0.1",
        "training.dtype=float64",
        "training.epochs=1",
    )
    e = experiment(tmp_path, REGRESSION, *words)
    l2, views, train_part = meaning(e).l2, e.network.params.views, e.splits.train
    assert l2
    theirs = MLPRegressor(
        hidden_layer_sizes=(8,), activation="tanh", solver="sgd", alpha=l2.scikit_learn_alpha, momentum=0,
        learning_rate_init=0.2, batch_size=len(train_part), shuffle=False,
    )  # fmt: skip
    theirs.partial_fit(train_part.x, train_part.y)  # builds it
    for layer, (coefs, intercepts) in enumerate(zip(theirs.coefs_, theirs.intercepts_, strict=True), start=1):
        coefs[...], intercepts[...] = views[f"W{layer}"].value, views[f"b{layer}"].value
    theirs.partial_fit(train_part.x, train_part.y)
    for _ in train(e.network, e.plan, e.splits, e.start()):
        pass
    assert np.abs(views["W1"].value - theirs.coefs_[0]).max() < 1e-12


def test_momentum_in_the_other_convention_goes_the_same_way(tmp_path: Path) -> None:
    e = experiment(tmp_path, SMALL, "optimizer={kind: momentum, beta: 0.8}", "learning_rate=0.1", "training.dtype=float64")
    told = meaning(e).momentum
    assert told
    rng, theta, v = np.random.default_rng(0), np.zeros(5), np.zeros(5)
    ours, scratch = np.zeros(5), np.zeros(5)
    slots: Slots = {"v": np.zeros(5)}
    for t in range(1, 20):
        g = rng.standard_normal(5)
        v = 0.8 * v + g  # PyTorch
        theta = theta - told.classical_rate * v
        e.plan.optimizer.step(ours, g.copy(), slots, scratch, told.rate, t, weights=slice(0, 5), kernels=e.network.kernels)
    assert np.abs(theta - ours).max() < 1e-12
    assert meaning(experiment(tmp_path, SMALL, "optimizer={kind: momentum, bias_correction: true}")).momentum is None


@pytest.mark.parametrize(
    ("optimizer", "memories"),
    [
        ("gradient_descent", []),
        ("adagrad", []),
        ("nesterov", [("optimizer.beta", 10, "gradients")]),
        ("rmsprop", [("optimizer.beta", 10, "squared gradients")]),
        ("adam", [("optimizer.beta1", 10, "gradients"), ("optimizer.beta2", 1000, "squared gradients")]),
    ],
)
def test_every_beta_is_a_number_of_values(tmp_path: Path, optimizer: str, memories: list[tuple[str, float, str]]) -> None:
    found = meaning(experiment(tmp_path, SMALL, f"optimizer={optimizer}"))
    assert [(a.key, round(a.memory, 6), a.of) for a in found.averages] == memories
    assert found.batch_norm is None


def test_batch_norm_in_pytorchs_words(tmp_path: Path) -> None:
    found = meaning(experiment(tmp_path, SMALL, "architecture.batch_norm={running_beta: 0.95}")).batch_norm
    assert found
    assert found.pytorch_momentum == pytest.approx(0.05)


@pytest.mark.parametrize("change", ["seed=1", "architecture.batch_norm=true", "regularization.keep_prob=0.5"])
def test_the_first_loss_is_that_of_the_first_step(tmp_path: Path, change: str) -> None:
    e = experiment(tmp_path, SMALL, change, "training.batch_size=full", "regularization.l2=0", "training.epochs=1")
    stats = e.network.params.stats.copy()
    found = meaning(e).initial_loss
    assert np.array_equal(stats, e.network.params.stats)
    (step,) = train(e.network, e.plan, e.splits, e.start())
    assert found.drawn == step.cost


def test_outputs_of_zero_have_a_loss_of_ln_c(tmp_path: Path) -> None:
    found = meaning(experiment(tmp_path, SMALL, "architecture.init=zeros")).initial_loss
    assert found.zero_logits == pytest.approx(log(2))
    assert found.drawn == pytest.approx(log(2), abs=1e-6)
    assert found.n_classes == 2
    weighted = meaning(experiment(tmp_path, SMALL, "loss={kind: sigmoid_cross_entropy, class_weights: [1, 3]}")).initial_loss
    assert weighted.n_classes is None
    assert weighted.zero_logits == pytest.approx(2 * log(2), rel=1e-2)


def test_a_rate_beyond_all_floats_is_said_not_raised(tmp_path: Path) -> None:
    l2 = meaning(experiment(tmp_path, SMALL, PLAIN, "learning_rate=1e90", "regularization.l2=1")).l2
    assert l2
    assert isinf(l2.per_epoch)
