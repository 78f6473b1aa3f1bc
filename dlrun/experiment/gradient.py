"""Gradient checks: of the built-in matrix, and of a user's own network on its own data."""

from dlrun.experiment.setup import choose_batch_size, choose_loss, layers, load_splits, penalties
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.gradcheck import Difference, GradientCheck, check_gradient, randomize_biases
from dlrun.nn.gradcheck_matrix import cases
from dlrun.nn.network import Network
from dlrun.spec import LoadedSpec

EXAMPLES = 64  # of the training set: enough for every unit to be on for some
COORDINATES = 500  # compared in each block, drawn at random where there are more


def check_matrix(*, epsilon: float, difference: Difference, kernels: Kernels = NUMPY) -> dict[str, GradientCheck]:
    """Check every ordered pair of layers × loss × penalty; return the outcome by the case's name."""
    checks = {}
    for case in cases(kernels=kernels):
        randomize_biases(case.network, seed=0)
        checks[case.name] = check_gradient(
            case.network, case.loss, case.penalties, case.x, case.y, epsilon=epsilon, difference=difference
        )
    return checks


def check_spec(
    loaded: LoadedSpec, *, epsilon: float, difference: Difference, kernels: Kernels = NUMPY
) -> dict[str, GradientCheck]:
    """Check a spec's network at its initial weights, in float64, on the first training examples, dropout masks held fixed."""
    spec, splits = loaded.spec, load_splits(loaded, "float64")
    loss = choose_loss(loaded, splits)
    m = min(EXAMPLES, len(splits.train))
    network = Network(layers(spec, splits, loss), len(splits.features), m, "float64", kernels)
    network.initialize(spec.seed)
    randomize_biases(network, spec.seed)
    check = check_gradient(
        network, loss, penalties(spec, choose_batch_size(spec, splits)), splits.train.x[:m], splits.train.y[:m],
        seed=spec.seed, epsilon=epsilon, difference=difference, limit=COORDINATES,
    )  # fmt: skip
    return {f"{spec.name}, initial weights": check}
