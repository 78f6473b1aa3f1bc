"""Rules about the network: how weights begin, what is dropped, which settings are used."""

from dlrun.experiment.preview.advised import Found, Said
from dlrun.experiment.preview.layers import LayerRow, layer_rows
from dlrun.experiment.setup import Experiment
from dlrun.nn.initializers import Auto
from dlrun.spec import Architecture, KeepProbs
from dlrun.spec.differences import in_words

DIFFERENT_SIZES = 4  # times as many parameters: layers that the course would give another keep_prob
FEWEST_INPUTS = 0.5


def init_before_relu(experiment: Experiment) -> Found:
    """Suggest He before relu, which keeps the size of a signal, and random weights instead of zeros."""
    hidden = [row for row in layer_rows(experiment.network) if row.kind == "hidden"]
    unlike = [k for k, row in enumerate(hidden) if _unlike_he(row)]
    if not unlike:
        return None
    own = {k for k, layer in enumerate(experiment.spec.architecture.hidden) if layer.init is not None}
    patch = {f"architecture.hidden.{k}.init": "auto" for k in unlike if k in own}
    patch |= {} if own.issuperset(unlike) else {"architecture.init": "auto"}
    number, row = unlike[0] + 1, hidden[unlike[0]]
    if row.init == "zeros":
        reason = f"the course begins with small random weights: with zeros the units of hidden layer {number} stay all alike"
    else:
        reason = (
            f"the course draws weights before {row.activation} with variance 2/n_in (he): {row.init} gives hidden layer {number} "
            f"a deviation of {row.deviation:.3g} instead of {_he(row):.3g}"
        )
    return Said(reason, patch)


def dropout_by_size(experiment: Experiment) -> Found:
    """Suggest a smaller keep_prob where there are many parameters, a larger one where there are few."""
    told = experiment.spec.regularization.keep_prob
    hidden = [row for row in layer_rows(experiment.network) if row.kind == "hidden"]
    own = any(layer.keep_prob is not None for layer in experiment.spec.architecture.hidden)
    keeps, sizes = {row.keep_prob for row in hidden}, [row.parameters for row in hidden]
    if own or len(keeps) != 1 or keeps == {1.0} or max(sizes) < DIFFERENT_SIZES * min(sizes):
        return None
    keep = keeps.pop()
    each = [keep if DIFFERENT_SIZES * size > max(sizes) else round((1 + keep) / 2, 3) for size in sizes]
    key = "regularization.keep_prob" + (".hidden" if isinstance(told, KeepProbs) else "")
    counts = ", ".join(f"{size:,}" for size in sizes)
    reason = (
        "the course keeps fewer units where there are many parameters: "
        f"keep_prob {keep:g} is one for layers of {counts} parameters"
    )
    return Said(reason, {key: f"[{','.join(f'{k:g}' for k in each)}]"})


def keeps_its_inputs(experiment: Experiment) -> Found:
    """Suggest to keep the inputs, or nearly all of them."""
    told = experiment.spec.regularization.keep_prob
    if not isinstance(told, KeepProbs) or told.input >= FEWEST_INPUTS:
        return None
    reason = f"the course keeps all inputs, or 0.9 of them: keep_prob.input is {told.input:g}, more than half are switched off"
    return Said(reason, {"regularization.keep_prob.input": "0.9"})


def settings_in_use(experiment: Experiment) -> Found:
    """Say which settings for all hidden layers none of them uses, because each has its own."""
    told, default = experiment.spec.architecture, Architecture()
    idle = [
        name
        for name in ("activation", "batch_norm")  # not init, which is the output layer's too
        if getattr(told, name) != getattr(default, name) and all(getattr(layer, name) is not None for layer in told.hidden)
    ]
    if not idle:
        return None
    keys = " and ".join(f"architecture.{name}" for name in idle)
    patch = {f"architecture.{name}": in_words(getattr(default, name)) for name in idle}
    return Said(f"{keys} is used by no layer: every hidden layer has its own, so that the one for all can go", patch)


def _unlike_he(row: LayerRow) -> bool:
    """Say whether weights are all 0, drawn for another activation, or more than twice as large or as small as He's."""
    if row.init == "zeros":
        return True
    if row.activation not in Auto.relu_like or row.deviation is None:
        return False
    return row.init == "xavier" or (row.init == "normal" and not 0.5 <= row.deviation / _he(row) <= 2)


def _he(row: LayerRow) -> float:
    return float((2 / row.n_in) ** 0.5)
