"""One mini-batch alone: whether a fresh network of the same spec can learn a few examples by heart.

It should: if it cannot, no amount of data or time will help, and what is wrong is the rate, the start, or the code; if it can,
the network trains, and what keeps the train error up is its size, its regularization, or the time it had.
"""

from dataclasses import replace

from dlrun.data.batches import shuffled_rows
from dlrun.diagnosis.course import OneBatch
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.experiment.setup import Experiment
from dlrun.nn.layers import Dropout
from dlrun.nn.network import Network
from dlrun.nn.schedules import Progress
from dlrun.training.state import State

MOST_EXAMPLES = 64
MOST_STEPS, FEWEST_STEPS = 300, 20
OPERATIONS = 1e9  # of multiplications and additions in all: about half a second; no clock, so that it is the same everywhere
SHARE = 0.05  # of the examples that the run has seen, unless those are so few that a fifth of the operations takes no time


def with_one_batch(experiment: Experiment, diagnosis: Diagnosis) -> Diagnosis:
    """Return the diagnosis, with what came of one mini-batch if the training set is not fitted, or the cost did not fall."""
    course = diagnosis.optimization
    if course is None or not course.steps or (diagnosis.avoidable_bias.status != "high" and course.learned is not False):
        return diagnosis
    return replace(diagnosis, optimization=replace(course, one_batch=learn_one_batch(experiment)))


def learn_one_batch(experiment: Experiment) -> OneBatch | None:
    """Train on the first mini-batch of the first epoch: the same start, optimizer and rate, no penalties, dropout, or decay.

    None if that would take more than a moment.
    """
    plan, train = experiment.plan, experiment.splits.train
    m = min(plan.batch_size, len(train), MOST_EXAMPLES)
    steps = _steps(experiment, m)
    if steps < FEWEST_STEPS or m < plan.smallest_batch:
        return None
    layers = [placed.layer for placed in experiment.network.placed if not isinstance(placed.layer, Dropout)]
    network = Network(layers, experiment.network.n_in, m, experiment.network.dtype, experiment.network.kernels)
    network.initialize(plan.seed)
    rows = shuffled_rows(len(train), plan.seed, 0)[:m]
    x, y, params = train.x[rows], train.y[rows], network.params
    state, losses = State.start(params, plan.optimizer, plan.seed), []
    rate = plan.learning_rate.decay.at(plan.learning_rate.initial, Progress(0.0, 0, 1, steps, 0))
    for step in range(steps + 1):
        z = network.forward(x, state.dropout_rng)
        mean, error_sum = plan.loss.measure(z, y, network.dz, network.loss_scratch, network.kernels)
        losses.append(mean)
        network.backward()
        squared_norm = params.squared_gradient_norm()
        if not (losses[-1] < float("inf") and squared_norm < float("inf")):
            return None
        if plan.clip:
            plan.clip.apply(params, squared_norm)
        if step < steps:
            plan.optimizer.step(
                params.theta, params.grad, state.slots, params.scratch, rate, step + 1,
                weights=params.weights, kernels=network.kernels,
            )  # fmt: skip
    return OneBatch(examples=m, steps=steps, before=losses[0], after=losses[-1], error=plan.loss.error(error_sum, m))


def _steps(experiment: Experiment, m: int) -> int:
    """Return how many steps are taken: few beside the run's own work, or so few that they take no time."""
    per_step = 6 * experiment.network.params.count * m  # forward, and twice as much backward
    of_run = SHARE * experiment.total_steps * experiment.plan.batch_size / m
    free = OPERATIONS / 5 / per_step
    return int(min(MOST_STEPS, OPERATIONS / per_step, max(of_run, free)))
