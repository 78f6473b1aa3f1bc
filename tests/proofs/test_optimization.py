"""Is it training at all? Tiny tasks with one planted fault each, or none: the finding at the front names it."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from dlrun.errors import Diverged, DlrunError
from dlrun.experiment.opening import open_run
from dlrun.experiment.setup import Experiment, set_up
from dlrun.experiment.stored import stored_diagnosis
from dlrun.rundir.paths import RunPaths
from dlrun.spec import read_spec
from tests.experiments import write_spec
from tests.proofs.counting import RecordProperty, cases, proof

FULL, FEW = 100, 20
BAR = "the finding at the front is right in ≥ 95 %"
SPEC = """
    data:
      source: {kind: moons, examples: 400, noise: 0.15}
      split: {train: 250, dev: 150, test: 0}
      checks: "off"
    architecture: {hidden: [12, 12]}
    learning_rate: 5e-3
    training: {epochs: 30, batch_size: 25}
    diagnosis: {target_error: 2%, tolerance: 5%}
"""
DESCENT = "optimizer=gradient_descent"

Fault = Callable[[Experiment], None]


def found(directory: Path, overrides: list[str], plant: Fault | None = None) -> str:
    """Train, and return the kind of the finding at the front: `diverged` for a run that did, nothing for none."""
    experiment = set_up(read_spec(write_spec(directory, SPEC), overrides))
    if plant:
        plant(experiment)
    try:
        with open_run(experiment, directory / "runs") as run:
            for _ in run.train():
                pass
            findings = run.finish().trouble
    except Diverged:
        return "diverged"
    return findings[0].kind if findings else ""


def too_high(random: Random) -> list[str]:
    rate = f"learning_rate.initial={10 ** random.uniform(0.7, 1.3):.3g}"
    way = random.choice([[DESCENT], [DESCENT, "training.batch_size=full", "training.epochs=150"], ["optimizer=adam"]])
    return [*way, rate]


def too_low(random: Random) -> list[str]:
    if random.random() < 0.5:
        return [f"learning_rate.initial={10 ** random.uniform(-7, -5):.3g}"]
    return [DESCENT, f"learning_rate.initial={10 ** random.uniform(-5, -3):.3g}"]


def deep_sigmoid(random: Random) -> list[str]:
    hidden = f"architecture.hidden={[12] * random.randint(8, 10)}"
    rate = "learning_rate.initial=0.1"
    way = random.choice([["learning_rate.initial=2e-3"], [DESCENT, rate], ["optimizer=momentum", rate]])
    return [hidden, "architecture.activation=sigmoid", *way]


def dying(random: Random) -> list[str]:
    return [random.choice(["optimizer=adam", "optimizer=rmsprop"])]


def kill(experiment: Experiment) -> None:
    """Push the units of the second layer so far below zero that no example switches them on."""
    experiment.network.params.views["b2"].value[...] = -20


def healthy(random: Random) -> list[str]:
    source = random.choice(["{kind: moons, examples: 400, noise: 0.15}", "{kind: circles, examples: 400, noise: 0.05}"])
    return [f"data.source={source}", *random.choice(HEALTHY)]


HEALTHY: tuple[list[str], ...] = (
    [],
    ["architecture.activation=tanh"],
    ["architecture.activation=leaky_relu"],
    ["architecture.batch_norm=true"],
    ["regularization.keep_prob=0.9"],
    ["regularization.l2=0.05"],
    ["architecture.hidden=[12,12,12,12,12,12]"],
    ["architecture.hidden=[12,12,12,12,12,12]", "architecture.activation=sigmoid", "architecture.batch_norm=true"],
    ["architecture.hidden=[32]"],
    ["learning_rate.decay=cosine"],
    ["learning_rate={initial: 1e-3, decay: one_cycle}"],
    ["optimizer=momentum", "learning_rate.initial=0.1"],
    ["optimizer=rmsprop"],
    ["optimizer=gradient_descent", "learning_rate.initial=0.1", "training.epochs=60"],
    ["optimizer=gradient_descent", "learning_rate.initial=0.2", "training.batch_size=full", "training.epochs=400"],
    ["learning_rate.initial=1e-2", "training.batch_size=full", "training.epochs=200"],
    ["training.early_stopping={patience: 5}"],
)
Task = tuple[Callable[[Random], list[str]], Fault | None, set[str]]
TASKS: dict[str, Task] = {
    "a rate too high": (too_high, None, {"rate_too_high", "cost_rises", "diverged"}),
    "a rate too low": (too_low, None, {"rate_too_low"}),
    "vanishing gradients (a deep net of sigmoids)": (deep_sigmoid, None, {"vanishing_gradients"}),
    "dead units": (dying, kill, {"dead_units"}),
    "nothing wrong": (healthy, None, {""}),
}


@pytest.mark.proof
@pytest.mark.parametrize("task", TASKS)
def test_what_is_wrong_with_the_training_is_named(task: str, tmp_path: Path, record_property: RecordProperty) -> None:
    drawn, plant, right = TASKS[task]
    promise = f"a task built to have {task}: " + ("no alarm" if right == {""} else "that is what is named first")
    with proof(record_property, promise, bar="no alarm in ≥ 95 %" if right == {""} else BAR) as row:
        told = Counter[str]()
        for seed in range(cases(FULL, FEW)):
            told[found(tmp_path, [*drawn(Random(seed)), f"seed={seed}"], plant)] += 1
            row.cases += 1
        row.figure = ", ".join(f"{kind or 'nothing'} {count}" for kind, count in told.most_common())
        assert sum(told[kind] for kind in right) >= 0.95 * row.cases, row.figure


@pytest.mark.proof
def test_numbers_that_are_none_are_never_called_overfitting(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = "those that diverged have no bias and no variance; optimization comes first in the others"
    with proof(record_property, "a run whose numbers stop being finite is called diverged", bar=bar) as row:
        diverged = 0
        for seed in range(cases(FULL, FEW)):
            rate = f"learning_rate.initial={10 ** Random(seed).uniform(6, 30):.3g}"
            home = tmp_path / str(seed)
            home.mkdir()
            if found(home, [DESCENT, rate, f"seed={seed}"]) == "diverged":
                diverged += 1
                with pytest.raises(DlrunError, match="optimization, and nothing else can be said: this run diverged at step"):
                    stored_diagnosis(only_run(home))
                assert not only_run(home).diagnosis.exists()
            else:
                assert stored_diagnosis(only_run(home)).verdict[0] == "optimization"
            row.cases += 1
        row.figure = f"{diverged} diverged and say so, {row.cases - diverged} ended with optimization named first"


def only_run(home: Path) -> RunPaths:
    return RunPaths(next(path for path in (home / "runs").iterdir() if not path.is_symlink()))
