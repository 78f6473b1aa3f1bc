"""What the numbers of a spec mean, in sentences: drawn from the `meaning` of `dlrun show`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from dlrun.report.comments import facts, print_section
from dlrun.report.terminal import table_of

Tree = Mapping[str, Any]


def print_meaning(tree: Tree, out: Console) -> None:
    """Print a row for every number that means something elsewhere, then how the weights begin."""
    print_section(out, "What the numbers mean", facts(_rows(tree)), "", _weights(tree["layers"]))


def _rows(tree: Tree) -> Iterator[tuple[str, str]]:
    told, kind, steps = tree["meaning"], tree["spec"]["optimizer"]["kind"], f"{tree['steps_per_epoch']:,} steps"
    if l2 := told["l2"]:
        yield from zip(("l2", "", ""), _l2(l2, kind, steps), strict=False)
    if l1 := told["l1"]:
        yield "l1", _l1(l1, kind)
    if decay := told["weight_decay"]:
        yield from zip(("weight_decay", ""), _decay(decay, steps), strict=True)
    if momentum := told["momentum"]:
        yield from zip(("momentum", ""), _momentum(momentum), strict=True)
    for average in told["averages"]:
        name = average["key"].rpartition(".")[2]
        yield name, f"averages about 1/(1 − β) = {average['memory']:,.4g} {average['of']}"
    if norm := told["batch_norm"]:
        yield "batch norm", _batch_norm(norm)
    yield "first loss", _first_loss(told["initial_loss"])


def _l2(l2: Tree, kind: str, steps: str) -> Iterator[str]:
    factors = f"1 − αλ/m = {l2['per_step']:.9g} a step, {l2['per_epoch']:.6g} an epoch of {steps}"
    caveat = f"; {kind} divides that gradient by √v, like any other" if l2["adaptive"] else ""
    yield f"under plain descent at α = {l2['rate']:g} W is multiplied by {factors}{caveat}"
    of = "W and b" if l2["include_bias"] else "W alone"
    theirs = f"PyTorch: weight_decay = λ/m = {l2['pytorch_weight_decay']:.6g}, given to {of}, in SGD and in Adam"
    yield f"{theirs}, which add it to the gradient as here; AdamW would shrink them by it directly"
    if (alpha := l2["scikit_learn_alpha"]) is not None:
        why = "λ" if alpha == l2["strength"] else "λ/2"
        halved = "" if why == "λ" else ", and halves its squared error"
        yield f"scikit-learn: alpha = {why} = {alpha:g} with the same batch size: it divides by the batch too{halved}"


def _l1(l1: Tree, kind: str) -> str:
    caveat = f"; {kind} divides that gradient by √v, like any other" if l1["adaptive"] else ""
    step = f"αλ/(2m) = {l1['per_step']:.4g}"
    return f"under plain descent at α = {l1['rate']:g} every weight moves {step} a step towards zero{caveat}"


def _decay(decay: Tree, steps: str) -> Iterator[str]:
    factors = f"1 − α · weight_decay = {decay['per_step']:.9g} a step, {decay['per_epoch']:.6g} an epoch of {steps}"
    yield f"at α = {decay['rate']:g} W is multiplied by {factors}, whatever its gradient"
    yield "PyTorch: the same number in AdamW, given to W alone"


def _momentum(momentum: Tree) -> Iterator[str]:
    rate, share = f"{momentum['classical_rate']:.4g}", f"{1 - momentum['beta']:.4g}"
    yield f"v = βv + (1 − β)g here; where v = βv + g (PyTorch) the same rate is called α(1 − β) = {rate}"
    yield f"a rate from there is divided by 1 − β = {share} to be one here"


def _batch_norm(norm: Tree) -> str:
    theirs = f"running_beta {norm['running_beta']:g} is PyTorch's momentum = {norm['pytorch_momentum']:.4g}"
    return f"{theirs}; there averages begin at (0, 1) and hold the unbiased variance, here they are corrected for their start"


def _first_loss(loss: Tree) -> str:
    zero = f"ln {loss['n_classes']} = {loss['zero_logits']:.4f}" if loss["n_classes"] else f"{loss['zero_logits']:.4f}"
    return f"{loss['drawn']:.4f} in the first step; it would be {zero} if all outputs were 0"


def _weights(rows: Sequence[Tree]) -> Table:
    table = table_of("weights", "begin as", "with deviation", "drawn", right=(3,))
    for row in rows:
        if row["init"]:
            table.add_row(row["names"][0], row["init"], row["formula"], f"{row['deviation']:.4g}")
    return table
