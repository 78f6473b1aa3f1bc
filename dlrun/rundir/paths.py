"""Where everything in a run directory lies."""

from dataclasses import dataclass
from pathlib import Path

RUNS_DIR = Path("runs")  # where runs are kept unless somebody says otherwise


@dataclass(frozen=True)
class RunPaths:
    """The paths of one run; but for `itself`, nothing here touches the disk."""

    root: Path

    @property
    def id(self) -> str:
        """The run's name on disk: YYYYMMDD-HHMMSS-<name>-<4 random characters>."""
        return self.root.name

    def itself(self) -> "RunPaths":
        """Return the run where a link such as `latest` leads to now: the link may move while somebody works on it."""
        return RunPaths(self.root.resolve()) if self.root.is_symlink() else self

    @property
    def spec(self) -> Path:
        """The bytes the user gave."""
        return self.root / "spec.yaml"

    @property
    def resolved(self) -> Path:
        """The spec with every default written out; training on it gives the same metrics."""
        return self.root / "resolved.yaml"

    @property
    def record(self) -> Path:
        """Status, times, process, overrides, resolved spec, summary: all that `dlrun ls` reads."""
        return self.root / "run.json"

    @property
    def provenance(self) -> Path:
        """Versions, machine, commit, fingerprint of the data."""
        return self.root / "provenance.json"

    @property
    def preparation(self) -> Path:
        """How raw values become inputs and outputs become labels: enough to predict where the data is not."""
        return self.root / "preparation.json"

    @property
    def checks(self) -> Path:
        """What the checks found in the data."""
        return self.root / "checks.json"

    @property
    def metrics(self) -> Path:
        """One row an epoch; deterministic."""
        return self.root / "metrics.csv"

    @property
    def steps(self) -> Path:
        """One row a mini-batch; deterministic."""
        return self.root / "steps.csv"

    @property
    def layers(self) -> Path:
        """One row an evaluation and layer: norms, dead and saturated shares; deterministic."""
        return self.root / "layers.csv"

    @property
    def timings(self) -> Path:
        """Seconds and examples per second of each epoch: what the clock says lives here alone."""
        return self.root / "timings.csv"

    @property
    def predictions(self) -> Path:
        """The folder of predictions, one file a part."""
        return self.root / "predictions"

    def predictions_of(self, part: str) -> Path:
        """Return where the predictions on one part go: dev, train_dev."""
        return self.predictions / f"{part}.csv"

    @property
    def checkpoints(self) -> Path:
        """The folder of states, one file a saved step."""
        return self.root / "checkpoints"

    @property
    def manifest(self) -> Path:
        """Which checkpoint is last, previous, best, each with its SHA-256."""
        return self.checkpoints / "manifest.json"

    @property
    def manifest_copy(self) -> Path:
        """The same again: what stands in for a manifest that is damaged."""
        return self.checkpoints / "manifest.copy.json"

    @property
    def growing(self) -> tuple[str, ...]:
        """The names of the files that grow while a network trains, and are the same whenever it is trained again."""
        return (self.metrics.name, self.steps.name, self.layers.name)

    @property
    def diagnosis(self) -> Path:
        """The errors, gaps and verdict."""
        return self.root / "diagnosis.json"

    @property
    def learning_curve(self) -> Path:
        """The errors of runs on shares of its training part, and what more data would buy."""
        return self.root / "learning_curve.json"

    @property
    def learning_curve_picture(self) -> Path:
        """The same as a picture."""
        return self.root / "learning_curve.png"

    @property
    def report(self) -> Path:
        """The run in words, for people."""
        return self.root / "report.md"

    @property
    def log(self) -> Path:
        """What was said while it ran."""
        return self.root / "log.txt"

    @property
    def lock(self) -> Path:
        """Held by the process that writes here."""
        return self.root / "lock"

    @property
    def crash(self) -> Path:
        """The traceback of a bug."""
        return self.root / "crash.txt"
