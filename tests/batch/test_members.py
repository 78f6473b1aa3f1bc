"""Which files a batch means, whether they could run, and which need not."""

from pathlib import Path

import pytest

from dlrun.batch.members import ONE_THREAD, Checking, Complete, Part, spec_files, told_apart
from dlrun.errors import InvalidInput
from dlrun.experiment.setup import Experiment, set_up
from dlrun.seeding import derived_seeds
from dlrun.seeds.chance import seed_jobs
from dlrun.spec import read_spec
from tests.experiments import SMALL, train_run, write_spec


def checking(runs_dir: Path, *overrides: str, seeds: int = 1, workers: int = 1, complete: Complete | None = None) -> Checking:
    return Checking(
        overrides=overrides,
        variants=lambda loaded, changes: seed_jobs(loaded, changes, seeds) if seeds > 1 else [],
        runs_dir=runs_dir,
        workers=workers,
        complete=complete,
    )


def set_up_with(spec: Path, *overrides: str) -> Experiment:
    return set_up(read_spec(spec, (*overrides, ONE_THREAD)))


def test_directories_stand_for_their_specs_by_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "notes.md", "c.yaml"):
        write_spec(tmp_path, name=name)
    (tmp_path / "d.yaml").mkdir()
    assert [path.name for path in spec_files([tmp_path])] == ["a.yml", "b.yaml", "c.yaml"]
    assert [path.name for path in spec_files([tmp_path / "c.yaml", tmp_path / "b.yaml"])] == ["c.yaml", "b.yaml"]


def test_what_means_no_file_is_said_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    spec = write_spec(tmp_path)
    with pytest.raises(InvalidInput) as raised:
        spec_files([tmp_path / "empty", tmp_path / "none.yaml", tmp_path / "*.yaml", spec, spec])
    assert [problem.what for problem in raised.value.problems] == [
        "there is no spec in this directory", "there is no such file", "there is no such file", "this spec is named twice"
    ]  # fmt: skip
    assert raised.value.problems[2].cure == "the pattern matches no file"


def test_a_wrong_spec_is_a_member_that_says_why(tmp_path: Path) -> None:
    good, bad = write_spec(tmp_path), write_spec(tmp_path, "dat: digits", "bad.yaml")
    ask = checking(tmp_path / "runs", "seed=5")
    (first,), (second,) = ask.members_of(good), ask.members_of(bad)
    assert (first.name, first.overrides, first.wrong, first.part) == ("small", ("seed=5", ONE_THREAD), (), None)
    assert "did you mean 'data'" in str(second.wrong[0])


def test_a_spec_is_as_many_members_as_it_has_seeds(tmp_path: Path) -> None:
    found = checking(tmp_path / "runs", seeds=3).members_of(write_spec(tmp_path))
    assert [member.part for member in found] == [Part(number=k, of=3, seed=seed) for k, seed in enumerate(derived_seeds(3, 3), 1)]
    assert [member.label for member in found] == ["small 1/3", "small 2/3", "small 3/3"]
    assert all({"seeds=1", "data.seed=3", ONE_THREAD} <= set(member.overrides) for member in found)


def test_seeds_that_nobody_wants_are_not_trained(tmp_path: Path) -> None:
    (one,) = checking(tmp_path / "runs").members_of(write_spec(tmp_path, SMALL + "    seeds: 5\n"))
    assert "seeds=1" in one.overrides


def test_what_a_gate_compares_with_must_be_there_and_stay_the_same(tmp_path: Path) -> None:
    last, gone = "gates={dev.error vs @last: not worse}", "gates={dev.error vs nothing: not worse}"
    (member,) = checking(tmp_path / "runs", gone).members_of(write_spec(tmp_path))
    assert "nothing" in str(member.wrong[0])
    (member,) = checking(tmp_path / "runs", last, workers=2).members_of(write_spec(tmp_path))
    assert "2 begin side by side" in str(member.wrong[0])
    (member,) = checking(tmp_path / "runs", last).members_of(write_spec(tmp_path))
    assert not member.wrong


def test_two_specs_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    paths = [write_spec(tmp_path), write_spec(tmp_path / "other"), write_spec(tmp_path, name="third.yaml")]
    ask = checking(tmp_path / "runs", seeds=2)
    found = told_apart([member for path in paths for member in ask.members_of(path)])
    assert [member.name for member in found[::2]] == [f"{tmp_path.name}/small.yaml", "other/small.yaml", "third"]


def test_a_complete_run_of_the_same_spec_and_data_makes_another_needless(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, ONE_THREAD)
    asked = Complete(tmp_path / "runs")
    for overrides, found in (((), run.paths.id), (("seed=9",), None), (("data.source.noise=0.3",), None)):
        assert asked.like(set_up_with(tmp_path / "small.yaml", *overrides)) == found


def test_of_a_group_each_run_is_needed_or_not(tmp_path: Path) -> None:
    write_spec(tmp_path)
    second = seed_jobs(read_spec(tmp_path / "small.yaml"), [], 3)[1]
    run, _ = train_run(tmp_path, SMALL, *second.overrides)
    ask = checking(tmp_path / "runs", seeds=3, complete=Complete(tmp_path / "runs"))
    assert [member.complete for member in ask.members_of(tmp_path / "small.yaml")] == [None, run.paths.id, None]


def test_other_data_makes_it_needed_again(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,y\n" + "".join(f"{k % 9},{'yes' if k % 9 > 4 else 'no'}\n" for k in range(90)))
    text = "data: {source: {kind: csv, path: table.csv, target: y}}\ntraining: {epochs: 1}"
    run, _ = train_run(tmp_path, text, ONE_THREAD)
    before = set_up_with(tmp_path / "small.yaml")
    table.write_text(table.read_text().replace("8,yes", "8.5,yes"))
    after = set_up_with(tmp_path / "small.yaml")
    asked = Complete(tmp_path / "runs")
    assert (asked.like(before), asked.like(after)) == (run.paths.id, None)
