"""PyTorch's side: what every word of the table means there. The only file here that needs PyTorch.

Where the definitions differ the relation stands in the code: the averaging factor 1 − β of momentum and nesterov, the 10⁻⁶ of
clipping, the running variance of batch norm, the schedule inside NAdam.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from torch import nn  # type: ignore[import-not-found, unused-ignore]
from torch.optim import lr_scheduler as schedulers  # type: ignore[import-not-found, unused-ignore]

from dlrun.arrays import Array
from tests.oracle import cases
from tests.oracle.cases import EXAMPLES, HIDDEN, OPTIMIZERS, RUNNING_BETA, STEPS, Case
from tests.oracle.rates import EPOCHS, LOSSES, STEPS_PER_EPOCH, Told
from tests.oracle.rates import STEPS as RATE_STEPS

VERSION = str(torch.__version__).split("+")[0]  # without what it was built for
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

ACTIVATIONS: Mapping[str, Callable[..., nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda slope: nn.LeakyReLU(negative_slope=slope),
    "elu": nn.ELU,
    "gelu": lambda: nn.GELU(approximate="tanh"),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


def trajectory(case: Case, inputs: Mapping[str, Array]) -> Array:
    """Return every block of the case, flat, after every step: (STEPS, size)."""
    layers = _layers(case, inputs)
    parameters = dict(_parameters(layers))
    optimizer, relative_rate = _optimizer(case, parameters)
    x, new_x = torch.tensor(inputs["x"]), torch.tensor(inputs["new_x"])
    cost = _cost(case, inputs)
    rows = []
    for t in range(1, STEPS + 1):
        for group in optimizer.param_groups:
            group["lr"] = OPTIMIZERS[case.optimizer][0] * case.decay ** (t - 1) * relative_rate
        optimizer.zero_grad()
        (cost(layers(x)) + _penalty(case, parameters)).backward()
        _clip(case, list(parameters.values()))
        optimizer.step()
        blocks = [_numbers(name, parameter) for name, parameter in parameters.items()]
        rows.append(np.concatenate([*blocks, *([_predicted(layers, new_x, t)] if case.batch_norm else [])]))
    return np.array(rows)


def _layers(case: Case, inputs: Mapping[str, Array]) -> nn.Sequential:
    """Build the network and give it the recorded initial parameters."""
    layers, n_in = nn.Sequential(), len(inputs["W1"])
    for n_out in HIDDEN:
        layers.append(nn.Linear(n_in, n_out, bias=not case.batch_norm))
        if case.batch_norm:
            layers.append(nn.BatchNorm1d(n_out, eps=cases.BATCH_NORM_EPS, momentum=1 - RUNNING_BETA))
        layers.append(ACTIVATIONS[case.activation](**cases.ACTIVATIONS[case.activation]))
        n_in = n_out
    layers.append(nn.Linear(n_in, case.n_outputs))
    for name, parameter in _parameters(layers):
        initial = torch.tensor(inputs[name][..., : case.blocks[name][-1]])
        parameter.data = initial.T.contiguous() if name.startswith("W") else initial
    return layers


def _parameters(layers: nn.Sequential) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters by our names, in our order; PyTorch's weights are (n_out, n_in)."""
    number = 0
    for layer in layers:
        if isinstance(layer, nn.Linear):
            number += 1
            yield f"W{number}", layer.weight
            if layer.bias is not None:
                yield f"b{number}", layer.bias
        elif isinstance(layer, nn.BatchNorm1d):
            yield f"gamma{number}", layer.weight
            yield f"beta{number}", layer.bias


def _numbers(name: str, parameter: nn.Parameter) -> Array:
    value = parameter.detach()
    return np.asarray((value.T if name.startswith("W") else value).numpy().flatten())


def _predicted(layers: nn.Sequential, new_x: torch.Tensor, t: int) -> Array:
    """Return the test-time logits with PyTorch's running averages turned into ours.

    PyTorch's start at (0, 1), ours at (0, 0) and are divided by 1 − βᵗ when they are read; its variance is Σ(z − μ)²/(m − 1).
    So after t steps   mean = mean_PyTorch / (1 − βᵗ),   var = (var_PyTorch − βᵗ) · (m − 1)/m / (1 − βᵗ).
    """
    start, norms = RUNNING_BETA**t, [layer for layer in layers if isinstance(layer, nn.BatchNorm1d)]
    kept = [(norm.running_mean.clone(), norm.running_var.clone()) for norm in norms]
    for norm in norms:
        norm.running_mean /= 1 - start
        norm.running_var.sub_(start).mul_((EXAMPLES - 1) / EXAMPLES).div_(1 - start)
    with torch.no_grad():
        z = layers.eval()(new_x)
    layers.train()
    for norm, (mean, var) in zip(norms, kept, strict=True):
        norm.running_mean, norm.running_var = mean, var
    return np.asarray(z.numpy().flatten())


def _optimizer(case: Case, parameters: Mapping[str, nn.Parameter]) -> tuple[torch.optim.Optimizer, float]:
    """Return the optimizer, and what our learning rate is multiplied by there.

    Our momentum averages, v = βv + (1 − β)g; PyTorch's adds up, v = βv + g: the same path at 1 − β times the rate.
    """
    told = OPTIMIZERS[case.optimizer][1]
    decay = case.l2 / EXAMPLES if _decays(case) else told.get("weight_decay", 0.0)
    weights = [parameter for name, parameter in parameters.items() if name.startswith("W")]
    others = [parameter for name, parameter in parameters.items() if not name.startswith("W")]
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    beta, eps, betas = told.get("beta", 0.0), told.get("eps", 0.0), (told.get("beta1", 0.0), told.get("beta2", 0.0))
    match case.optimizer:
        case "gradient_descent":
            return torch.optim.SGD(groups), 1.0
        case "momentum":
            return torch.optim.SGD(groups, momentum=beta), 1 - beta
        case "nesterov":
            return torch.optim.SGD(groups, momentum=beta, nesterov=True), 1 - beta
        case "adagrad":
            return torch.optim.Adagrad(groups, eps=eps), 1.0
        case "rmsprop":
            return torch.optim.RMSprop(groups, alpha=beta, eps=eps), 1.0
        case "adam":
            return torch.optim.Adam(groups, betas=betas, eps=eps), 1.0
        case "adamw":
            return torch.optim.AdamW(groups, betas=betas, eps=eps), 1.0
        case "nadam":  # β₁ (1 − ½ 0.96^(t · momentum_decay)): at 10⁶ the power is 0 and β₁ constant, as ours and Dozat's
            return torch.optim.NAdam(groups, betas=betas, eps=eps, momentum_decay=1e6), 1.0
    raise ValueError(case.optimizer)


def _decays(case: Case) -> bool:
    """Say whether L2 can be `weight_decay`: AdamW decouples it, and an optimizer adds it after clipping, not before."""
    return case.l2 > 0 and case.optimizer != "adamw" and case.clip_norm is None and case.clip_value is None


def _penalty(case: Case, parameters: Mapping[str, nn.Parameter]) -> torch.Tensor:
    weights = [parameter for name, parameter in parameters.items() if name.startswith("W")]
    l2 = 0.0 if _decays(case) else case.l2
    squares, sizes = sum((W**2).sum() for W in weights), sum(W.abs().sum() for W in weights)
    return (l2 * squares + case.l1 * sizes) / (2 * EXAMPLES)


def _clip(case: Case, parameters: list[nn.Parameter]) -> None:
    """Clip as we do: PyTorch multiplies by c/(‖g‖ + 10⁻⁶), so that c (‖g‖ + 10⁻⁶)/‖g‖ there is c here."""
    if case.clip_value is not None:
        nn.utils.clip_grad_value_(parameters, case.clip_value)
    if case.clip_norm is not None:
        norm = float(nn.utils.get_total_norm([parameter.grad for parameter in parameters]))
        nn.utils.clip_grad_norm_(parameters, case.clip_norm * (norm + 1e-6) / norm)


def _cost(case: Case, inputs: Mapping[str, Array]) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the mean loss as a function of the logits (m, n_outputs).

    Class weights: ours is (1/m) Σ wᵢ ℓᵢ; CrossEntropyLoss divides by Σ wᵢ instead, BCEWithLogitsLoss by m.
    """
    y, settings, smoothing = torch.tensor(inputs[case.labels]), cases.LOSSES[case.loss], case.label_smoothing
    weights = None if case.class_weights is None else torch.tensor(case.class_weights)
    match case.loss:
        case "softmax_cross_entropy":
            total = nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing, reduction="sum")
            return lambda z: total(z, y) / EXAMPLES
        case "sigmoid_cross_entropy":
            mean = nn.BCEWithLogitsLoss(weight=None if weights is None else weights[y])
            y = (1 - smoothing) * y + smoothing / 2
        case "squared_error":
            mean = nn.MSELoss()
        case "absolute":
            mean = nn.L1Loss()
        case "huber":
            mean = nn.HuberLoss(**settings)
    return lambda z: mean(z[:, 0], y.to(z.dtype))


def rates(told: Told) -> Array:
    """Return the rate of every step, (STEPS,)."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=told.initial)
    ramp = round(told.warmup * STEPS_PER_EPOCH)
    warmup = schedulers.LinearLR(optimizer, start_factor=1 / ramp, total_iters=ramp - 1) if ramp else None
    decay, found = _scheduler(told, optimizer), []
    for step in range(1, RATE_STEPS + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if warmup:
            warmup.step()
        if decay and step % (1 if told.by_step else STEPS_PER_EPOCH) == 0 and step < RATE_STEPS:
            decay.step(*([LOSSES[step // STEPS_PER_EPOCH - 1]] if told.kind == "reduce_on_plateau" else []))
    return np.array(found)


def _scheduler(told: Told, optimizer: torch.optim.Optimizer) -> schedulers.LRScheduler | None:
    """Return PyTorch's scheduler for these words; e is how often it has been stepped, `end` how often it will be."""
    end = RATE_STEPS if told.by_step else EPOCHS
    match told.kind, told.settings:
        case "constant", _:
            return None
        case "inverse_time", {"rate": rate}:
            return schedulers.LambdaLR(optimizer, lambda e: 1 / (1 + rate * e))
        case "sqrt", {"k": k}:
            return schedulers.LambdaLR(optimizer, lambda e: k / (e + 1) ** 0.5)
        case "exponential", {"base": base}:
            return schedulers.ExponentialLR(optimizer, gamma=base)
        case "staircase", {"factor": factor, "every": every}:
            return schedulers.StepLR(optimizer, step_size=every, gamma=factor)
        case "manual", {"rates": (first, second)}:
            factor = first.rate / told.initial  # the table's rates fall by one factor
            return schedulers.MultiStepLR(optimizer, milestones=[first.epoch, second.epoch], gamma=factor)
        case "linear", {"final": final}:
            return schedulers.LinearLR(optimizer, start_factor=1.0, end_factor=final, total_iters=end)
        case "cosine", {"final": final}:
            return schedulers.CosineAnnealingLR(optimizer, T_max=end, eta_min=final * told.initial)
        case "one_cycle", {"peak": peak, "final": final, "warm": warm}:
            return schedulers.OneCycleLR(
                optimizer, max_lr=peak * told.initial, total_steps=end, pct_start=warm, div_factor=peak,
                final_div_factor=1 / final, cycle_momentum=False,
            )  # fmt: skip
        case "reduce_on_plateau", {"factor": factor, "patience": patience, "threshold": threshold}:
            return schedulers.ReduceLROnPlateau(optimizer, factor=factor, patience=patience, threshold=threshold, eps=0)
    raise ValueError(told.kind)
