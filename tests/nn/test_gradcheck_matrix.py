from itertools import product

import numpy as np
import pytest

from dlrun.nn.gradcheck import GREAT, check_gradient
from dlrun.nn.gradcheck_matrix import PENALTIES, cases
from dlrun.nn.layers import Layer
from dlrun.nn.losses import Loss
from dlrun.nn.penalties import Penalty
from tests.laws import members


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


@pytest.mark.parametrize("seed", [0, 1])
def test_backward_is_the_gradient_of_forward_in_every_case(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    errors = {}
    for case in cases(seed):
        check = check_gradient(case.network, case.loss, case.penalties, case.x, case.y)
        assert all(block.compared + block.set_aside > 0 for block in check.blocks)
        assert sum(block.set_aside for block in check.blocks) == 0, f"{case.name} begins on a kink"
        errors[case.name] = check.relative_error
    worst = max(errors, key=errors.__getitem__)
    with capsys.disabled():
        print(f"\n{len(errors)} gradient checks, largest relative error {errors[worst]:.1e} ({worst})")
    assert errors[worst] <= GREAT


def test_the_gradients_compared_are_not_all_zero() -> None:
    """Two zeros agree: a case whose layers pass nothing on would prove nothing."""
    for case in cases():
        check_gradient(case.network, case.loss, case.penalties, case.x, case.y)
        for name, view in case.network.params.views.items():
            assert np.linalg.norm(view.grad) > 1e-6, f"{case.name}: {name}"
