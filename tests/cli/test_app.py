"""The command line as a shell sees it: exit codes, stdout and stderr, and errors without tracebacks."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.shell import dlrun
from tests.experiments import REGRESSION, SMALL, write_spec

HEAVY = {"pandas", "scipy", "matplotlib", "pydantic", "yaml", "numpy"}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path)


def assert_no_run(directory: Path) -> None:
    assert not (directory / "runs").exists()


def test_train_diagnose_evaluate_from_the_shell(spec: Path, tmp_path: Path) -> None:
    trained = dlrun("train", spec, cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert "epoch" in trained.stderr
    assert "verdict" in trained.stdout
    assert "next     dlrun " in trained.stdout
    assert "\x1b" not in trained.stdout + trained.stderr

    diagnosed = dlrun("diagnose", "@last", cwd=tmp_path)
    assert diagnosed.returncode == 0
    verdict = next(line for line in trained.stdout.splitlines() if line.startswith("verdict"))
    assert verdict in diagnosed.stdout.splitlines()

    looked = dlrun("evaluate", "@last", "--split", "test", cwd=tmp_path)
    assert looked.returncode == 0
    assert "test error" in looked.stdout
    assert "look 1 at the test part" in looked.stdout
    (run,) = (path for path in (tmp_path / "runs").iterdir() if not path.is_symlink())
    report = (run / "report.md").read_text()
    assert report.startswith("# small\n")
    assert "## Diagnosis" in report


def test_json_is_the_contract_and_stdout_holds_nothing_else(spec: Path, tmp_path: Path) -> None:
    trained = json.loads(dlrun("train", spec, "--format", "json", cwd=tmp_path).stdout)
    assert set(trained) == {"run", "path", "status", "stop_reason", "metric", "best_epoch", "errors", "verdict", "gates"}
    assert set(trained["errors"]["dev"]) == {"error", "low", "high", "n"}
    diagnosed = json.loads(dlrun("diagnose", trained["run"], "--format", "json", cwd=tmp_path).stdout)
    keys = {
        "verdict",
        "errors",
        "avoidable_bias",
        "variance",
        "data_mismatch",
        "dev_overfitting",
        "optimization",
        "health",
        "advice",
    }
    assert keys <= set(diagnosed)
    assert set(diagnosed["variance"]) == {"value", "low", "high", "status", "needed_n"}
    looked = json.loads(dlrun("evaluate", trained["path"], "--split", "test", "--format", "json", cwd=tmp_path).stdout)
    assert set(looked) >= {"run", "split", "n", "error", "low", "high", "loss"}  # all of them: test_evaluate.py
    checked = json.loads(dlrun("gradcheck", spec, "--format", "json", cwd=tmp_path).stdout)
    assert checked["passed"]
    assert set(checked["cases"][0]["blocks"][0]) == {"name", "relative_error", "compared", "set_aside"}


def test_overrides_runs_dir_and_quiet(spec: Path, tmp_path: Path) -> None:
    done = dlrun("train", spec, "-s", "training.epochs=1", "-s", "name=other", "-q", "--runs-dir", "elsewhere", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    (run,) = (path for path in (tmp_path / "elsewhere").iterdir() if not path.is_symlink())
    assert "-other-" in run.name
    assert len((run / "metrics.csv").read_text().splitlines()) == 2
    assert dlrun("diagnose", "@last", cwd=tmp_path, DLRUN_RUNS="elsewhere").returncode == 0


def test_a_printed_next_command_can_be_typed(spec: Path, tmp_path: Path) -> None:
    import shlex

    trained = dlrun("train", spec, "-s", "training.epochs=1", cwd=tmp_path)
    line = next(line for line in trained.stdout.splitlines() if line.startswith("next"))
    first, *words = shlex.split(line.removeprefix("next"))
    assert first == "dlrun"
    assert dlrun(*words, cwd=tmp_path).returncode == 0


# what is wrong, where it must be said, and words that must be there
WRONG = {
    "an unknown key": ("regularization:\n  droput: 0.5\n", "wrong.yaml:4:3: ", "did you mean 'keep_prob'"),
    "a wrong type": ("training: {epochs: many}\n", "wrong.yaml:3:20: ", "many"),
    "out of range": ("optimizer: {beta1: 9.0}\n", "wrong.yaml:3:20: ", "below 1"),
    "a duplicate key": ("seed: 1\nseed: 2\n", "wrong.yaml:4:1: ", "seed"),
    "a key without effect": ("architecture: {hidden: []}\nregularization: {keep_prob: 0.5}\n", "wrong.yaml:4:", "keep_prob"),
    "a key of another kind": ("optimizer: {kind: adam, beta: 0.9}\n", "wrong.yaml:3:25: ", "beta"),
    "an unknown kind": ("optimizer: adm\n", "wrong.yaml:3:12: ", "did you mean 'adam'"),
    "no YAML": ("training: {epochs: 3\n", "wrong.yaml:", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_spec_is_located_and_nothing_runs(tmp_path: Path, name: str) -> None:
    text, where, words = WRONG[name]
    (tmp_path / "wrong.yaml").write_text(f"data: {{source: digits}}\n# a comment\n{text}")
    for command in ("train", "validate", "gradcheck"):
        done = dlrun(command, "wrong.yaml", cwd=tmp_path)
        assert done.returncode == 2
        assert where in done.stderr
        assert words in done.stderr
        assert "nothing has run" in done.stderr
        assert "Traceback" not in done.stderr
    assert_no_run(tmp_path)


def test_all_errors_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("data: {source: digits}\noptimizer: {beta1: 9.0}\ntraining: {epoch: 3}\nseed: -1\n")
    done = dlrun("train", "wrong.yaml", "-s", "regularization.l3=1", cwd=tmp_path)
    assert done.returncode == 2
    for where in ("wrong.yaml:2:", "wrong.yaml:3:", "wrong.yaml:4:", "-s 1"):
        assert where in done.stderr
    assert "4 errors, nothing has run." in done.stderr


BAD_TABLES = {
    "a missing file": (None, "table.csv"),
    "a missing column": ("a,b,z\n1,2,3\n" * 1, "'y'"),
    "a NaN cell": ("a,b,y\n1,2,3\n4,NaN,6\n", "table.csv:3:"),
    "an empty cell": ("a,b,y\n1,2,3\n4,,6\n", "table.csv:3:"),
    "a word": ("a,b,y\n1,2,3\n4,five,6\n", "table.csv:3:"),
    "a ragged row": ("a,b,y\n1,2,3\n4,5\n7,8,9\n", "table.csv:3"),
    "a value too many in every row": ("a,b,y\n1,2,3,4\n5,6,7,8\n", "table.csv:2"),
    "an empty file": ("", "table.csv"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_wrong_table_is_located_and_nothing_runs(tmp_path: Path, name: str) -> None:
    text, where = BAD_TABLES[name]
    if text is not None:
        (tmp_path / "table.csv").write_text(text)
    path = write_spec(tmp_path, REGRESSION)
    for command in ("train", "validate"):
        done = dlrun(command, path, cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert where in done.stderr
        assert "Traceback" not in done.stderr
    assert_no_run(tmp_path)


def test_a_missing_data_file_is_said_at_the_line_that_names_it(tmp_path: Path) -> None:
    done = dlrun("train", write_spec(tmp_path, REGRESSION), cwd=tmp_path)
    assert "small.yaml:4:29: " in done.stderr
    assert "table.csv" in done.stderr


def test_validate_checks_many_and_reports_all(spec: Path, tmp_path: Path) -> None:
    write_spec(tmp_path, "data: {source: nothing}", "a.yaml")
    write_spec(tmp_path, "data: {source: digits, sauce: 1}", "b.yaml")
    done = dlrun("validate", spec, "a.yaml", "b.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "small.yaml: ok" in done.stdout
    assert "a.yaml:1:" in done.stderr
    assert "b.yaml:1:" in done.stderr
    assert_no_run(tmp_path)


def test_export_writes_arrays_by_the_names_of_the_course(spec: Path, tmp_path: Path) -> None:
    import numpy as np

    assert dlrun("train", spec, "-q", "-s", "architecture.batch_norm=true", cwd=tmp_path).returncode == 0
    done = dlrun("export", "@last", "--to", "npz", "--out", "net.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "net.npz") as file:
        network = {"W1", "gamma1", "beta1", "mean1", "var1", "W2", "b2"}
        assert set(file.files) == network | {"features", "x_columns", "x_mean", "x_divisor", "classes"}
    assert dlrun("export", "@last", "--out", "no/such/folder/net.npz", cwd=tmp_path).returncode == 1


def test_gradcheck_of_a_run_and_the_orders_of_its_errors(spec: Path, tmp_path: Path) -> None:
    assert dlrun("train", spec, "-q", cwd=tmp_path).returncode == 0
    assert "best weights" in dlrun("gradcheck", "@last", cwd=tmp_path).stdout
    shown = dlrun("gradcheck", spec, "--orders", "-s", "architecture.activation=tanh", cwd=tmp_path)
    assert shown.returncode == 0
    assert "4.00" in shown.stdout
    for ignored in (["--orders"], ["@last", "-s", "seed=1"], ["-s", "seed=1"], [spec, "--orders", "--epsilon", "1e-3"]):
        assert dlrun("gradcheck", *ignored, cwd=tmp_path).returncode == 2


def test_one_sided_differences_are_judged_by_what_they_can_do(spec: Path, tmp_path: Path) -> None:
    done = dlrun("gradcheck", spec, "--difference", "forward", cwd=tmp_path)
    assert done.returncode == 0
    assert "more gently" in done.stdout


def test_a_block_that_was_not_compared_is_not_called_great(spec: Path, tmp_path: Path) -> None:
    words = ("-s", "training.epochs=0", "-s", "architecture.init=zeros")
    assert dlrun("train", spec, "-q", *words, cwd=tmp_path).returncode == 0
    assert "not compared" in dlrun("gradcheck", "@last", cwd=tmp_path).stdout


def test_the_next_command_keeps_what_a_layer_has_of_its_own(tmp_path: Path) -> None:
    text = SMALL.replace("[8]", "[{units: 2, activation: tanh}, 3]").replace("0.2", "0.3").replace("0.9", "1.0")
    done = dlrun("train", write_spec(tmp_path, text), cwd=tmp_path)
    assert "-s architecture.hidden.0.units=4 -s architecture.hidden.1.units=6" in done.stdout


def test_divergence_is_exit_5_with_a_cure(spec: Path, tmp_path: Path) -> None:
    done = dlrun("train", spec, "-s", "learning_rate.initial=1e38", "-s", "optimizer=gradient_descent", cwd=tmp_path)
    assert done.returncode == 5
    assert "diverged at step" in done.stderr
    assert "learning_rate.initial" in done.stderr
    assert "nothing has run" not in done.stderr


FAULTY = """
import sys
from dlrun.kernels import numpy_column
from dlrun.kernels.table import Kernels
import dlrun.kernels, dataclasses
def fault(dz, a, db):
    numpy_column.activations.tanh_backward(dz, a, db)
    dz *= 1.01
broken = dataclasses.replace(numpy_column.NUMPY, tanh_backward=fault)
numpy_column.NUMPY = dlrun.kernels.NUMPY = broken
from dlrun.cli.app import main
sys.argv = ["dlrun", "gradcheck", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("words", [(), ("small.yaml", "-s", "architecture.activation=tanh")], ids=["matrix", "spec"])
def test_a_faulty_backward_is_exit_6_and_names_the_block(spec: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", FAULTY, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 6, done.stderr
    assert "W1" in done.stdout
    assert "a bug" in done.stdout
    assert "gradient check failed" in done.stderr


def test_a_bug_is_exit_70_and_its_traceback_lies_in_the_run(spec: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom dlrun.training import loop\n"
        "def broken(*a, **k):\n    raise ZeroDivisionError('planted')\n"
        "loop.evaluate_now = broken\nfrom dlrun.cli.app import main\nsys.argv = ['dlrun', 'train', 'small.yaml', '-q']\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "This is a bug in dlrun: ZeroDivisionError: planted" in done.stderr
    assert "Traceback (most recent call last)" not in done.stderr
    (crash,) = (tmp_path / "runs").glob("2*/crash.txt")
    assert "planted" in crash.read_text()


def test_ctrl_c_is_exit_130_and_saves(spec: Path, tmp_path: Path) -> None:
    import signal

    command = [sys.executable, "-m", "dlrun", "train", str(spec), "-s", "training.epochs=1000000", "-v"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if line.split()[:1] == ["3"]:
                break
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert list((tmp_path / "runs").glob("2*/checkpoints/manifest.json"))


@pytest.mark.parametrize(
    "words", [("train",), ("train", "nowhere.yaml"), ("diagnose", "@last"), ("frobnicate",), ("evaluate", "x")]
)
def test_usage_errors_are_exit_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = dlrun(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback_and_changes_no_exit_code(tmp_path: Path) -> None:
    done = dlrun("train", "nowhere.yaml", "--debug", cwd=tmp_path)
    assert "Traceback" in done.stderr
    assert done.returncode == 2


def test_square_brackets_are_text_not_markup(spec: Path, tmp_path: Path) -> None:
    (tmp_path / "a [b]").mkdir()
    moved = spec.rename(tmp_path / "a [b]" / "s [b].yaml")
    done = dlrun("train", moved, "--runs-dir", "r[/y]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "run r[/y]/" in done.stderr
    assert "run      r[/y]/" in done.stdout


def test_a_diverged_run_keeps_the_contract(spec: Path, tmp_path: Path) -> None:
    done = dlrun("train", spec, "-s", "learning_rate=1e38", "-s", "optimizer=gradient_descent", "--format", "json", cwd=tmp_path)
    assert done.returncode == 5
    told = json.loads(done.stdout)
    assert told["status"] == "diverged"
    assert told["errors"] is None


def test_a_full_disk_behind_stdout_is_exit_1_without_a_traceback(spec: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dlrun", "train", str(spec), "-q"]
    with open("/dev/full", "w") as full:  # noqa: PTH123 (a device)
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert json.loads(next((tmp_path / "runs").glob("2*/run.json")).read_text())["status"] == "completed"


def test_training_goes_on_when_nobody_reads_the_progress(spec: Path, tmp_path: Path) -> None:
    command = f"{sys.executable} -m dlrun train {spec} -v -s training.epochs=300 2>&1 >/dev/null | head -3"
    subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    (record,) = (tmp_path / "runs").glob("2*/run.json")
    assert json.loads(record.read_text())["status"] == "completed"


def test_a_terminal_without_utf_8_still_gets_every_number(spec: Path, tmp_path: Path) -> None:
    done = dlrun("train", spec, cwd=tmp_path, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "verdict" in done.stdout


def test_version_and_help(tmp_path: Path) -> None:
    from dlrun import __version__

    assert dlrun("--version", cwd=tmp_path).stdout.strip() == f"dlrun {__version__}"
    shown = dlrun("--help", cwd=tmp_path).stdout
    assert all(command in shown for command in ("train", "diagnose", "evaluate", "gradcheck", "validate"))


def imported_by(*words: str, cwd: Path) -> Iterator[str]:
    command = [sys.executable, "-X", "importtime", "-m", "dlrun", *words]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    for line in done.stderr.splitlines():
        if line.startswith("import time:"):
            yield line.rpartition("|")[2].strip().split(".")[0]


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    assert not HEAVY & set(imported_by("--help", cwd=tmp_path))


def test_training_on_arrays_imports_no_pandas_scipy_or_matplotlib(spec: Path, tmp_path: Path) -> None:
    assert not {"pandas", "scipy", "matplotlib"} & set(imported_by("train", str(spec), "-q", cwd=tmp_path))


def test_what_the_checks_find_is_told_on_stderr_and_again_by_diagnose(tmp_path: Path) -> None:
    rows = [f"{k % 5}.{k},{'yes' if k % 3 else 'no'}" for k in range(60)]
    (tmp_path / "train.csv").write_text("\n".join(["a,y", *rows]))
    (tmp_path / "dev.csv").write_text("\n".join(["a,y", *rows[:12]]))
    (tmp_path / "t.yaml").write_text(
        "data: {source: {kind: csv, path: train.csv, dev: dev.csv, target: y}}\ntraining: {epochs: 1}\n"
    )
    told = "12 of 12 rows of dev (100.0 %)"
    checked = dlrun("validate", tmp_path / "t.yaml", "-s", "data.split.test=0", cwd=tmp_path)
    assert checked.returncode == 0
    assert told in checked.stderr
    assert told not in checked.stdout
    dlrun("train", tmp_path / "t.yaml", "-s", "data.split.test=0", "-q", cwd=tmp_path)
    assert told in dlrun("diagnose", "@last", cwd=tmp_path).stdout
    strict = dlrun("train", tmp_path / "t.yaml", "-s", "data.split.test=0", "-s", "data.checks=strict", cwd=tmp_path)
    assert (strict.returncode, strict.stderr.count("\n1 error, nothing has run.")) == (2, 1)
