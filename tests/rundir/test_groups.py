from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from dlrun.errors import InvalidInput
from dlrun.rundir.groups import OF_NO_ACCOUNT, find_group, group_key, group_of, groups_beside, groups_of, key_of, siblings
from dlrun.rundir.listing import list_runs, read_run
from dlrun.rundir.record import Branch, RunRecord
from dlrun.statistics.student import student_score
from tests.stored_runs import SPEC, changed, spec_with, store_run


@pytest.mark.parametrize("address", OF_NO_ACCOUNT)
def test_what_moves_no_number_is_of_no_account(address: str) -> None:
    assert group_key(changed(SPEC, address, "other")) == group_key(SPEC)


def test_kernels_make_no_group() -> None:
    of_kinds = {group_key({**SPEC, "training": {**SPEC["training"], "kernels": kind}}) for kind in ("numpy", "numba")}
    assert len(of_kinds) == 1


@pytest.mark.parametrize(
    "other",
    [
        spec_with(learning_rate__initial=0.1),
        spec_with(architecture__hidden=[{"units": 64}]),
        spec_with(name="another"),
        spec_with(data={"seed": 7}),
        spec_with(training__epochs=41),
    ],
)
def test_any_other_key_makes_another_group(other: dict[str, Any]) -> None:
    assert group_key(other) != group_key(SPEC)


def test_neither_order_nor_what_is_null_matters() -> None:
    turned = dict(reversed(SPEC.items()))
    assert group_key(turned) == group_key(SPEC)
    assert group_key({**SPEC, "new_key_of_a_later_version": None, "data": {}}) == group_key({**SPEC, "data": {"seed": None}})


def test_runs_started_by_hand_belong_to_the_group(tmp_path: Path) -> None:
    for minute, tail in enumerate(("aaaa", "bbbb", "cccc")):
        store_run(tmp_path, minute, tail, dev_error=0.01 * (minute + 1), spec=spec_with(seed=minute))
    store_run(tmp_path, 3, "dddd", spec=spec_with(learning_rate__initial=0.1))
    alone, group = groups_of(list_runs(tmp_path))
    assert [len(alone.runs), len(group.runs)] == [1, 3]
    assert group.seeds == [2, 1, 0]
    assert not group.same_data
    mean = group.mean("dev_error")
    assert mean
    assert (mean.value, mean.n, mean.spread) == pytest.approx((0.02, 3, 0.01))
    assert mean.high - mean.value == pytest.approx(student_score(2) * 0.01 / sqrt(3))
    assert alone.mean("nothing") is None


def test_one_seed_trained_twice_counts_once(tmp_path: Path) -> None:
    store_run(tmp_path, 0, "aaaa", dev_error=0.01)
    store_run(tmp_path, 1, "bbbb", dev_error=0.02)
    store_run(tmp_path, 2, "cccc", dev_error=None, status="failed")
    (group,) = groups_of(list_runs(tmp_path))
    assert [run.paths.id[-4:] for run in group.runs] == ["bbbb"]  # the newest that is complete


def test_what_failed_is_in_the_group_and_not_in_the_mean(tmp_path: Path) -> None:
    store_run(tmp_path, 0, "aaaa", dev_error=0.01)
    store_run(tmp_path, 1, "bbbb", dev_error=None, status="diverged", spec=spec_with(seed=8))
    (group,) = groups_of(list_runs(tmp_path))
    mean = group.mean("dev_error")
    assert (len(group.runs), len(group.judged)) == (2, 1)
    assert mean
    assert (mean.n, mean.spread) == (1, None)


def test_neither_damaged_runs_nor_children_nor_folds_have_a_group(tmp_path: Path) -> None:
    damaged = store_run(tmp_path, 0, "aaaa")
    damaged.record.write_text("{")
    branch = Branch(parent="other", epoch=3, step=30, changes=("seed=1",))
    child = store_run(tmp_path, 1, "bbbb", branch=branch)
    store_run(tmp_path, 2, "cccc", spec={**SPEC, "data": {"split": {"fold": {"number": 1, "of": 5}}}})
    assert groups_of(list_runs(tmp_path)) == []
    assert key_of(RunRecord.load(child)) is None
    assert group_of(read_run(damaged), list_runs(tmp_path)) is None


def test_siblings_have_the_name_and_the_directory(tmp_path: Path) -> None:
    first = store_run(tmp_path, 0, "aaaa")
    second = store_run(tmp_path, 1, "bbbb", spec=spec_with(seed=8))
    other = store_run(tmp_path, 2, "cccc")
    other.root.rename(tmp_path / "20260131-120200-other-cccc")
    assert [run.paths.id for run in siblings(first)] == [second.id, first.id]
    group = group_of(read_run(first), siblings(first))
    assert group
    assert len(group.runs) == 2


def test_the_groups_of_several_runs_are_those_of_each(tmp_path: Path) -> None:
    a, b = store_run(tmp_path, 0, "aaaa"), store_run(tmp_path, 1, "bbbb", spec=spec_with(seed=8))
    other = store_run(tmp_path / "other", 2, "cccc")
    child = store_run(tmp_path, 3, "dddd", branch=Branch(parent="other", epoch=3, step=30, changes=("seed=1",)))
    runs = [read_run(paths) for paths in (a, other, child, b)]
    assert groups_beside(runs) == [group_of(run, siblings(run.paths)) for run in runs]
    assert [len(group.runs) if group else 0 for group in groups_beside(runs)] == [2, 1, 0, 2]


def test_an_older_record_is_grouped_by_what_it_says(tmp_path: Path) -> None:
    record = RunRecord.load(store_run(tmp_path, 0, "aaaa"))
    assert key_of(record) == key_of(replace(record, group="something"))


def test_a_group_is_found_by_any_of_its_runs_and_by_its_key(tmp_path: Path) -> None:
    first = store_run(tmp_path, 0, "aaaa")
    store_run(tmp_path, 1, "bbbb", spec=spec_with(seed=8))
    store_run(tmp_path, 2, "cccc", spec=spec_with(learning_rate__initial=0.1))
    for reference in ("aaaa", "bbbb", "@last~1", str(first.root), group_key(SPEC)):
        assert [run.paths.id[-4:] for run in find_group(reference, tmp_path).runs] == ["bbbb", "aaaa"]


def test_a_renamed_run_is_in_its_own_group(tmp_path: Path) -> None:
    store_run(tmp_path, 0, "aaaa").root.rename(tmp_path / "elsewhere")
    (run,) = find_group(str(tmp_path / "elsewhere"), tmp_path).runs
    assert run.paths.id == "elsewhere"


def test_what_has_no_group_is_said_to_have_none(tmp_path: Path) -> None:
    store_run(tmp_path, 0, "aaaa", branch=Branch(parent="other", epoch=3, step=30, changes=("seed=1",)))
    store_run(tmp_path, 1, "bbbb", spec={**SPEC, "data": {"split": {"fold": {"number": 1, "of": 5}}}})
    for reference, said in (
        ("aaaa", "aaaa has no group: it left its parent"),
        ("bbbb", "bbbb has no group: it is of folds"),
        ("0123456789", "there is no group '0123456789'"),
        ("zzzz", "there is no run 'zzzz'"),
    ):
        with pytest.raises(InvalidInput, match=said):
            find_group(reference, tmp_path)
