from dataclasses import fields
from pathlib import Path

from dlrun.rundir.paths import RunPaths


def every_path(run: RunPaths) -> dict[str, Path]:
    names = [name for name, member in vars(RunPaths).items() if isinstance(member, property) and name not in {"id", "growing"}]
    return {name: getattr(run, name) for name in names}


def test_the_run_directory_is_as_documented(tmp_path: Path) -> None:
    run = RunPaths(tmp_path / "20260131-120000-digits-k3fq")
    assert run.id == "20260131-120000-digits-k3fq"
    assert {str(path.relative_to(run.root)) for path in every_path(run).values()} == {
        "spec.yaml",
        "resolved.yaml",
        "run.json",
        "provenance.json",
        "preparation.json",
        "checks.json",
        "metrics.csv",
        "steps.csv",
        "layers.csv",
        "timings.csv",
        "predictions",
        "checkpoints",
        "checkpoints/manifest.json",
        "checkpoints/manifest.copy.json",
        "diagnosis.json",
        "learning_curve.json",
        "learning_curve.png",
        "report.md",
        "log.txt",
        "lock",
        "crash.txt",
    }
    assert run.growing == ("metrics.csv", "steps.csv", "layers.csv")
    assert run.predictions_of("dev") == run.root / "predictions" / "dev.csv"


def test_paths_are_distinct_and_touch_nothing(tmp_path: Path) -> None:
    paths = every_path(RunPaths(tmp_path / "run"))
    assert len(set(paths.values())) == len(paths)
    assert list(tmp_path.iterdir()) == []
    assert [entry.name for entry in fields(RunPaths)] == ["root"]
