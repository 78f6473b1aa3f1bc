"""Interrupted and resumed is uninterrupted, byte for byte, whatever is trained and wherever it stops."""

import shutil
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.experiment.opening import open_run
from dlrun.experiment.resumption import resume_run
from dlrun.nn.layers import Activation
from dlrun.nn.optimizers import Optimizer
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.laws import kind, members
from tests.proofs.counting import RecordProperty, proof, tries
from tests.proofs.survivors import STEPS_AN_EPOCH, Contents, contents, set_up_in, the_run_in, train_to_the_end, unlike

PLAIN = ("architecture.batch_norm=false", "regularization.keep_prob=1")
TRAINED = {
    "plain": PLAIN,
    "dropout": ("architecture.batch_norm=false", "regularization.keep_prob={input: 0.9, hidden: 0.6}"),
    "batch norm": ("architecture.batch_norm=true", "regularization.keep_prob=1"),
    "label noise": (*PLAIN, "data.label_noise={train: 30%}"),
}
OPTIMIZERS = ("gradient_descent", "momentum", "rmsprop", "adam")
PLACES = {"mid-epoch": STEPS_AN_EPOCH + 2, "epoch end": 2 * STEPS_AN_EPOCH}
DECAYS = (
    "constant", "inverse_time", "exponential", "sqrt", "{kind: staircase, every: 1}", "linear", "cosine", "one_cycle",
    "{kind: manual, rates: [{epoch: 1, rate: 1e-2}]}", "{kind: reduce_on_plateau, patience: 0, factor: 0.5}",
)  # fmt: skip


def trained(directory: Path, overrides: Sequence[str], stops: Sequence[int]) -> RunPaths:
    """Train to the end, with a stop after each of these steps."""
    with open_run(set_up_in(directory, *overrides), directory / "runs") as run:
        for step in run.train():
            if step.step in stops[:1]:
                break
        else:
            run.finish()
    paths = the_run_in(directory / "runs")
    assert paths
    for stop in [*stops[1:], None]:
        if RunRecord.load(paths).status == "completed":
            break
        with resume_run(paths) as run:
            for step in run.train():
                if step.step == stop:
                    break
            else:
                run.finish()
    return paths


def uninterrupted(directory: Path, overrides: Sequence[str]) -> Contents:
    with open_run(set_up_in(directory, *overrides), directory / "whole") as run:
        train_to_the_end(run)
        return contents(run.paths)


@pytest.mark.proof
def test_the_promised_combinations(tmp_path: Path, record_property: RecordProperty) -> None:
    promise = "resume is exact: " + " × ".join(f"{{{', '.join(names)}}}" for names in (OPTIMIZERS, TRAINED, PLACES))
    with proof(record_property, promise, bar="all byte-identical") as row:
        for optimizer, (name, overrides) in product(OPTIMIZERS, TRAINED.items()):
            told = (f"optimizer={optimizer}", *overrides)
            expected = uninterrupted(tmp_path, told)
            for place, stop in PLACES.items():
                paths = trained(tmp_path, told, [stop])
                record = RunRecord.load(paths)
                assert [resumption.step for resumption in record.resumptions] == [stop]
                assert not (wrong := unlike(paths, expected)), (optimizer, name, place, wrong)
                shutil.rmtree(tmp_path / "runs")
                row.cases += 1
            shutil.rmtree(tmp_path / "whole")
        row.figure = "all equal: checkpoints, metrics, steps, layers, predictions, diagnosis"


specs = st.tuples(
    st.sampled_from([f"optimizer={kind(optimizer)}" for optimizer in members(Optimizer)]),
    st.sampled_from([f"architecture.activation={kind(activation)}" for activation in members(Activation)]),
    st.sampled_from([f"learning_rate.decay={decay}" for decay in DECAYS]),
    st.sampled_from(["learning_rate.warmup=0", "learning_rate.warmup=1.5"]),
    st.sampled_from([f"regularization.keep_prob={keep}" for keep in ("1", "0.7", "{input: 0.8, hidden: [0.5]}")]),
    st.sampled_from(["regularization.l2=0", "regularization.l2=1", "regularization.l1=1", "regularization.max_norm=1"]),
    st.sampled_from(["architecture.batch_norm=false", "architecture.batch_norm=true"]),
    st.sampled_from([f"training.batch_size={size}" for size in ("full", 1, 7, 16)]),
    st.sampled_from([f"training.evaluate_every={period}" for period in ("1 epoch", "2 epochs", "3 steps")]),
    st.sampled_from([f"training.early_stopping={told}" for told in ("null", "{patience: 1}", "{patience: 2, watch: cost}")]),
    st.sampled_from(["training.dtype=float32", "training.dtype=float64"]),
    st.sampled_from(["training.clip=null", "training.clip=0.1"]),
    st.sampled_from(["loss=auto", "loss=softmax_cross_entropy", "loss={kind: softmax_cross_entropy, label_smoothing: 0.1}"]),
    st.sampled_from(["training.record_steps=auto", "training.record_steps=3", "training.record_steps=off"]),
    st.sampled_from(["training.checkpoint_every=auto", "training.checkpoint_every=4 steps", "training.checkpoint_every=1 epoch"]),
    st.integers(0, 2**32).map(lambda seed: f"seed={seed}"),
)


@pytest.mark.proof
def test_any_spec_wherever_it_stops(tmp_path: Path, record_property: RecordProperty) -> None:
    with proof(record_property, "resume is exact for any spec, stopped once or several times", bar="all byte-identical") as row:

        @tries(1_000, 25)
        @given(overrides=specs, stops=st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True).map(sorted))
        def check(overrides: tuple[str, ...], stops: list[int]) -> None:
            if "training.batch_size=1" in overrides and "architecture.batch_norm=true" in overrides:
                overrides = tuple(word for word in overrides if word != "training.batch_size=1")
            shutil.rmtree(tmp_path, ignore_errors=True)
            tmp_path.mkdir()
            expected = uninterrupted(tmp_path, overrides)
            assert not unlike(trained(tmp_path, overrides, stops), expected)
            row.cases += 1

        check()
        row.figure = "all equal"
