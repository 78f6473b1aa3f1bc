import json
from pathlib import Path
from typing import Any

import pytest

from dlrun.rundir.listing import list_runs
from tests.commands import Shell
from tests.experiments import REGRESSION, SMALL, write_spec, write_table


@pytest.fixture
def dlrun(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


PASS, FAIL, OPEN = "gates.dev.error=<=100%", "gates.epochs=>99", "gates.dev.error=<{}%"


def trained(dlrun: Shell, spec: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    done = dlrun("train", spec, "-q", "--format", "json", *words)
    return done.code, json.loads(done.out), done.err


def test_exit_codes_of_train_and_of_gate(dlrun: Shell, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    code, found, _ = trained(dlrun, spec, "-s", PASS)
    assert (code, found["status"], [row["outcome"] for row in found["gates"]]) == (0, "completed", ["pass"])
    error = 100 * found["errors"]["dev"]["error"]
    code, found, err = trained(dlrun, spec, "-s", FAIL, "-s", PASS, "--strict")
    assert (code, found["status"]) == (3, "completed")
    assert "gate failed: epochs must be > 99, and is 3" in err
    assert dlrun("gate", "@last").code == 3
    assert dlrun("gate", "@last", "epochs > 2").code == 0
    still = OPEN.format(error + 0.01)
    assert trained(dlrun, spec, "-s", still)[0] == 0
    code, found, err = trained(dlrun, spec, "-s", still, "--strict")
    assert code == 4
    assert "gate inconclusive: dev.error" in err
    (row,) = found["gates"]
    assert row["outcome"] == "inconclusive"
    assert row["needed_n"] > row["n"] == 60
    assert (dlrun("gate", "@last").code, dlrun("gate", "@last", "--strict").code) == (0, 4)
    assert trained(dlrun, spec, "-s", still, "-s", FAIL, "--strict")[0] == 3


def test_what_a_run_writes_and_says_of_its_gates(dlrun: Shell, tmp_path: Path) -> None:
    spec = write_spec(
        tmp_path, SMALL + "    gates: {dev.error: '<= 100%', steps: '> 99', dev.macro_f1: '> 1%', dev.auc: '> 1%'}\n"
    )
    done = dlrun("train", spec, "-q")
    assert done.code == 3
    assert "outcome" in done.out
    run = Path("runs/latest")
    rows = json.loads((run / "diagnosis.json").read_text())["gates"]
    assert [row["outcome"] for row in rows] == ["pass", "fail", "pass", "pass"]
    record = json.loads((run / "run.json").read_text())
    assert record["summary"]["gates"] == rows
    assert record["status"] == "completed"
    assert "## Gates" in (run / "report.md").read_text()
    assert json.loads(dlrun("diagnose", "@last", "--format", "json").out)["gates"] == rows
    again = dlrun("gate", "@last", "--format", "json")
    assert again.code == 3
    assert json.loads(again.out)["gates"] == rows
    assert "| steps | > 99 |" in dlrun("gate", "@last", "--format", "md").out
    shown = dlrun("resume", "@last")
    assert shown.code == 3
    assert "this run is complete" in shown.err


def test_a_run_that_goes_on_is_judged_at_its_end(dlrun: Shell, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    limited = dlrun("train", spec, "-q", "-s", "gates.epochs=>2", "-s", "training.epochs=1")
    assert limited.code == 3
    child = dlrun("resume", "@last", "-q", "-s", "training.epochs=3")
    assert child.code == 0, child.err
    assert dlrun("resume", "@last", "-q", "-s", "gates.epochs=>5", "-s", "training.epochs=4").code == 3


def test_a_regression_is_judged_in_its_units(dlrun: Shell, tmp_path: Path) -> None:
    write_table(tmp_path)
    spec = write_spec(tmp_path, REGRESSION)
    code, found, _ = trained(dlrun, spec, "-s", "gates={dev.error: < 1e6, dev.mae: < 1e6, dev.r2: '<= 1', train.loss: < 1e6}")
    assert (code, {row["outcome"] for row in found["gates"]}) == (0, {"pass"})
    assert json.loads(dlrun("gate", "@last", "--format", "json").out)["gates"] == found["gates"]
    assert dlrun("train", spec, "-q").code == 0
    same = dlrun("gate", "@last", f"dev.error vs {found['run']} not worse", "--format", "json")
    assert same.code == 0, same.err


def test_a_run_beside_another(dlrun: Shell, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    first = trained(dlrun, spec)[1]["run"]
    code, found, _ = trained(dlrun, spec, "-s", "gates.dev.error vs @last=not worse", "-s", "diagnosis.tolerance=50%")
    assert (code, found["gates"][0]["gate"]) == (0, f"dev.error vs {first}")
    assert first in Path("runs/latest/resolved.yaml").read_text()
    assert dlrun("gate", "@last").code == 0
    assert dlrun("gate", "@last", f"dev.error vs {first} better", "--strict").code == 4


def test_other_dev_examples_are_not_compared(dlrun: Shell, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    assert dlrun("train", spec, "-q", "-s", "seed=4").code == 0
    before = set(Path("runs").iterdir())
    done = dlrun("train", spec, "-q", "-s", "gates.dev.error vs @last=not worse")
    assert done.code == 2
    assert "-s 1: gates.dev.error vs @last: gates: @last: the runs were not judged on the same dev examples" in done.err
    assert set(Path("runs").iterdir()) == before
    assert dlrun("train", spec, "-q", "-s", "gates.dev.error vs nobody=better").code == 2
    assert dlrun("train", spec, "-q").code == 0
    done = dlrun("gate", "@last", "dev.error vs @last~1 not worse")
    assert done.code == 2
    assert "not judged on the same dev examples" in done.err


def test_runs_that_cannot_be_compared_are_refused_with_the_gate_and_the_reason(dlrun: Shell, tmp_path: Path) -> None:
    write_table(tmp_path)
    for name, text, words in (("a", SMALL, ()), ("b", REGRESSION, ()), ("c", SMALL, ("-s", "data.split.dev=0"))):
        assert dlrun("train", write_spec(tmp_path, text), "-q", "-s", f"name={name}", *words).code == 0
    ids = {run.value("name"): run.paths.id for run in list_runs(Path("runs"))}
    gates = {
        f"dev.error vs {ids['b']}": f"{ids['b']} is a regression, this is a classification",
        f"dev.error vs {ids['c']}": f"{ids['c']} has no dev predictions: it has no dev part",
    }
    done = dlrun("gate", ids["a"], *(f"{gate} not worse" for gate in gates))
    assert done.code == 2
    assert "2 errors, nothing has run" in done.err
    assert f"{next(iter(gates))} not worse: {ids['b']} is a regression" in done.err
    for gate, said in gates.items():
        assert said in done.err
        trained = dlrun("train", write_spec(tmp_path), "-q", "-s", f"gates={{{gate}: not worse}}")
        assert trained.code == 2
        assert said in trained.err
        assert "-s 1: gates" in trained.err


def test_a_run_that_has_gone_leaves_a_gate_open(dlrun: Shell, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    assert dlrun("train", spec, "-q").code == 0
    assert dlrun("train", spec, "-q", "-s", "gates.dev.error vs @last=not worse", "-s", "diagnosis.tolerance=50%").code == 0
    assert dlrun("rm", "@last~1", "--yes").code == 0
    done = dlrun("gate", "@last", "--strict")
    assert done.code == 4
    assert "there is no run" in done.err


def test_test_is_judged_by_a_look_that_was_made(dlrun: Shell, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    assert dlrun("train", spec, "-q").code == 0
    none = dlrun("gate", "@last", "test.error <= 100%")
    assert none.code == 2
    assert "nobody has looked" in none.err
    looks = json.loads(Path("runs/latest/run.json").read_text())["test_looks"]
    assert looks == []
    assert dlrun("evaluate", "@last", "--split", "test").code == 0
    assert dlrun("gate", "@last", "test.error <= 100%").code == 0
    assert len(json.loads(Path("runs/latest/run.json").read_text())["test_looks"]) == 1


def test_what_cannot_be_asked(dlrun: Shell, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    assert dlrun("train", spec, "-q").code == 0
    assert "this run has no gates of its own" in dlrun("gate", "@last").err
    done = dlrun("gate", "@last", "dev.mae < 2", "train.loss < 3", "dev.error < 8")
    assert done.code == 2
    assert "3 errors, nothing has run." in done.err
    assert dlrun("gate", "@last", "dev.auc > 1%").code == 0  # of two classes, from their probabilities


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("predictions/dev.csv", ""),
        ("predictions/dev.csv", "id,label,prediction,probability,loss\n"),
        ("predictions/dev.csv", "id,label,prediction,probability,loss\n" + "1,0,0,0.5,0.1\n" * 2),
        ("predictions/dev.csv", "id,label,prediction,probability,loss\n1,0,0,,nan\n"),
        ("predictions/dev.csv", "id,label,prediction,probability,loss\n1,0,0,,0.5\n"),
        ("predictions/dev.csv", '"' * 1000),
        ("predictions/dev.csv", "\n" * 100_000),
        ("preparation.json", "{}"),
    ],
)
def test_damaged_files_are_told(dlrun: Shell, tmp_path: Path, file: str, content: str) -> None:
    assert dlrun("train", write_spec(tmp_path), "-q", "-s", "gates={dev.macro_f1: '> 1%', dev.auc: '> 1%'}").code == 0
    (Path("runs/latest") / file).write_text(content)
    done = dlrun("gate", "@last", "dev.auc > 1%")
    assert done.code in (1, 2), done.err
    assert "bug" not in done.err
    assert dlrun("gate", "@last", "--strict").code in (0, 4)


@pytest.mark.parametrize(
    "gates",
    [
        [], 3, {"dev.error": 3}, {"dev.eror": "< 3%"}, {"test.error": "< 3%"}, {"dev.error vs /etc": "not worse"},
        {"dev.error vs ../beside": "better"}, {"dev.error vs @last": "better"}, {"a": {"b": {}}},
        {"dev.error": "< " + "9" * 10_000},
    ],
)  # fmt: skip
def test_a_record_from_a_stranger_is_judged_in_peace(dlrun: Shell, tmp_path: Path, gates: object) -> None:
    assert dlrun("train", write_spec(tmp_path), "-q").code == 0
    path = Path("runs/latest/run.json")
    record = json.loads(path.read_text())
    record["spec"]["gates"] = gates
    record["summary"]["gates"] = [{"gate": 3}, gates, {"outcome": "pass"}]
    path.write_text(json.dumps(record))
    for words in (["gate", "@last"], ["diagnose", "@last"], ["diagnose", "@last", "--format", "json"], ["resume", "@last"]):
        done = dlrun(*words)
        assert done.code in (0, 1, 2), done.err
        assert "bug" not in done.err
