from itertools import product

import numpy as np
import pytest

from dlrun.kernels import NUMPY, Kernels
from dlrun.nn.gradcheck import GREAT, check_gradient
from dlrun.nn.gradcheck_matrix import PENALTIES, Case, cases
from dlrun.nn.layers import Layer
from dlrun.nn.losses import Loss
from dlrun.nn.penalties import Penalty
from tests.laws import each_column, loss_of, members


def test_the_matrix_is_every_ordered_pair_of_layers_by_loss_by_penalty() -> None:
    kinds = [[component.kind for component in members(union)] for union in (Layer, Layer, Loss)]
    expected = {f"{first}, {second}; {loss}; {p}" for first, second, loss, p in product(*kinds, PENALTIES)}
    names = [case.name for case in cases()]
    assert set(names) == expected
    assert len(names) == len(expected)


def test_every_penalty_is_in_the_matrix() -> None:
    tried = {type(penalty) for penalties in PENALTIES.values() for penalty in penalties}
    assert tried == set(members(Penalty))
    assert () in PENALTIES.values()


TWICE_THE_SAME = {f"{layer.kind}, {layer.kind}; {loss.kind}; l2" for layer, loss in product(members(Layer), members(Loss))}


def invariant(case: Case, block: str) -> bool:
    """Say whether the cost may not depend on a block at all: batch norm behind takes biases and scales out again."""
    return "batch_norm" in case.name and not block.startswith("W")


@each_column
def test_backward_is_the_gradient_of_forward_in_every_case(kernels: Kernels, capsys: pytest.CaptureFixture[str]) -> None:
    """Great everywhere, but where the true gradient is zero and rounding is all that is compared.

    The columns agree kernel by kernel, so that here Numba's comes only to every layer behind itself, by every loss.
    """
    errors: dict[str, float] = {}
    of_rounding: dict[str, float] = {}
    for case in cases(seed=1, kernels=kernels):
        if kernels is not NUMPY and case.name not in TWICE_THE_SAME:
            continue
        check = check_gradient(case.network, case.loss, case.penalties, case.x, case.y)
        assert sum(block.set_aside for block in check.blocks) == 0, f"{case.name} begins on a kink"
        assert check.passed
        for block in check.blocks:
            assert block.compared > 0
            found = of_rounding if invariant(case, block.name) else errors
            found[f"{case.name}: {block.name}"] = block.relative_error
    worst = max(errors, key=errors.__getitem__)
    with capsys.disabled():
        print(f"\n{kernels.name}: gradient checks of {len(errors)} blocks: largest relative error {errors[worst]:.1e} ({worst})")
        print(f"and of {len(of_rounding)} that batch norm may make useless: {max(of_rounding.values()):.1e}")
    assert errors[worst] <= GREAT


def test_the_gradients_compared_are_not_all_zero() -> None:
    """Two zeros agree: a case whose layers pass nothing on would prove nothing."""
    for case in cases():
        loss_of(case.network, case.loss, case.x, case.y, np.random.default_rng(0))
        case.network.backward()
        for name, view in case.network.params.views.items():
            assert invariant(case, name) or np.linalg.norm(view.grad) > 1e-6, f"{case.name}: {name}"
