"""Gradient checks: of the built-in matrix, of a user's own network on its own data, of a run's weights."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dlrun.experiment.setup import Experiment, set_up
from dlrun.experiment.stored import reopen
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.gradcheck import EPSILON, Difference, GradientCheck, check_gradient, randomize_biases
from dlrun.nn.gradcheck_matrix import cases
from dlrun.nn.network import Network
from dlrun.rundir.paths import RunPaths
from dlrun.spec import LoadedSpec
from dlrun.training.loop import train

EXAMPLES = 64  # of the training set: enough for every unit to be on for some
MOST_COORDINATES, FEWEST_COORDINATES = 500, 25  # compared in each block, drawn at random where there are more
OPERATIONS = 4e10  # floating-point operations a check may take: a large network is compared in fewer coordinates
DIRECTIONS = 5  # random ones in each block that is sampled
TRAINED_STEPS = 50
ORDERS = (1e-2, 5e-3, 2.5e-3, 1.25e-3)  # steps ε, each half of the one before


@dataclass(frozen=True)
class Settings:
    """How differences are taken."""

    epsilon: float = EPSILON
    difference: Difference = "centred"


def check_matrix(settings: Settings, kernels: Kernels = NUMPY) -> dict[str, GradientCheck]:
    """Check every ordered pair of layers × loss × penalty; return the outcome by the case's name."""
    return {
        case.name: check_gradient(
            case.network, case.loss, case.penalties, case.x, case.y, epsilon=settings.epsilon, difference=settings.difference
        )
        for case in cases(kernels=kernels)
    }


def check_spec(loaded: LoadedSpec, settings: Settings, kernels: Kernels = NUMPY) -> dict[str, GradientCheck]:
    """Check a spec's network in float64 at its initial weights, biases drawn at random, and again after some training."""
    experiment = set_up(loaded, dtype="float64", kernels=kernels)
    randomize_biases(experiment.network, experiment.spec.seed)
    name = experiment.spec.name
    checks = {f"{name}, initial weights": _check(experiment, settings)}
    state = experiment.start()
    for _ in islice(train(experiment.network, experiment.plan, experiment.splits, state), TRAINED_STEPS):
        pass
    if state.step:
        checks[f"{name}, after {state.step} steps"] = _check(experiment, settings)
    return checks


def check_run(paths: RunPaths, settings: Settings, kernels: Kernels = NUMPY) -> dict[str, GradientCheck]:
    """Check a run's network in float64 at its best weights."""
    stored = reopen(paths)
    experiment = set_up(stored.loaded, dtype="float64", kernels=kernels)
    copy_params(stored.network, experiment.network)
    return {f"{paths.id}, best weights": _check(experiment, settings)}


def error_orders(loaded: LoadedSpec, kernels: Kernels = NUMPY) -> Iterator[tuple[float, float, float]]:
    """Yield ε with the relative error of forward and of centred differences: O(ε) and O(ε²) until rounding takes over."""
    experiment = set_up(loaded, dtype="float64", kernels=kernels)
    randomize_biases(experiment.network, experiment.spec.seed)
    for epsilon in ORDERS:
        forward, centred = (_check(experiment, Settings(epsilon, difference)).total for difference in ("forward", "centred"))
        yield epsilon, forward, centred


def copy_params(source: Network, target: Network) -> None:
    """Fill a network with the parameters of one of another dtype."""
    for name, view in source.params.views.items():
        target.params.views[name].value[...] = view.value
    for name, stat in source.params.stat_views.items():
        target.params.stat_views[name][...] = stat


def _check(experiment: Experiment, settings: Settings) -> GradientCheck:
    network, examples = experiment.network, experiment.splits.train
    m = min(EXAMPLES, len(examples))
    evaluations = OPERATIONS / (2 * m * network.params.weights.stop) / 2  # two for every coordinate
    limit = int(min(MOST_COORDINATES, max(FEWEST_COORDINATES, evaluations / len(network.params.views))))
    return check_gradient(
        network, experiment.plan.loss, experiment.plan.penalties, examples.x[:m], examples.y[:m],
        seed=experiment.spec.seed, epsilon=settings.epsilon, difference=settings.difference,
        limit=limit, directions=DIRECTIONS,
    )  # fmt: skip
