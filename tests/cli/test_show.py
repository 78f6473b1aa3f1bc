"""`dlrun show` as a shell sees it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dlrun.experiment.stored import evaluate_part
from dlrun.spec import read_spec
from tests.cli.shell import dlrun
from tests.experiments import REGRESSION, SMALL, train_run, write_spec, write_table
from tests.families import store_child, store_curve
from tests.stored_runs import store_run

RICH = """
    data: {source: digits, normalize: none}
    architecture: {hidden: [64, {units: 8, activation: tanh}], batch_norm: true, init: xavier}
    regularization: {keep_prob: {input: 0.4, hidden: 0.5}, l2: 1, l1: 0.5}
    optimizer: {kind: momentum, beta: 0.8}
    learning_rate: {initial: 0.1, decay: reduce_on_plateau, warmup: 3}
    training: {epochs: 2, batch_size: 100, early_stopping: {patience: 3}}
"""
SECTIONS = ("# Layers", "# Work and memory", "# What the numbers mean", "# What the dev part can decide", "# Advice")


@pytest.mark.parametrize("text", [SMALL, RICH, REGRESSION], ids=["small", "rich", "regression"])
def test_the_whole_page_is_a_spec_that_trains_to_the_same_metrics(tmp_path: Path, text: str) -> None:
    write_table(tmp_path)
    spec, metrics = write_spec(tmp_path, text), {}
    shown = dlrun("show", spec, "--schedule", "--time", cwd=tmp_path, COLUMNS="60")
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    assert "\x1b" not in shown.stdout
    positions = [shown.stdout.index(section) for section in SECTIONS]
    assert positions == sorted(positions)
    for name, text_shown in {"given": text, "page": shown.stdout}.items():
        (tmp_path / name).mkdir()
        write_table(tmp_path / name)
        run, _ = train_run(tmp_path / name, text_shown, f"name={spec.stem}")
        metrics[name] = run.paths.metrics.read_bytes()
    assert metrics["given"] == metrics["page"]
    assert len(metrics["page"].splitlines()) > 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "page", "small.yaml", "table.csv"], "no run of its own"


def tree(*words: str | Path, cwd: Path) -> dict[str, Any]:
    done = dlrun("show", *words, "--format", "json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_json_is_the_contract(tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    found = tree(spec, "-s", "training.epochs=2", "--schedule", "--time", cwd=tmp_path)
    assert {"spec", "differs", "layers", "parameters", "steps_per_epoch", "memory", "meaning", "dev", "advice"} <= set(found)
    assert {"key": "training.epochs", "value": 2, "default": 30, "given": 2, "required": False, "chosen": False} in found[
        "differs"
    ]
    assert [row["epoch_num"] for row in found["schedule"]["rows"]] == [0, 1]
    assert found["time"]["seconds_per_step"] > 0


def test_advice_can_be_typed_and_keeps_what_was_changed(tmp_path: Path) -> None:
    import shlex

    spec = write_spec(tmp_path)
    page = dlrun("show", spec, "-s", "training.batch_size=48", "-s", "training.epochs=1", cwd=tmp_path).stdout
    commands = [shlex.split(line.removeprefix("#")) for line in page.splitlines() if "   dlrun train" in line]
    assert commands[0][-4:] == ["-s", "training.epochs=1", "-s", "training.batch_size=full"]
    for command in commands:
        assert command[:3] == ["dlrun", "train", str(spec)]
        assert read_spec(spec, command[4::2]).spec.training.epochs == 1
    assert len(commands) > 2


def test_a_run_is_shown_from_its_directory(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, "training.epochs=2")
    evaluate_part(run.paths, "test")
    (tmp_path / "small.yaml").unlink()
    shown = dlrun("show", "@last", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    for words in ("status   completed: all epochs done", "changed  training.epochs=2", "looked at once", "verdict  ",
                  "epochs: 2  # default 30", "threads: 1  # chosen, default auto", "# command  dlrun"):  # fmt: skip
        assert words in shown.stdout
    (tmp_path / "again.yaml").write_text(shown.stdout)
    assert read_spec(tmp_path / "again.yaml").spec.training.epochs == 2
    found = tree("@last", cwd=tmp_path)
    assert {"run", "status", "stop_reason", "started", "host", "argv", "overrides", "parent", "errors", "verdict"} <= set(found)
    assert set(found["errors"]["dev"]) == {"error", "low", "high", "n"}


def test_a_run_that_diverged_has_no_diagnosis(tmp_path: Path) -> None:
    words = ("-s", "optimizer=gradient_descent", "-s", "learning_rate=1e38")
    spec = write_spec(tmp_path)
    assert dlrun("train", spec, "-q", *words, cwd=tmp_path).returncode == 5
    shown = dlrun("show", "@last", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "no diagnosis: the run is diverged" in shown.stdout
    timed = dlrun("show", spec, "--time", *words, cwd=tmp_path)
    assert timed.returncode == 5
    assert "diverged at step" in timed.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.yaml",), "no such file"),
        (("nosuchrun",), "no runs yet"),
        (("small.yaml", "-s", "training.epoch=1"), "did you mean"),
        (("@last", "-s", "seed=1", "--time", "--schedule"), "3 errors"),
        (("@last", "-s", "seed=1", "--time", "--lineage"), "2 errors"),
        (("@last", "--out", "lr.png"), "draw its family with --lineage"),
        (("small.yaml", "--lineage"), "--lineage needs a RUN"),
        (("nosuchrun", "--lineage"), "no runs yet"),
    ],
)
def test_wrong_input_is_exit_2_and_says_what_to_do(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    write_spec(tmp_path)
    done = dlrun("show", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_page_in_the_docs_is_the_page_that_is_printed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    printed = set(dlrun("show", "configs/digits.yaml", cwd=root).stdout.splitlines())
    told = (root / "docs/show.md").read_text().partition("## Every value")[2].partition("## The learning rate")[0]
    lines = [line for line in told.splitlines() if line.startswith("# ") and "in this machine" not in line]
    assert len(lines) > 40
    assert [line for line in lines if line not in printed] == []


def test_the_schedule_is_the_notes_table_and_can_be_drawn(tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    rates = ("-s", "learning_rate.initial=0.2", "-s", "learning_rate.decay=inverse_time")
    shown = dlrun("show", spec, *rates, "-s", "training.epochs=5", "--out", "lr.png", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    rows = dict(re.findall(r"^# +(\d) +([\d.]+)$", shown.stdout, re.MULTILINE))
    assert rows == {"0": "0.2", "1": "0.1", "2": "0.06667", "3": "0.05", "4": "0.04"}
    assert (tmp_path / "lr.png").read_bytes().startswith(b"\x89PNG")
    assert dlrun("show", spec, "-s", "training.epochs=0", "--out", "no.png", cwd=tmp_path).returncode == 2


def test_a_child_says_where_it_left_and_what_was_allowed(tmp_path: Path) -> None:
    parent, _ = train_run(tmp_path)
    again = ("-s", "learning_rate.initial=1e-4", "--at-epoch", "2", "-q")
    resumed = dlrun("resume", "@last", *again, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    shown = dlrun("show", "@last", cwd=tmp_path)
    assert f"# parent   {parent.paths.id}, left at epoch 2 with learning_rate.initial=1e-4\n" in shown.stdout
    child = tree("@last", cwd=tmp_path)
    assert child["branch"] == {"epoch": 2.0, "step": 14, "changes": ["learning_rate.initial=1e-4"]}
    path = tmp_path / "runs" / child["run"] / "run.json"
    times = [{"time": f"2026-01-31T12:0{k}:00+00:00", "step": 1_000 + k, "allowed": ["numpy 2 → 3"] * (k == 0)} for k in range(5)]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"resumptions": times}))
    page = dlrun("show", "@last", cwd=tmp_path).stdout
    assert "# resumed  2026-01-31 12:02:00 UTC, after step 1,002\n" in page
    assert "#          and 2 times before\n# allowed  numpy 2 → 3\n" in page
    assert tree("@last", cwd=tmp_path)["resumptions"] == times
    family = dlrun("show", parent.paths.id, "--lineage", cwd=tmp_path)
    assert family.returncode == 0, family.stderr
    assert "left at epoch 2 with learning_rate.initial=1e-4" in family.stdout
    (listed,) = json.loads(dlrun("ls", "--where", f"parent={parent.paths.id}", "--format", "json", cwd=tmp_path).stdout)
    assert listed["run"] == child["run"]


@pytest.mark.parametrize("width", ["50", "80", "120"])
def test_the_family_of_a_run_is_a_tree_a_picture_and_a_contract(tmp_path: Path, width: str) -> None:
    runs = tmp_path / "runs"
    parent = store_run(runs, 0, "aaaa")
    store_curve(parent, [0.5, 0.2, 0.1])
    child = store_child(runs, parent.id, 1, "bbbb", "seed=1", errors=[0.5, 0.2, 0.01])
    shown = dlrun("show", "bbbb", "--lineage", "--out", "family.png", cwd=tmp_path, COLUMNS=width)
    assert (shown.returncode, shown.stderr) == (0, "drawn in family.png\n")
    assert "└── bbbb ← asked for" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert (tmp_path / "family.png").read_bytes().startswith(b"\x89PNG")
    found = tree("aaaa", "--lineage", cwd=tmp_path)
    assert (found["run"], found["children"][0]["run"]) == (parent.id, child.id)
    parent.metrics.unlink()
    child.metrics.unlink()
    nothing = dlrun("show", "bbbb", "--lineage", "--out", "family.svg", cwd=tmp_path)
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "no curve to draw" in nothing.stderr


def test_a_damaged_run_has_no_family_and_says_why(tmp_path: Path) -> None:
    store_run(tmp_path / "runs").record.write_text("{")
    done = dlrun("show", "@last", "--lineage", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "not the JSON that dlrun wrote" in done.stderr
