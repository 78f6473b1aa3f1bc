import json
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from dlrun.rundir.files import as_json
from dlrun.rundir.lineage import MOST_ABOVE, MOST_GENERATIONS, Family, family_of
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.families import store_child, store_curve
from tests.stored_runs import store_run

ERRORS = [0.5, 0.3, 0.2, 0.1]


@pytest.fixture
def family(tmp_path: Path) -> dict[str, RunPaths]:
    """Return a run, its children b and c, c's child d, and a stranger, by their tails."""
    a = store_run(tmp_path, 0, "aaaa")
    store_curve(a, ERRORS)
    b = store_child(tmp_path, a.id, 1, "bbbb", "seed=1", errors=ERRORS)
    c = store_child(tmp_path, a.id, 2, "cccc", errors=[0.5, 0.3, 0.05])
    d = store_child(tmp_path, c.id, 3, "dddd", epoch=3.0)
    return {"a": a, "b": b, "c": c, "d": d, "x": store_run(tmp_path, 4, "xxxx")}


def told(found: Family) -> list[tuple[int, str]]:
    return [(depth, relative.short) for depth, relative in found.members()]


TREE = [(0, "aaaa"), (1, "bbbb"), (1, "cccc"), (2, "dddd")]


def test_everybody_sees_the_same_tree_and_is_marked_in_it(family: dict[str, RunPaths], tmp_path: Path) -> None:
    for name in "abcd":
        found = family_of(family[name])
        assert told(found) == TREE
        assert [relative.id for _, relative in found.members() if relative.asked] == [family[name].id]
        assert found.notes == ()
    assert told(family_of(family["x"])) == [(0, "xxxx")]
    (tmp_path / "latest").symlink_to(family["d"].id)
    assert told(family_of(RunPaths(tmp_path / "latest"))) == TREE


def test_records_are_read_once(family: dict[str, RunPaths], monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    load = RunRecord.load

    def counted(paths: RunPaths) -> RunRecord:
        read.append(paths.id)
        return load(paths)

    monkeypatch.setattr(RunRecord, "load", counted)
    family_of(family["d"])
    assert sorted(read) == sorted(paths.id for paths in family.values())


def test_a_curve_is_a_childs_own_from_where_it_left(family: dict[str, RunPaths]) -> None:
    found = {relative.short: relative for _, relative in family_of(family["a"]).members()}
    assert found["aaaa"].own == [(1.0, 0.5), (2.0, 0.3), (3.0, 0.2), (4.0, 0.1)]
    assert found["cccc"].own == [(2.0, 0.3), (3.0, 0.05)]
    assert found["dddd"].own == []


def test_the_contract(family: dict[str, RunPaths]) -> None:
    tree = json.loads(as_json(family_of(family["c"]).to_json()))
    assert (tree["run"], tree["parent"], tree["branch"], tree["asked"]) == (family["a"].id, None, None, False)
    b, c = tree["children"]
    assert b["branch"] == {"epoch": 2.0, "step": 20, "changes": ["seed=1"]}
    assert (c["asked"], c["parent"], c["status"], c["epochs"]) == (True, family["a"].id, "completed", 40)
    assert (c["dev_error"], c["low"], c["high"], c["curve_of"]) == (0.02, 0.01, 0.04, "dev_error")
    assert c["curve"] == [[1.0, 0.5], [2.0, 0.3], [3.0, 0.05]]
    assert [child["run"] for child in c["children"]] == [family["d"].id]


def test_a_parent_that_is_gone_stands_above_the_children_it_left(family: dict[str, RunPaths]) -> None:
    rmtree(family["a"].root)
    found = family_of(family["d"])
    assert told(found) == [(0, family["a"].id), *TREE[1:]]
    assert (found.root.status, found.root.run, found.root.curve) == ("gone", None, [])


def test_a_damaged_parent_keeps_its_children_and_a_damaged_child_has_none_to_name(family: dict[str, RunPaths]) -> None:
    family["a"].record.write_text("{")
    found = family_of(family["d"])
    assert told(found) == TREE
    assert found.root.status == "damaged"
    family["b"].record.write_text("{")
    assert told(family_of(family["d"])) == [(0, "aaaa"), (1, "cccc"), (2, "dddd")]


def test_a_run_that_goes_on_is_as_good_as_it_was_until_now(tmp_path: Path) -> None:
    paths = store_run(tmp_path, status="interrupted", summary={})
    store_curve(paths, ERRORS)
    found = family_of(paths)
    assert (found.best_of(found.root), found.root.epochs) == (0.1, 4.0)
    store_curve(paths, ERRORS, "train_error")
    found = family_of(paths)
    assert (found.measure, found.best_of(found.root)) == ("train_error", None)


def test_a_run_of_another_name_finds_the_children_it_had_under_its_own(family: dict[str, RunPaths], tmp_path: Path) -> None:
    family["a"].root.rename(tmp_path / "here")
    assert [depth for depth, _ in told(family_of(RunPaths(tmp_path / "here")))] == [0, 1, 1, 2]
    assert [depth for depth, _ in told(family_of(family["d"]))] == [0, 1, 1, 2], "a child alone does not know the new name"


@pytest.mark.parametrize("length", [1, 2, 5])
def test_runs_that_descend_from_themselves_end_somewhere(tmp_path: Path, length: int) -> None:
    ids = [store_run(tmp_path / "names", minute).id for minute in range(length)]
    made = [store_child(tmp_path / "runs", ids[minute - 1], minute, "aaaa") for minute in range(length)]
    for paths in made:
        found = family_of(paths)
        assert sorted(relative.id for _, relative in found.members()) == sorted(ids)
        assert "the records are damaged" in found.notes[0]


def chain(runs_dir: Path, length: int) -> Iterator[RunPaths]:
    parent = store_run(runs_dir, 0)
    yield parent
    for minute in range(1, length):
        yield (parent := store_child(runs_dir, parent.id, minute, "aaaa"))


def test_a_chain_without_end_is_cut_and_can_be_printed(tmp_path: Path) -> None:
    runs = list(chain(tmp_path, MOST_ABOVE + MOST_GENERATIONS))
    below, above = family_of(runs[0]), family_of(runs[-1])
    assert max(depth for depth, _ in below.members()) == MOST_GENERATIONS
    assert "the youngest are left out" in below.notes[0]
    assert max(depth for depth, _ in above.members()) == MOST_ABOVE
    assert "the oldest are left out" in above.notes[0]
    assert as_json(below.to_json()).count('"run"') == MOST_GENERATIONS + 1
