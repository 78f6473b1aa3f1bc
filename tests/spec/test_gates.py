from pathlib import Path

import pytest

from dlrun.errors import InvalidInput
from dlrun.experiment.setup import set_up
from dlrun.spec import read_spec, to_yaml
from tests.experiments import REGRESSION, SMALL, write_spec, write_table


def written(spec: Path, *overrides: str) -> dict[str, str]:
    return read_spec(spec, overrides).spec.gates.written


def refused(spec: Path, *overrides: str) -> list[str]:
    with pytest.raises(InvalidInput) as raised:
        set_up(read_spec(spec, overrides))
    return [line for line in str(raised.value).splitlines() if "|" not in line]


WRONG = {
    "dev.eror: '< 8%'": ("3", "unknown quantity 'dev.eror' in 'gates', did you mean 'dev.error'?"),
    "macro_f1: '> 0.9'": ("3", "unknown quantity 'macro_f1' in 'gates', did you mean 'dev.macro_f1'?"),
    "variance: 0.08": ("13", "gates.variance must be '< 8%', or another number after <, <=, > or >=, got 0.08"),
    "dev.loss: about 3": ("13", "got the text 'about 3'"),
    "dev.loss:": ("3", "gates.dev.loss must be '< 8%'"),
    "dev.loss: [1]": ("3", "gates.dev.loss must be '< 8%'"),
    "test.error: '< 3%'": ("3", "test.error is no gate of a spec"),
    "variance vs a: not worse": ("3", "only dev.error is compared with another run's"),
    "dev.error vs a: < 3%": ("19", "gates.dev.error vs a must be 'not worse' or 'better'"),
    "dev.error: not worse": ("14", "gates.dev.error must be '< 8%'"),
    "dev.mae: < 2": ("12", "gates: dev.mae is of a regression"),
    "data_mismatch: < 2%": ("18", "gates: data_mismatch needs a train-dev part, and there is none"),
    "dev.error: < 8": ("14", "gates: dev.error is at most 1"),
    "seconds: < 8%": ("12", "gates: seconds is a plain number"),
}


@pytest.mark.parametrize(("entry", "told"), WRONG.items(), ids=WRONG)
def test_an_entry_that_is_none_is_told_where_it_stands(entry: str, told: tuple[str, str], tmp_path: Path) -> None:
    column, what = told
    path = write_spec(tmp_path, SMALL + f"    gates:\n      {entry}\n")
    lines = path.read_text().splitlines()
    first = refused(path)[0]
    assert first.startswith(f"{path}:{len(lines)}:{column}: "), first
    assert what in first


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    path = write_spec(tmp_path, SMALL + "    gates: {dev.eror: '< 1%', variance: 3, dev.error: '< 5%', seed: '< 1'}\n")
    assert sum(line.startswith(str(path)) for line in refused(path)) == 3


@pytest.mark.parametrize("value", ["3", "[]", "dev.error < 8%", "null"])
def test_gates_are_a_mapping(value: str, tmp_path: Path) -> None:
    path = write_spec(tmp_path, SMALL + f"    gates: {value}\n")
    assert "gates must be a mapping of quantity to condition" in refused(path)[0]


def test_regression_has_gates_of_its_own(tmp_path: Path) -> None:
    write_table(tmp_path)
    path = write_spec(tmp_path, REGRESSION)
    assert set_up(read_spec(path, ["gates={dev.error: < 8, dev.r2: '> 90%', dev.mae: < 5}"])).spec.gates
    assert "dev.macro_f1 is of classes" in refused(path, "gates.dev.macro_f1=>0.9")[0]
    assert "in the target's units" in refused(path, "gates.dev.error=<8%")[0]


@pytest.mark.parametrize(
    ("override", "gates"),
    [
        ('gates={dev.error: "< 5%"}', {"dev.error": "< 5%"}),
        ("gates.dev.error=<5%", {"dev.error": "< 5%"}),
        ("gates.dev.error= < 5%", {"dev.error": "< 5%"}),
        ("gates.dev.error=<=5%", {"dev.error": "<= 5%"}),
        ("gates.dev.macro_f1=>0.9", {"dev.macro_f1": "> 0.9"}),
        ('gates.dev.macro_f1=">= 0.9"', {"dev.macro_f1": ">= 0.9"}),
        ("gates.dev.error vs @last=not worse", {"dev.error vs @last": "not worse"}),
        ("gates.dev.error vs ../a.b/run=better", {"dev.error vs ../a.b/run": "better"}),
    ],
)
def test_gates_from_the_shell(override: str, gates: dict[str, str], tmp_path: Path) -> None:
    path = write_spec(tmp_path)
    assert written(path, override) == gates
    assert written(path, "gates={variance: < 3%}", override) == {"variance": "< 3%", **gates}


def test_a_slip_in_the_shell_is_told_there(tmp_path: Path) -> None:
    path = write_spec(tmp_path)
    assert refused(path, "gates.dev.eror=<5%")[0].startswith("-s 1: gates.dev.eror: unknown quantity 'dev.eror'")
    assert refused(path, "gates.dev.error=5%")[0].startswith("-s 1: gates.dev.error: gates.dev.error must be")
    assert refused(path, "gates.=<5%")[0].startswith("-s 1: must be KEY=VALUE")


def test_gates_are_written_and_merged(tmp_path: Path) -> None:
    base = write_spec(tmp_path, SMALL + '    gates: {dev.error: "< 8%", "dev.error vs @last": not worse}\n')
    child = write_spec(tmp_path, f"extends: {base.name}\ngates: {{dev.error: < 5%, epochs: <= 3}}\n", "child.yaml")
    spec = read_spec(child).spec
    assert spec.gates.written == {"dev.error": "< 5%", "dev.error vs @last": "not worse", "epochs": "<= 3"}
    (tmp_path / "again.yaml").write_text(to_yaml(spec))
    assert read_spec(tmp_path / "again.yaml").spec.gates == spec.gates
    assert "gates: {}" in to_yaml(read_spec(write_spec(tmp_path)).spec)
