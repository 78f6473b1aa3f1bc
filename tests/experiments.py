"""Small experiments for tests that need a whole run."""

from pathlib import Path
from random import Random
from textwrap import dedent

from dlrun.diagnosis.ladder import Diagnosis
from dlrun.experiment.opening import open_run
from dlrun.experiment.run import Run
from dlrun.experiment.setup import Experiment, set_up
from dlrun.spec import read_spec

SMALL = """
    seed: 3
    data:
      source: {kind: moons, examples: 300, noise: 0.2}
      split: {train: 200, dev: 60, test: 40}
    architecture: {hidden: [8]}
    regularization: {l2: 0.1, keep_prob: 0.9}
    training: {epochs: 3, batch_size: 32}
"""

REGRESSION = """
    seed: 3
    data:
      source: {kind: csv, path: table.csv, target: y}
      split: {train: 40, dev: 15, test: 5}
    architecture: {hidden: [8], activation: tanh}
    loss: squared_error
    training: {epochs: 3, batch_size: 8}
"""


def write_spec(directory: Path, text: str = SMALL, name: str = "small.yaml") -> Path:
    path = directory / name
    path.write_text(dedent(text))
    return path


def write_table(directory: Path, rows: int = 60) -> Path:
    """Write table.csv: y = 1000 + 50 a − 20 b, far from standardized."""
    path = directory / "table.csv"
    lines = ["a,b,y"] + [f"{k % 7},{k % 5},{1000 + 50 * (k % 7) - 20 * (k % 5)}.5" for k in range(rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_words(path: Path, rows: int, *, seed: int) -> Path:
    """Write a table of words and gaps, the label `yes` for old or northern ones: city, age, income, y."""
    rng = Random(seed)
    lines = ["city,age,income,y"]
    for _ in range(rows):
        city, age, income = rng.choice(["Oslo", "Rome", "Bern"]), rng.randint(20, 70), rng.uniform(1e3, 9e3)
        label = "yes" if age > 50 or city == "Oslo" else "no"
        cells = [city if rng.random() > 0.1 else "", age if rng.random() > 0.1 else "", f"{income:.17g}"]
        lines.append(",".join(map(str, [*cells, label])))
    path.write_text("\n".join(lines) + "\n")
    return path


def experiment(directory: Path, text: str = SMALL, *overrides: str) -> Experiment:
    return set_up(read_spec(write_spec(directory, text), overrides))


def train_run(directory: Path, text: str = SMALL, *overrides: str) -> tuple[Run, Diagnosis]:
    """Train a spec to its end and return the finished run with its diagnosis."""
    with open_run(experiment(directory, text, *overrides), directory / "runs", argv=["dlrun"], overrides=overrides) as run:
        for _ in run.train():
            pass
        return run, run.finish()
