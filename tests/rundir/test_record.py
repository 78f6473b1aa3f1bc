import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.errors import DlrunError
from dlrun.rundir import record
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import Branch, Kind, Look, Resumption, RunRecord, Status

START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
MINIMAL = RunRecord(run="r", name="digits", status="running", started=START, pid=1, host="here", heartbeat=START)
FULL = replace(
    MINIMAL,
    status="completed",
    stop_reason="all epochs done",
    ended=START,
    seconds=1.5,
    argv=("dlrun", "train", "digits.yaml"),
    overrides=("seed=3",),
    parent="another",
    branch=Branch(parent="another", epoch=2.5, step=40, changes=("learning_rate.initial=3e-4",)),
    group="3f2a91c0d4",
    resumptions=(Resumption(time=START, step=40, allowed=("numpy was 2.0 when the run began, and is 2.1 now",)),),
    spec={"name": "digits", "architecture": {"hidden": [64, 32]}},
    summary={"best_epoch": 7, "errors": {"dev": {"error": 0.02, "low": 0.01, "high": None, "n": 359}}, "verdict": []},
    test_looks=(Look(time=START, part="test", error=0.03, low=0.02, high=0.05, n=360),),
)

text = st.text(st.characters(codec="utf-8"))
times = st.datetimes(timezones=st.just(UTC))
numbers = st.floats(0, 1e9)
looks = st.builds(Look, time=times, part=text, error=numbers, low=numbers, high=st.none() | numbers, n=st.integers(1))
json_trees = st.dictionaries(text, st.none() | st.integers() | st.lists(numbers) | st.dictionaries(text, text))
records = st.builds(
    RunRecord,
    run=text,
    kind=st.sampled_from(get_args(Kind)),
    name=text,
    status=st.sampled_from(get_args(Status)),
    stop_reason=st.none() | text,
    started=times,
    ended=st.none() | times,
    seconds=st.none() | numbers,
    pid=st.integers(1),
    host=text,
    heartbeat=times,
    argv=st.lists(text).map(tuple),
    overrides=st.lists(text).map(tuple),
    parent=st.none() | text,
    branch=st.none() | st.builds(Branch, parent=text, epoch=numbers, step=st.integers(0), changes=st.lists(text).map(tuple)),
    group=st.none() | text,
    resumptions=st.lists(
        st.builds(Resumption, time=times, step=st.integers(0), allowed=st.lists(text).map(tuple)), max_size=3
    ).map(tuple),
    spec=json_trees,
    summary=json_trees,
    test_looks=st.lists(looks, max_size=3).map(tuple),
)


def stored(directory: Path, tree: Any) -> RunPaths:
    paths = RunPaths(directory)
    paths.record.write_text(json.dumps(tree))
    return paths


def tree_of(run: RunRecord, directory: Path) -> dict[str, Any]:
    run.save(RunPaths(directory))
    tree: dict[str, Any] = json.loads(RunPaths(directory).record.read_text())
    return tree


@settings(max_examples=50)  # each of them waits for the disk
@given(run=records)
def test_a_record_comes_back_as_it_was_saved(run: RunRecord, tmp_path_factory: pytest.TempPathFactory) -> None:
    paths = RunPaths(tmp_path_factory.mktemp("run"))
    run.save(paths)
    assert RunRecord.load(paths) == run


def test_every_field_is_stored_and_read(tmp_path: Path) -> None:
    names = [entry.name for entry in fields(RunRecord)]
    assert list(tree_of(FULL, tmp_path)) == ["schema", *names]
    assert list(record.RECORD) == names
    for readers, part in ((record.LOOK, Look), (record.BRANCH, Branch), (record.RESUMPTION, Resumption)):
        assert list(readers) == [entry.name for entry in fields(part)]


@pytest.mark.parametrize("schema", [4, 99])
def test_a_newer_schema_is_refused_with_a_sentence(tmp_path: Path, schema: int) -> None:
    paths = stored(tmp_path, {"schema": schema, "something": "new"})
    with pytest.raises(DlrunError, match=f"a newer dlrun wrote this run: its schema is {schema}") as raised:
        RunRecord.load(paths)
    assert raised.value.problems[0].where == str(paths.record)
    assert raised.value.problems[0].cure


@pytest.mark.parametrize("schema", [None, 0, "1", [1], {}])
def test_an_unknown_schema_is_refused(tmp_path: Path, schema: Any) -> None:
    with pytest.raises(DlrunError, match="the schema must be 3"):
        RunRecord.load(stored(tmp_path, tree_of(FULL, tmp_path) | {"schema": schema}))


@pytest.mark.parametrize("key", record.RECORD)
def test_a_missing_field_is_named(tmp_path: Path, key: str) -> None:
    tree = tree_of(FULL, tmp_path)
    del tree[key]
    with pytest.raises(DlrunError, match=f"{key} is missing"):
        RunRecord.load(stored(tmp_path, tree))


@pytest.mark.parametrize("key", record.RECORD)
@pytest.mark.parametrize("wrong", [True, [True], [{}]])
def test_a_wrong_type_is_named(tmp_path: Path, key: str, wrong: Any) -> None:
    tree = tree_of(FULL, tmp_path)
    with pytest.raises(DlrunError, match=f"{key} must"):
        RunRecord.load(stored(tmp_path, tree | {key: wrong}))


@pytest.mark.parametrize(
    ("key", "wrong", "said"),
    [
        ("status", "finished", "must be one of running, completed"),
        ("started", "yesterday", "must be a time"),
        ("started", "2026-01-31T12:00:00", "with its zone"),
        ("test_looks", [{"part": "test"}], "time is missing"),
        ("pid", 1.0, "whole number"),
        ("mood", "good", "unknown key 'mood'"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, key: str, wrong: Any, said: str) -> None:
    tree = tree_of(FULL, tmp_path)
    with pytest.raises(DlrunError, match=said):
        RunRecord.load(stored(tmp_path, tree | {key: wrong}))


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(DlrunError) as raised:
        RunRecord.load(stored(tmp_path, {"schema": 3}))
    assert len(raised.value.problems) == len(record.RECORD)


def test_a_record_of_the_first_schema_is_read(tmp_path: Path) -> None:
    tree = tree_of(FULL, tmp_path) | {"schema": 1}
    del tree["branch"], tree["resumptions"]
    assert RunRecord.load(stored(tmp_path, tree)) == replace(FULL, branch=None, resumptions=())


@pytest.mark.parametrize("content", ["", "{", "[]", "\0"])
def test_a_broken_record_is_an_error_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(DlrunError, match=r"run\.json"):
        RunRecord.load(RunPaths(tmp_path))


def test_a_record_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    FULL.save(RunPaths(tmp_path))
    whole = (tmp_path / "run.json").read_bytes().rstrip()
    for length in range(len(whole)):
        (tmp_path / "run.json").write_bytes(whole[:length])
        with pytest.raises(DlrunError):
            RunRecord.load(RunPaths(tmp_path))


@pytest.mark.parametrize(
    ("key", "written", "what"),
    [
        ("name", json.dumps("x" * 200_000), "name must be text of 131,072 characters at most"),
        ("seconds", "1e999", "seconds must be a finite number"),
        ("started", '"0001-01-01T00:00:00+23:59"', "started date value out of range"),
        ("spec", json.dumps({f"a{k}": k for k in range(50_000)}), "spec must hold no more than 50,000 values in 50 levels"),
        ("summary", '{"a":' * 60 + "1" + "}" * 60, "summary must hold no more than 50,000 values in 50 levels"),
        ("spec", json.dumps({"a": ["x" * 200_000]}), "spec must hold texts of 131,072 characters at most"),
    ],
)
def test_a_record_holds_no_more_than_a_run_writes(tmp_path: Path, key: str, written: str, what: str) -> None:
    FULL.save(RunPaths(tmp_path))
    path = RunPaths(tmp_path).record
    tree = json.loads(path.read_text()) | {key: "HERE"}
    path.write_text(json.dumps(tree).replace('"HERE"', written))
    with pytest.raises(DlrunError, match=what):
        RunRecord.load(RunPaths(tmp_path))
