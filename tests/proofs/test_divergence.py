"""Whatever stops being finite while a network trains: it is caught when promised, and never reaches the disk."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf, isfinite, isnan, nan
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from dlrun.data import batches
from dlrun.data.batches import shuffled_rows
from dlrun.errors import Diverged
from dlrun.experiment.opening import open_run
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment, set_up
from dlrun.nn.optimizers import Optimizer
from dlrun.nn.schedules import LearningRate, Progress
from dlrun.rundir.record import RunRecord
from dlrun.spec import read_spec
from tests.experiments import write_spec
from tests.laws import kind, members
from tests.proofs.counting import RecordProperty, cases, proof

SPEC = """
    name: poisoned
    data: {source: {kind: moons, examples: 110}, split: {train: 64, dev: 32, test: 14}, checks: off}
    architecture: {hidden: [6, 5]}
    training: {epochs: 3, batch_size: 16}
"""
STEPS = 12  # four an epoch, an evaluation after each fourth
NETWORKS = {
    "plain": [],
    "dropout": ["regularization.keep_prob={input: 0.9, hidden: 0.7}"],
    "batch norm": ["architecture.batch_norm=true"],
}
ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid", "identity")
EXTRAS: tuple[list[str], ...] = (
    [],
    ["training.clip=1"],
    ["regularization.max_norm=2"],
    ["regularization.l2=1"],
    ["regularization.l1=1"],
)
SITES = ("inputs", "weights", "biases", "gradients", "moments", "averages", "rate", "dev")
VALUES = (nan, inf, -inf, 1e300)


@dataclass(frozen=True)
class Case:
    """A value that is not finite, or too large for float32, put somewhere before step `at`."""

    optimizer: str
    network: str
    site: str
    value: float
    at: int
    dtype: str
    overrides: tuple[str, ...]
    seed: int

    @property
    def finite(self) -> bool:
        """Whether it is a finite number where it is put."""
        return isfinite(self.value) and self.dtype == "float64"

    @property
    def latest(self) -> int:
        """Return the last step that may be named: its own; one more for what an update has to use first; an evaluation's."""
        evaluated = -(-self.at // 4) * 4
        if self.site == "averages":  # training does not read them
            return evaluated
        if self.site == "moments" and not isnan(self.value):  # an infinite second moment only holds its parameter still
            return max(self.at + 1, evaluated)
        used_first = self.site in {"weights", "biases", "moments"} or (self.site == "rate" and isfinite(self.value))
        return self.at + used_first


def drawn(k: int, random: Random) -> Case:
    """Draw the k-th case: optimizers, networks and sites in turn, so that all of them meet; the rest at random."""
    optimizers, networks = [kind(optimizer) for optimizer in members(Optimizer)], list(NETWORKS)
    again, pair = divmod(k, len(optimizers) * len(networks))
    optimizer, network = optimizers[pair // len(networks)], networks[pair % len(networks)]
    without = {"averages"} if network != "batch norm" else set()
    without |= {"moments"} if optimizer == "gradient_descent" else set()
    sites = [site for site in SITES if site not in without]
    site = sites[(again + pair) % len(sites)]
    told = (f"optimizer={optimizer}", *NETWORKS[network], f"architecture.activation={random.choice(ACTIVATIONS)}")
    dtype = random.choice(["float32", "float32", "float64"])
    overrides = (*told, *random.choice(EXTRAS), f"training.dtype={dtype}")
    value, at, seed = random.choice(VALUES), random.randint(1, STEPS), random.randrange(2**32)
    return Case(optimizer, network, site, value, at, dtype, overrides, seed)


def poison(case: Case, experiment: Experiment, run: Run) -> None:
    """Put the value where the case says, before step `at` begins."""
    random, params = Random(case.seed), experiment.network.params
    match case.site:
        case "inputs":
            epoch, first = divmod((case.at - 1) * 16, 64)
            row = shuffled_rows(64, experiment.plan.seed, epoch)[first + random.randrange(16)]
            experiment.splits.train.x[row, random.randrange(2)] = case.value
        case "dev":
            experiment.splits.dev.x[random.randrange(32), random.randrange(2)] = case.value  # type: ignore[union-attr]
        case "weights" | "biases":
            names = [name for name in params.views if name.startswith("W") == (case.site == "weights")]
            _put(params.views[random.choice(names)].value, case.value, random)
        case "moments":
            place = random.choice(list(params.views.values())).place
            _put(run.state.slots[random.choice(list(run.state.slots))][place], case.value, random)
        case "averages":
            _put(random.choice(list(params.stat_views.values())), case.value, random)
        case "gradients":
            _put(random.choice(list(params.views.values())).grad, case.value, random)


def _put(values: Any, value: float, random: Random) -> None:
    values.reshape(-1)[random.randrange(values.size)] = value


@dataclass(frozen=True, kw_only=True)
class PoisonedRate(LearningRate):
    """A schedule that fails at one step."""

    at_step: int = 0
    value: float = nan

    def at(self, progress: Progress) -> float:
        """Return the value at its step, the rate at all others."""
        return self.value if progress.step + 1 == self.at_step else super().at(progress)


def prepared(case: Case, directory: Path) -> Experiment:
    """Return the experiment, with a schedule that fails if the case says so; 1e300 overflows in float32 when it is put."""
    experiment = set_up(read_spec(write_spec(directory, SPEC), case.overrides))
    if case.site != "rate":
        return experiment
    told = experiment.plan.learning_rate
    rate = PoisonedRate(initial=told.initial, decay=told.decay, at_step=case.at, value=case.value)
    return replace(experiment, plan=replace(experiment.plan, learning_rate=rate))


def trained(case: Case, experiment: Experiment, run: Run) -> Iterator[bytes]:
    """Train to the end with the value put in on the way; yield the parameters as they are before step `at`."""
    network, theta = experiment.network, experiment.network.params.theta
    backward: Callable[[], None] = network.backward

    def poisoned_backward() -> None:
        backward()
        if run.state.step + 1 == case.at:
            poison(case, experiment, run)

    if case.site == "gradients":
        network.backward = poisoned_backward  # type: ignore[method-assign]
    steps = run.train()
    for step in range(1, STEPS + 1):
        if step == case.at:
            if case.site != "gradients":
                poison(case, experiment, run)
            yield theta.tobytes()
        next(steps)
    assert next(steps, None) is None
    run.finish()


def faults(case: Case, directory: Path) -> Iterator[str]:
    """Run the case and yield what breaks the promise."""
    experiment, before, end = prepared(case, directory), b"", None
    try:
        with open_run(experiment, directory / "runs") as run:
            for before in trained(case, experiment, run):  # noqa: B007
                pass
    except Diverged as error:
        end = error
    status = RunRecord.load(run.paths).status
    yield from not_finite_on_disk(run.paths.root)
    best = run.state.best
    if best.found and not (isfinite(best.error) and isfinite(best.loss) and np.isfinite(best.theta).all()):
        yield "the best is not finite"
    if end is None:
        if not (case.finite or case.site == "dev") or status != "completed":
            yield f"it trained on, and ended as {status}"
        return
    if end.exit_code != 5 or status != "diverged":
        yield f"exit code {end.exit_code}, status {status}"
    told = re.match(r"diverged at step (\d+) \(epoch \d+\): ", end.problems[0].what)
    if case.site == "dev":  # training reads no dev example: it goes on, and the end of the run has no score to tell
        if run.state.step != STEPS:
            yield f"a dev example ended training: {end}"
        return
    if not case.finite and not (told and case.at <= int(told[1]) <= case.latest):
        yield f"told too early or too late: {end}"
    if not end.problems[0].cure.startswith("-s ") and not case.finite:
        yield f"no cure to type: {end}"
    if told and int(told[1]) == case.at and case.site in {"inputs", "gradients", "rate"}:
        if run.state.step < case.at and experiment.network.params.theta.tobytes() != before:
            yield "the update was made before it was found"
        if not case.finite and run.state.step >= case.at and case.latest == case.at:
            yield "found after the update of its own step"


def not_finite_on_disk(root: Path) -> Iterator[str]:
    """Yield every file that holds what is not a finite number."""
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        match path.suffix:
            case ".csv":
                cells = {cell.lower().lstrip("+-") for row in csv.reader(io.StringIO(path.read_text())) for cell in row}
                bad = bool(cells & {"nan", "inf", "infinity"})
            case ".json":
                constants: list[str] = []
                json.loads(path.read_text(), parse_constant=constants.append)
                bad = bool(constants)
            case ".npz":
                with np.load(path, allow_pickle=False) as file:
                    bad = any(file[name].dtype.kind == "f" and not np.isfinite(file[name]).all() for name in file.files)
            case _:
                bad = False
        if bad:
            yield f"{path.relative_to(root)} holds what is not finite"


@pytest.mark.proof
def test_what_is_not_finite_is_caught_in_time_and_never_on_disk(
    tmp_path: Path, record_property: RecordProperty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 1)  # what is planted in the data counts from the next mini-batch on
    bar = "inputs, gradients, rates in their own step, before the update; parameters and moments before the next update"
    bar += " (an infinite second moment, which only holds its parameter still, before the next row)"
    bar += "; running averages before the next row; a dev score is an empty cell; nothing on disk is not finite, no best is"
    met: Counter[str] = Counter()
    with proof(record_property, "numbers that are not finite end a run in time, and leave nothing of their own", bar=bar) as row:
        random = Random()
        for k in range(cases(480, 120)):
            case = drawn(k, random)
            directory = tmp_path / str(k)
            directory.mkdir()
            found = list(faults(case, directory))
            assert not found, f"{case}: {'; '.join(found)}"
            row.cases += 1
            met[case.site] += 1
        row.figure = "all in time, none on disk; " + ", ".join(f"{site} {met[site]}" for site in SITES)
        assert set(met) == set(SITES), "a site was never tried"
