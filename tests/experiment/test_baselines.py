from pathlib import Path

import numpy as np
import pytest

from dlrun.experiment.baselines import baselines, usual_loss
from dlrun.experiment.judgement import judge
from dlrun.experiment.setup import Experiment, set_up
from dlrun.nn.losses import SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from dlrun.spec import read_text
from tests.experiments import REGRESSION, SMALL, experiment, train_run, write_table

BLOBS = """
seed: 1
data: {source: {kind: blobs, examples: 600}, split: {train: 400, dev: 200, test: 0}}
architecture: {hidden: [8]}
"""


def found(made: Experiment) -> dict[str, float]:
    assert made.splits.dev
    return {one.kind: one.error.value for one in baselines(made, judge(made, made.splits.dev))}


def test_a_line_between_clouds_is_found() -> None:
    made = set_up(read_text(BLOBS, []))
    errors = found(made)
    assert list(errors) == ["most_frequent", "softmax_regression"]
    assert errors["most_frequent"] > 0.4
    assert errors["softmax_regression"] < 0.2
    assert found(set_up(read_text(BLOBS, []))) == errors


def test_nothing_of_the_run_is_touched(tmp_path: Path) -> None:
    made = experiment(tmp_path, SMALL)
    before = made.network.params.theta.copy()
    found(made)
    assert np.array_equal(before, made.network.params.theta)


def test_least_squares_fit_a_plane(tmp_path: Path) -> None:
    write_table(tmp_path)
    made = experiment(tmp_path, REGRESSION)
    errors = found(made)
    assert list(errors) == ["mean", "linear_regression"]
    assert errors["linear_regression"] < 0.02 * errors["mean"]


def test_a_network_without_hidden_layers_is_one_itself(tmp_path: Path) -> None:
    assert list(found(experiment(tmp_path, SMALL, "architecture.hidden=[]", "regularization.keep_prob=1"))) == ["most_frequent"]


def test_differences_are_paired(tmp_path: Path) -> None:
    run, diagnosis = train_run(tmp_path, SMALL, "training.epochs=0")
    for one in diagnosis.beside.baselines:
        assert diagnosis.errors.dev
        assert one.difference.value == pytest.approx(diagnosis.errors.dev.value - one.error.value)
        assert one.difference.low <= one.difference.value <= one.difference.high
    assert "better than" in diagnosis.notes[0] or "worse than" in diagnosis.notes[0]
    assert run.paths.diagnosis.exists()


def test_inputs_of_any_size_do_no_harm(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = 1e4 * rng.normal(size=(200, 3)).astype(np.float32)
    np.savez(tmp_path / "large.npz", x=x, y=(x[:, 0] > 0).astype(np.int64))
    spec = f"data: {{source: {{kind: npz, path: {tmp_path}/large.npz}}, normalize: none}}\narchitecture: {{hidden: [2]}}\n"
    assert found(set_up(read_text(spec, [])))["softmax_regression"] < 0.2


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SigmoidCrossEntropy()])
def test_the_usual_loss_is_the_entropy_of_the_labels(loss: SoftmaxCrossEntropy | SigmoidCrossEntropy) -> None:
    made = set_up(read_text(BLOBS, []))
    shares = np.bincount(made.splits.train.y) / len(made.splits.train)
    classes = len(shares)
    if loss.n_outputs(classes) == classes or classes == 2:
        assert usual_loss(loss, made.splits.train, classes) == pytest.approx(-(shares * np.log(shares)).sum())


def test_the_usual_loss_of_a_standardized_target_is_its_variance(tmp_path: Path) -> None:
    write_table(tmp_path)
    made = experiment(tmp_path, REGRESSION)
    assert usual_loss(SquaredError(), made.splits.train, 0) == pytest.approx(1.0)
