import gc
import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dlrun.rundir.listing import list_runs, read_run, short_ids
from dlrun.rundir.locking import lock_run
from dlrun.rundir.references import find_run
from tests.stored_runs import START, store_run, summary


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    stored = [store_run(tmp_path, minute) for minute in (2, 0, 1)]
    assert [run.paths for run in list_runs(tmp_path)] == [stored[0], stored[2], stored[1]]


def test_a_directory_without_runs_or_none_at_all_has_none(tmp_path: Path) -> None:
    (tmp_path / "20260131-120000-digits-aaaa").mkdir()
    assert list_runs(tmp_path) == list_runs(tmp_path / "missing") == []


def test_listing_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    store_run(tmp_path)
    assert gc.isenabled()
    list_runs(tmp_path)
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("host", "held", "silent", "status"),
    [
        (socket.gethostname(), True, 1_000, "running"),
        (socket.gethostname(), False, 0, "lost"),
        ("elsewhere", False, 60, "running"),  # its lock may be held where nobody here can see it
        ("elsewhere", False, -60, "running"),  # its clock is ahead of ours
        ("elsewhere", False, 180, "lost"),
    ],
)
def test_a_run_is_lost_when_nobody_here_holds_it_or_another_host_is_silent(
    tmp_path: Path, host: str, held: bool, silent: int, status: str
) -> None:
    heartbeat = datetime.now(UTC) - timedelta(seconds=silent)
    paths = store_run(tmp_path, status="running", host=host, heartbeat=heartbeat)
    if held:
        with lock_run(paths):
            assert read_run(paths).status == status
    else:
        assert read_run(paths).status == status


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not the JSON"),
        ("{}", "schema"),
        ('{"schema": 99}', "newer"),
        (json.dumps({"schema": 1}), "more"),
        ("[" * 100_000, "not the JSON"),
    ],
)
def test_a_damaged_record_is_listed_with_the_reason(tmp_path: Path, content: str, said: str) -> None:
    good, bad = store_run(tmp_path, 0), store_run(tmp_path, 1)
    bad.record.write_text(content)
    damaged, healthy = list_runs(tmp_path)
    assert (damaged.paths, damaged.status, damaged.record) == (bad, "damaged", None)
    assert said in damaged.problem
    assert damaged.value("run") == bad.id
    assert damaged.value("dev_error") is damaged.value("optimizer.kind") is None
    assert (healthy.paths, healthy.status) == (good, "completed")


def test_a_fifo_for_a_record_makes_nobody_wait(tmp_path: Path) -> None:
    paths = store_run(tmp_path)
    paths.record.unlink()
    os.mkfifo(paths.record)
    assert list_runs(tmp_path) == []
    assert read_run(paths).status == "damaged"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("run", "20260131-120000-digits-aaaa"),
        ("name", "digits"),
        ("status", "completed"),
        ("dev_error", 0.02),
        ("dev_high", 0.04),
        ("dev_n", 359),
        ("train_error", 0.01),
        ("seconds", 1.5),
        ("started", START.isoformat()),
        ("epochs", 40),
        ("training.epochs", 40),
        ("optimizer.kind", "adam"),
        ("optimizer.beta", None),
        ("optimizer.kind.beta", None),
        ("training", {"epochs": 40, "early_stopping": None}),
        ("nothing", None),
    ],
)
def test_values_are_found_by_name_and_by_address(tmp_path: Path, key: str, value: Any) -> None:
    assert read_run(store_run(tmp_path)).value(key) == value


@pytest.mark.parametrize("dev", [None, 3, "low", [], {"error": "low"}, {"error": True}, {"error": None}, {"error": [1]}])
def test_a_summary_may_hold_anything(tmp_path: Path, dev: Any) -> None:
    run = read_run(store_run(tmp_path, summary=summary(0.1) | {"errors": {"dev": dev}, "verdict": dev, "metric": dev}))
    assert run.value("dev_error") is None
    assert run.value("dev_low") is None
    assert run.value("metric") is None
    assert run.value("verdict") in (None, [])


def test_a_short_id_can_be_typed(tmp_path: Path) -> None:
    for minute, tail in enumerate(["aaaa", "bbbb", "aaaa", "cccc"]):
        store_run(tmp_path, minute, tail)
    runs = list_runs(tmp_path)
    ids = short_ids(runs)
    assert sorted(map(len, ids.values())) == [4, 4, 27, 27]
    for run in runs:
        assert find_run(ids[run.paths.id], tmp_path) == run.paths
