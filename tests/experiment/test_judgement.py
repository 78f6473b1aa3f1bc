from typing import Any, get_args

import numpy as np
import pytest

from dlrun.data.splits import Examples
from dlrun.experiment import judgement
from dlrun.experiment.judgement import judge_network
from dlrun.kernels import NUMPY
from dlrun.nn.initializers import He
from dlrun.nn.layers import Dense
from dlrun.nn.losses import Loss, SoftmaxCrossEntropy
from dlrun.nn.network import Network
from tests.laws import kind, peak_bytes


def network(n_in: int, n_out: int) -> Network:
    made = Network([Dense(units=n_out, init=He())], n_in, 1024, "float32", NUMPY)
    made.initialize(1)
    return made


def examples(m: int, n_in: int, classes: int) -> Examples:
    rng = np.random.default_rng(0)
    y: Any = rng.integers(classes, size=m) if classes else rng.standard_normal(m).astype(np.float32)
    return Examples(x=rng.standard_normal((m, n_in)).astype(np.float32), y=y, ids=np.arange(m))


@pytest.mark.parametrize("loss", [cls() for cls in get_args(Loss)], ids=kind)
@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_how_many_losses_are_taken_at_once_changes_no_bit(loss: Any, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    classes = 0 if loss.regression else 2
    net, part = network(5, loss.n_outputs(classes)), examples(100, 5, classes)
    monkeypatch.setattr(judgement, "ROWS", rows)
    judged = judge_network(net, loss, part, error_unit=1.0, seed=1)
    assert judged.losses.tobytes() == loss.each(judged.z, part.y).tobytes()


def test_a_large_part_takes_little_more_than_its_outputs() -> None:
    net, part = network(2, 100), examples(50_000, 2, 100)
    outputs = 50_000 * 100 * 4
    peak = peak_bytes(lambda: judge_network(net, SoftmaxCrossEntropy(), part, error_unit=1.0, seed=1))
    assert peak < 1.6 * outputs
