"""Which files a batch means, whether they could run, and which need not."""

from pathlib import Path

import pytest

from dlrun.batch.members import ONE_THREAD, Complete, members_of, spec_files
from dlrun.errors import InvalidInput
from tests.experiments import SMALL, train_run, write_spec


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
    (first, experiment), (second, nothing) = members_of([good, bad], ["seed=5"])
    assert experiment
    assert (first.name, first.overrides, first.wrong) == ("small", ("seed=5", ONE_THREAD), ())
    assert nothing is None
    assert "did you mean 'data'" in str(second.wrong[0])


def test_two_specs_of_one_name_are_told_apart_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    found = list(members_of([write_spec(tmp_path), write_spec(tmp_path / "other")], []))
    assert found[0][0].wrong == ()
    assert "it is called small, as" in found[1][0].wrong[0].what


def test_a_complete_run_of_the_same_spec_and_data_makes_another_needless(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path, SMALL, ONE_THREAD)
    asked = Complete(tmp_path / "runs")
    for overrides, found in (([], run.paths.id), (["seed=9"], None), (["data.source.noise=0.3"], None)):
        ((_, experiment),) = members_of([tmp_path / "small.yaml"], overrides)
        assert experiment
        assert asked.like(experiment) == found


def test_other_data_makes_it_needed_again(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,y\n" + "".join(f"{k % 9},{'yes' if k % 9 > 4 else 'no'}\n" for k in range(90)))
    text = "data: {source: {kind: csv, path: table.csv, target: y}}\ntraining: {epochs: 1}"
    run, _ = train_run(tmp_path, text, ONE_THREAD)
    ((_, before),) = members_of([tmp_path / "small.yaml"], [])
    table.write_text(table.read_text().replace("8,yes", "8.5,yes"))
    ((_, after),) = members_of([tmp_path / "small.yaml"], [])
    asked = Complete(tmp_path / "runs")
    assert before
    assert after
    assert (asked.like(before), asked.like(after)) == (run.paths.id, None)
