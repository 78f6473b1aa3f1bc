"""Our side: the real training loop on a case of the table."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlrun.arrays import Array
from dlrun.data.preparation import Preparation
from dlrun.data.preprocessing import Normalization
from dlrun.data.splits import Examples, Splits
from dlrun.data.splitting import Split
from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.architecture import Hidden, stack
from dlrun.nn.constraints import Clip
from dlrun.nn.initializers import Zeros
from dlrun.nn.layers import Activation, BatchNorm
from dlrun.nn.losses import Loss
from dlrun.nn.network import Network
from dlrun.nn.optimizers import Optimizer
from dlrun.nn.penalties import L1, L2, Penalty
from dlrun.nn.schedules import Exponential, LearningRate
from dlrun.training.loop import train
from dlrun.training.plan import Plan
from dlrun.training.state import State
from tests.laws import members
from tests.oracle import cases
from tests.oracle.cases import EXAMPLES, FEATURES, HIDDEN, STEPS, Case


def trajectory(case: Case, inputs: Mapping[str, Array], kernels: Kernels = NUMPY) -> Array:
    """Return every block of the case, flat, after every step: (STEPS, size)."""
    network, plan = network_of(case, inputs, kernels), plan_of(case)
    state = State.start(network.params, plan.optimizer, plan.seed)
    rows = []
    for _ in train(network, plan, _splits(case, inputs), state):
        values = [view.value.flatten() for view in network.params.views.values()]
        rows.append(np.concatenate([*values, *([network.forward(inputs["new_x"]).flatten()] if case.batch_norm else [])]))
    return np.array(rows)


def network_of(case: Case, inputs: Mapping[str, Array], kernels: Kernels = NUMPY) -> Network:
    """Return the network of a case with the recorded initial parameters."""
    norm = BatchNorm(running_beta=cases.RUNNING_BETA, eps=cases.BATCH_NORM_EPS) if case.batch_norm else None
    activation = member(Activation, case.activation)(**cases.ACTIVATIONS[case.activation])
    hidden = [Hidden(units=units, activation=activation, init=Zeros(), batch_norm=norm) for units in HIDDEN]
    network = Network(stack(hidden, case.n_outputs, init=Zeros()), FEATURES, EXAMPLES, "float64", kernels)
    assert list(network.params.views) == [name for name in case.blocks if name != "predicted"]
    for name, view in network.params.views.items():
        view.value[...] = inputs[name][..., : view.value.shape[-1]]
    return network


def plan_of(case: Case) -> Plan:
    """Return what the table's words mean here; penalties are divided by the number of examples."""
    rate, settings = cases.OPTIMIZERS[case.optimizer]
    penalties: list[Penalty] = [L2(strength=case.l2, m=EXAMPLES)] if case.l2 else []
    penalties += [L1(strength=case.l1, m=EXAMPLES)] if case.l1 else []
    return Plan(
        seed=0,
        epochs=STEPS,  # the full batch: an epoch is a step
        batch_size=EXAMPLES,
        loss=loss_of(case),
        penalties=penalties,
        optimizer=member(Optimizer, case.optimizer)(**settings),
        learning_rate=LearningRate(initial=rate, decay=Exponential(base=case.decay)),
        evaluate_every=STEPS,
        clip=Clip(norm=case.clip_norm, value=case.clip_value),
    )


def loss_of(case: Case) -> Loss:
    """Return the loss with the settings of the case."""
    switched = {"label_smoothing": case.label_smoothing, "class_weights": case.class_weights}
    loss: Loss = member(Loss, case.loss)(**cases.LOSSES[case.loss], **{name: value for name, value in switched.items() if value})
    return loss


def member(union: object, kind: str) -> Any:
    """Return the class of a registry that has this kind."""
    return next(component for component in members(union) if component.kind == kind)


def _splits(case: Case, inputs: Mapping[str, Array]) -> Splits:
    train_part = Examples(x=inputs["x"], y=inputs[case.labels], ids=np.arange(EXAMPLES))
    names = tuple(f"x{k}" for k in range(FEATURES))
    preparation = Preparation(
        columns=names, numbers=names, images=False, dtype="float64", classes=None, target_scale=None,
        normalization=Normalization(mean=np.zeros(1), divisor=np.ones(1)),
    )  # fmt: skip
    return Splits(train=train_part, dev=None, test=None, preparation=preparation, split=Split(), sha256="", notes=())
