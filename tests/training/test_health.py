"""Health against naive formulas in float64: norms around an update, activations, dead and saturated shares."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dlrun.arrays import Array
from dlrun.data.preprocessing import Standard
from dlrun.data.sources import Blobs
from dlrun.data.splits import Splits, prepare
from dlrun.data.splitting import Split
from dlrun.kernels import NUMPY
from dlrun.nn.constraints import Clip, MaxNorm
from dlrun.nn.layers import BatchNorm, Dense, Dropout, Gelu, Layer, LeakyRelu, Relu, Sigmoid, Tanh
from dlrun.nn.losses import SoftmaxCrossEntropy
from dlrun.nn.network import Network
from dlrun.nn.optimizers import NAdam
from dlrun.nn.penalties import L2
from dlrun.nn.schedules import LearningRate
from dlrun.training.health import LARGEST_COPY, Health, LayerHealth, stride
from dlrun.training.loop import train
from dlrun.training.plan import Plan
from dlrun.training.state import State
from tests.laws import peak_bytes

LAYERS: list[Layer] = [
    Dropout(keep_prob=0.9),
    Dense(units=9), Relu(), Dropout(keep_prob=0.8),
    Dense(units=7, bias=False), BatchNorm(), Tanh(),
    Dense(units=6), Sigmoid(),
    Dense(units=5), LeakyRelu(),
    Dense(units=3),
]  # fmt: skip


def made(layers: Sequence[Layer], dev: int = 70, max_batch: int = 32, dtype: str = "float64") -> tuple[Network, Splits]:
    told = Split(train=96, dev=dev, test=0)
    splits = prepare(Blobs(examples=200, centers=3), told, Standard(), regression=False, seed=1, dtype=dtype)  # type: ignore[arg-type]
    network = Network(layers, splits.train.x.shape[1], max_batch, dtype, NUMPY)
    network.initialize(3)
    return network, splits


def plan(**changes: object) -> Plan:
    base = Plan(
        seed=3, epochs=2, batch_size=32, loss=SoftmaxCrossEntropy(), penalties=(L2(strength=1.0, m=32),), optimizer=NAdam(),
        learning_rate=LearningRate(initial=0.1), evaluate_every=3, clip=Clip(norm=0.5),
        max_norm=MaxNorm(limit=1.5, blocks=("W1", "W2")),
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def rms(a: Array) -> float:
    return math.sqrt((a**2).mean())


def test_rows_are_those_of_naive_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    network, splits = made(LAYERS)
    assert splits.dev
    views = network.params.views
    views["b1"].value[:4] = -50  # four units that no example switches on
    views["W3"].value[...] *= 30  # and a layer that saturates
    before: dict[str, Array] = {}
    gradients: dict[str, Array] = {}
    step = NAdam.step

    def noting(self: NAdam, *words: object, **more: object) -> None:
        before.update({name: view.value.copy() for name, view in views.items()})
        gradients.update({name: view.grad.copy() for name, view in views.items()})  # clipped and with the penalty
        step(self, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(NAdam, "step", noting)
    told = plan()
    steps = train(network, told, splits, State.start(network.params, told.optimizer, 3))
    for done in steps:
        if not done.evaluation:
            assert done.layers == ()
            continue
        outputs = {id(p): output.copy() for p, output in network.outputs(splits.dev.x[:32])}
        for start in (32, 64):
            for p, output in network.outputs(splits.dev.x[start : start + 32]):
                outputs[id(p)] = np.concatenate([outputs[id(p)], output])
        a1, a2, a3, a4, z = (outputs[id(network.placed[k])] for k in (2, 6, 8, 10, 11))
        assert len(z) == 70
        assert [row.layer for row in done.layers] == ["hidden 1", "hidden 2", "hidden 3", "hidden 4", "output"]
        for k, (row, a) in enumerate(zip(done.layers, (a1, a2, a3, a4, z), strict=True), start=1):
            W = views[f"W{k}"].value
            assert row.weight_norm == pytest.approx(np.linalg.norm(W), rel=1e-12)
            assert row.gradient_norm == pytest.approx(np.linalg.norm(gradients[f"W{k}"]), rel=1e-12)
            assert row.update_norm == pytest.approx(np.linalg.norm(W - before[f"W{k}"]), rel=1e-9)
            assert row.activation_norm == pytest.approx(rms(a), rel=1e-12)
        assert [row.dead for row in done.layers] == [(a1 == 0).all(axis=0).mean(), None, None, None, None]
        assert done.layers[0].dead >= 4 / 9  # type: ignore[operator]
        saturated = [None, (np.abs(a2) > 0.99).mean(), ((a3 < 0.01) | (a3 > 0.99)).mean(), None, None]
        assert [row.saturated for row in done.layers] == saturated
        assert done.layers[2].saturated > 0.1  # type: ignore[operator]


def test_without_a_dev_part_the_first_chunk_of_train_is_looked_at() -> None:
    network, splits = made([Dense(units=4), Relu(), Dense(units=3)], dev=0, max_batch=40)
    told = plan(penalties=(), clip=None, max_norm=None)
    for done in train(network, told, splits, State.start(network.params, told.optimizer, 3)):
        if done.layers:
            assert done.layers[1].activation_norm == pytest.approx(rms(network.forward(splits.train.x[:40])), rel=1e-12)


def test_looking_changes_no_bit_of_training_nor_of_metrics() -> None:
    rows, thetas = [], []
    for look in (True, False):
        network, splits = made(LAYERS, dtype="float32")
        with pytest.MonkeyPatch.context() as patch:
            if not look:
                patch.setattr(Health, "before_update", lambda self: None)
                patch.setattr(Health, "after_update", lambda self: None)
                patch.setattr(Health, "watch", lambda self, placed, output: None)
                patch.setattr(Health, "layers", lambda self: ())
            state = State.start(network.params, NAdam(), 3)
            rows.append([done.evaluation for done in train(network, plan(), splits, state)])
        thetas.append(network.params.theta.tobytes())
    assert rows[0] == rows[1]
    assert thetas[0] == thetas[1]


def test_a_large_matrix_is_sampled_over_all_units_and_scaled_up() -> None:
    network = Network([Dense(units=512), Gelu(), Dense(units=3)], 1000, 8, "float64", NUMPY)
    network.initialize(1)
    health, W = Health(network), network.params.views["W1"].value
    sampled = np.arange(W.size)[:: stride(W.shape)]
    assert LARGEST_COPY / 2 < len(sampled) <= LARGEST_COPY
    assert set(sampled % 512) == set(range(512))
    health.before_update()
    change = np.random.default_rng(1).standard_normal(W.shape) * np.linspace(0, 2, 512)
    W += change
    health.after_update()
    for placed, output in network.outputs(np.ones((8, 1000))):
        health.watch(placed, output)
    row = health.layers()[0]
    assert row.update_norm == pytest.approx(np.linalg.norm(change), rel=0.01)  # an estimate: 1/√(2 · 65,536) of it is noise
    assert row.weight_norm == pytest.approx(np.linalg.norm(W), rel=1e-12)


@pytest.mark.parametrize(
    "shape", [(4, 3), (256, 256), (1, 65_536), (257, 256), (784, 512), (1, 200_000), (200_000, 1), (3000, 30)]
)
def test_up_to_65536_entries_are_all_looked_at(shape: tuple[int, int]) -> None:
    every = stride(shape)
    assert (every == 1) == (math.prod(shape) <= LARGEST_COPY)
    assert math.gcd(every, shape[1]) == 1
    assert -(-math.prod(shape) // every) <= LARGEST_COPY


def test_a_leaky_relu_without_a_slope_can_die_and_no_other() -> None:
    for slope, dead in ((0.0, 1.0), (0.01, None)):
        network, splits = made([Dense(units=4), LeakyRelu(slope=slope), Dense(units=3)])
        network.params.views["b1"].value[...] = -100
        told = plan(learning_rate=LearningRate(initial=1e-6), max_norm=None)
        rows = [
            done.layers for done in train(network, told, splits, State.start(network.params, told.optimizer, 3)) if done.layers
        ]
        assert rows[0][0].dead == dead


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # a run has them off
def test_what_is_too_large_for_a_number_is_none() -> None:
    network, _ = made([Dense(units=4), Relu(), Dense(units=3)], dtype="float32")
    health = Health(network)
    health.before_update()
    network.params.views["W1"].value[...] = 1e30
    health.after_update()
    for placed, output in network.outputs(np.ones((4, 2), np.float32)):
        health.watch(placed, output)
    row = health.layers()[0]
    assert (row.weight_norm, row.update_norm, row.activation_norm, row.dead) == (None, None, None, 0.0)
    assert isinstance(row, LayerHealth)


def test_looking_makes_no_memory_of_the_size_of_a_matrix() -> None:
    network, splits = made([Dense(units=64), Tanh(), Dense(units=64), Relu(), Dense(units=3)])
    health = Health(network)
    outputs = list(network.outputs(splits.train.x[:32]))

    def look() -> None:
        health.before_update()
        health.after_update()
        for placed, output in outputs:
            health.watch(placed, output)

    look()
    assert peak_bytes(look) < 4096
