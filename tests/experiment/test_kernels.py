"""Which kernels a run uses, and that it matters to nobody who comes after."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from dlrun.errors import InvalidInput
from dlrun.experiment import kernels
from dlrun.experiment.kernels import STARTING, WITHOUT_TAPES, choose_kernels, seconds_saved
from dlrun.experiment.opening import open_run
from dlrun.experiment.setup import set_up
from dlrun.experiment.stored import reopen
from dlrun.kernels import NUMPY
from dlrun.nn.architecture import Hidden, stack
from dlrun.nn.initializers import Auto
from dlrun.nn.layers import Activation, Relu, Tanh
from dlrun.nn.network import Placed, place
from dlrun.spec import read_spec
from tests.experiments import SMALL, experiment, train_run, write_spec
from tests.proofs.survivors import contents, go_on, unlike

DEEP = SMALL.replace("[8]", "[8, {units: 6, activation: gelu, batch_norm: true}]")
NUMBA = "training.kernels=numba"


def network(*units: int, n_in: int = 784, activation: Activation | None = None) -> tuple[Placed, ...]:
    hidden = [Hidden(units=n, activation=activation or Relu(), init=Auto(), batch_norm=None, keep_prob=1.0) for n in units]
    return place(stack(hidden, 10, init=Auto()), n_in)


def chosen(directory: Path, steps: int, *overrides: str) -> str:
    return choose_kernels(read_spec(write_spec(directory), overrides), network(128), 128, steps)


def test_numba_is_chosen_where_its_steps_pay_for_its_start(tmp_path: Path) -> None:
    enough = int(STARTING / seconds_saved(network(128), 128, 2))
    assert chosen(tmp_path, enough - 1) == "numpy"
    assert chosen(tmp_path, enough + 2) == "numba"
    assert chosen(tmp_path, enough + 2, "training.kernels=numpy") == "numpy"
    assert chosen(tmp_path, 0, NUMBA) == "numba"


def test_without_tapes_numba_must_save_what_importing_it_takes(tmp_path: Path) -> None:
    """No tape can hold a step with tanh, or one in which classes weigh differently."""
    weighted = "loss={kind: softmax_cross_entropy, class_weights: balanced}"
    enough = int(WITHOUT_TAPES / seconds_saved(network(128), 128, 2))
    assert chosen(tmp_path, enough - 1) == "numba"
    assert chosen(tmp_path, enough - 1, weighted) == "numpy"
    assert chosen(tmp_path, enough + 2, weighted) == "numba"
    tanh = network(128, activation=Tanh())
    assert [choose_kernels(read_spec(write_spec(tmp_path)), tanh, 128, enough + k) for k in (-1, 2)] == ["numpy", "numba"]


def test_the_larger_the_network_the_more_a_step_saves() -> None:
    sizes = [network(64, n_in=64), network(128), network(512, 512), network(2048, 2048)]
    saved = [seconds_saved(placed, 128, 2) for placed in sizes]
    assert saved == sorted(saved)
    assert seconds_saved(sizes[1], 128, 0) < seconds_saved(sizes[1], 128, 1) < seconds_saved(sizes[1], 512, 1)


def test_without_numba_auto_is_numpy_and_numba_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "numba_is_installed", lambda: False)
    assert chosen(tmp_path, 10**9) == "numpy"
    with pytest.raises(InvalidInput) as raised:
        chosen(tmp_path, 1, NUMBA)
    (problem,) = raised.value.problems
    assert problem.what == "training.kernels is numba, which is not installed"
    assert "pip install 'dlrun[fast]'" in problem.cure


def test_a_numba_that_cannot_be_imported_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlrun.kernels.playing.entrance.is_kept", lambda dtype: False)
    monkeypatch.setitem(sys.modules, "dlrun.kernels.numba_column", None)
    with pytest.raises(InvalidInput) as raised:
        set_up(read_spec(write_spec(tmp_path), [NUMBA]))
    (problem,) = raised.value.problems
    assert problem.what.startswith("training.kernels is numba, which cannot be imported: ")
    assert problem.cure == "-s training.kernels=numpy"
    looked_at = set_up(read_spec(write_spec(tmp_path), [NUMBA]), kernels=NUMPY)
    assert looked_at.spec.training.kernels == "numba"


def test_a_run_trained_with_numba_is_judged_the_same_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_run(experiment(tmp_path, DEEP, NUMBA), tmp_path / "runs") as run:
        list(run.train())
        run.finish()
    paths, trained = run.paths, run.experiment.network
    assert trained.kernels.name == "numba"
    provenance = json.loads(paths.provenance.read_text())
    assert provenance["kernels"] == "numba"
    assert {"numba", "llvmlite"} <= provenance["versions"].keys()
    assert "kernels: numba" in paths.resolved.read_text()
    monkeypatch.setitem(sys.modules, "dlrun.kernels.numba_column", None)
    again = reopen(paths)
    assert again.network.kernels == NUMPY
    x = again.splits.dev.x  # type: ignore[union-attr]
    np.testing.assert_array_equal(again.network.forward(x), trained.forward(x))


def test_both_kinds_train_to_nearly_the_same(tmp_path: Path) -> None:
    costs = []
    for name in ("numpy", "numba"):
        (tmp_path / name).mkdir()
        run, _ = train_run(tmp_path / name, DEEP, f"training.kernels={name}")
        rows = run.paths.metrics.read_text().splitlines()[1:]
        costs.append([float(row.split(",")[3]) for row in rows])
    np.testing.assert_allclose(costs[0], costs[1], rtol=1e-4)


def test_a_run_with_numba_goes_on_byte_for_byte(tmp_path: Path) -> None:
    overrides = (NUMBA, "training.checkpoint_every=5 steps")
    (tmp_path / "whole").mkdir()
    whole, _ = train_run(tmp_path / "whole", DEEP, *overrides)
    with open_run(experiment(tmp_path, DEEP, *overrides), tmp_path / "runs") as run:
        for step in run.train():
            if step.step == 9:
                break
    assert go_on(run.paths).status == "completed"
    assert unlike(run.paths, contents(whole.paths)) == []
