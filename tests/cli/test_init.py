"""`dlrun init`: whatever table one has, the spec it writes is valid, and what it says of the table is true."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.experiment.assumptions import assumptions
from dlrun.experiment.first_look import look_at
from dlrun.experiment.first_network import first_network
from dlrun.experiment.first_spec import first_spec
from dlrun.experiment.setup import set_up
from dlrun.spec import read_spec
from tests.commands import Shell
from tests.strategies import texts

Values = st.SearchStrategy[list[str]]

PLACES = st.sampled_from(["north", "south", "east", "a b", "no", "1", "-", "é", "null", "'", "#", "x: y", "inf", "1e3", "true"])


@pytest.fixture
def dlrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


def columns_of(m: int) -> Values:
    """Draw one column of m cells: of numbers, words, codes, ids, dates, text, one value, with or without gaps."""
    floats = st.floats(-1e6, 1e6).map(lambda x: f"{x:.4g}")
    integers = st.integers(-50, 50).map(str)
    days = st.dates().map(str)
    codes = st.integers(0, 40).map(lambda k: f"{k:03}")
    gaps = st.sampled_from(["", "NA", "?"])
    slips = st.sampled_from(["-", "unknown", "n.a.", "."])
    sentences = st.lists(PLACES, min_size=3, max_size=9).map(" ".join)
    kinds = [floats, integers, PLACES, days, codes, sentences, floats | gaps, integers | gaps, PLACES | gaps, floats | slips]
    drawn = st.sampled_from(kinds).flatmap(lambda cells: st.lists(cells, min_size=m, max_size=m))
    counted, same = st.just([str(k) for k in range(m)]), floats.map(lambda x: [x] * m)
    named = st.just([f"row {k}" for k in range(m)])
    nothing = st.just([""] * m)
    return drawn | counted | same | named | nothing


def targets_of(m: int) -> Values:
    """Draw labels: two or three words, whole numbers, or real ones; not all alike."""
    reals = st.floats(-1e3, 1e3).map(lambda x: f"{x:.6g}")
    kinds = [st.sampled_from(words) for words in (["yes", "no"], ["a", "b", "c"], ["0", "1"], ["1.5", "2"])]
    labels = st.sampled_from([*kinds, reals]).flatmap(lambda cells: st.lists(cells, min_size=m, max_size=m))
    return labels.filter(lambda cells: len(set(cells)) > 1)


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Draw a table that can be read: unlike labels, and at least one column that a network may see."""
    m = draw(st.integers(5, 60))
    k = draw(st.integers(0, 5))
    names = draw(st.lists(texts.filter(lambda name: name.strip() not in {"", "fine", "y"}), min_size=k, max_size=k, unique=True))
    columns = [[f"{(7 * i) % 11}.5" for i in range(m)], *(draw(columns_of(m)) for _ in range(k))]
    labels = draw(targets_of(m))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["fine", *names, "y"])
    writer.writerows(zip(*columns, labels, strict=True))
    return file.getvalue()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=tables())
def test_of_any_table_it_writes_a_spec_that_is_valid(text: str, tmp_path: Path) -> None:
    table, spec = tmp_path / "t.csv", tmp_path / "t.yaml"
    table.write_text(text, encoding="utf-8")
    look = look_at({"path": str(table)}, "y")
    network = first_network(len(look.splits.train), len(look.splits.features), regression=look.target.regression)
    spec.write_text(first_spec(look, network, spec), encoding="utf-8")
    experiment = set_up(read_spec(spec))
    assert experiment.splits.sizes == look.splits.sizes
    assert experiment.splits.features == look.splits.features
    assert np.array_equal(experiment.splits.train.x, look.splits.train.x)
    assert {about for about, _ in assumptions(look, network)} >= {"data", "target", "split", "network"}


def house(k: int) -> str:
    """A row whose area tells the rent, with an id, a date, a few words and a gap here and there."""
    area, age = 30 + 7 * (k % 13), "" if k % 9 == 4 else k % 50
    return (
        f"{(k * 49) % 120 + 1000},{k % 4},{area}.5,{'ABC'[k % 3]}-street,{age},2024-01-{1 + k % 28:02},{300 + 40 * (k % 13)}.75\n"
    )


HOUSES = "id,rooms,area,street,age,sold,rent\n" + "".join(map(house, range(120)))


def test_it_writes_a_spec_and_says_what_it_assumed(dlrun: Shell, tmp_path: Path) -> None:
    Path("houses.csv").write_text(HOUSES)
    done = dlrun("init", "--data", "houses.csv")
    assert (done.code, done.out) == (0, "")
    for said in ("rent, the last column", "numbers with a fraction", "id: ", "sold: ", "age 13", "a leak?", "written to houses"):
        assert said in done.err
    assert "dlrun train houses.yaml" in done.err
    spec = read_spec("houses.yaml").spec
    source: Any = spec.data.source
    assert (source.target, source.drop, source.path) == ("rent", ("id", "sold"), str(tmp_path / "houses.csv"))
    assert spec.name == "houses"
    assert (spec.data.missing.kind, spec.loss if spec.loss == "auto" else spec.loss.kind) == ("impute", "squared_error")
    assert dlrun("validate", "houses.yaml").code == 0


def test_without_data_it_is_the_digits_on_stdout_if_asked(dlrun: Shell) -> None:
    done = dlrun("init", "--out", "-")
    assert "source: digits" in done.out
    assert "written to" not in done.err
    assert list(Path.cwd().iterdir()) == []
    Path("d.yaml").write_text(done.out)
    assert read_spec("d.yaml").spec.architecture.hidden[0].units == 64


def test_nothing_is_replaced_without_force(dlrun: Shell) -> None:
    Path("digits.yaml").write_text("mine")
    done = dlrun("init")
    assert done.code == 2
    assert "--force" in done.err
    assert Path("digits.yaml").read_text() == "mine"
    assert dlrun("init", "--force").code == 0
    assert "source: digits" in Path("digits.yaml").read_text()


def test_paths_start_at_the_spec(dlrun: Shell, tmp_path: Path) -> None:
    for folder in ("data here", "specs"):
        Path(folder).mkdir()
    Path("data here/h.csv").write_text(HOUSES)
    assert dlrun("init", "--data", "data here/h.csv", "--target", "area", "--out", "specs/h.yaml").code == 0
    assert "../data here/h.csv" in Path("specs/h.yaml").read_text()
    source: Any = read_spec("specs/h.yaml").spec.data.source
    assert Path(source.path).resolve() == tmp_path / "data here/h.csv"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--target", "y"], "which table"),
        (["--dev", "x.csv"], "needs one to train on"),
        (["--data", "x.csv"], "no such file"),
        (["--out", "-", "--format", "json"], "both go to stdout"),
        (["--out", "nowhere/x.yaml"], "there is no directory"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(dlrun: Shell, words: list[str], says: str) -> None:
    done = dlrun("init", *words)
    assert done.code == 2
    assert says in done.err
    assert list(Path.cwd().iterdir()) == []


def test_a_schema_beside_it_is_named_for_editors(dlrun: Shell) -> None:
    Path("dlrun.schema.json").write_text(dlrun("schema").out)
    assert dlrun("init").code == 0
    assert Path("digits.yaml").read_text().startswith("# yaml-language-server: $schema=dlrun.schema.json\n")


def test_json_is_the_contract(dlrun: Shell) -> None:
    Path("houses.csv").write_text(HOUSES)
    told = json.loads(dlrun("init", "--data", "houses.csv", "--format", "json").out)
    assert set(told) == {"spec", "target", "task", "examples", "columns", "leaks", "repeated"}
    assert (told["spec"], told["task"], told["examples"]) == ("houses.yaml", "regression", {"train": 72, "dev": 24, "test": 24})
    assert [column["name"] for column in told["columns"] if not column["used"]] == ["id", "sold"]
    assert told["leaks"][0]["column"] == "area"


def test_names_that_a_terminal_would_obey_are_written_out(dlrun: Shell) -> None:
    Path("t.csv").write_text("a,\x1b[31mred,y\n" + "".join(f"{k % 7}.5,{k % 3}.5,{'xy'[k % 2]}\n" for k in range(40)))
    done = dlrun("init", "--data", "t.csv")
    assert done.code == 0
    assert "\x1b" not in done.err + Path("t.yaml").read_text()
