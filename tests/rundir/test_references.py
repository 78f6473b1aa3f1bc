import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlrun.errors import InvalidInput
from dlrun.rundir.listing import runs_in
from dlrun.rundir.references import find_run
from tests.stored_runs import store_run, summary

OLD, MIDDLE, NEW = "20260130-090000-moons-aaaa", "20260131-120000-digits-k3fq", "20260131-120000-digits-b2b2"


def make_run(directory: Path, written: int = 0) -> None:
    directory.mkdir(parents=True)
    (directory / "run.json").write_text("{}")
    (directory / "spec.yaml").write_text("")
    os.utime(directory / "spec.yaml", (written, written))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three runs, two of them from one second, and everything that is none; the working directory is beside them."""
    home = tmp_path_factory.mktemp("home")
    for written, name in enumerate([OLD, MIDDLE, NEW]):
        make_run(home / "runs" / name, written)
    make_run(home / "20260201-000000-outside-aaaa")
    make_run(home / "runs" / "not-an-id")
    (home / "runs" / "20260202-000000-nothing-aaaa").mkdir()
    (home / "runs" / "20260203-000000-file-aaaa").write_text("")
    (home / "runs" / "20260204-000000-link-aaaa").symlink_to(home / "20260201-000000-outside-aaaa")
    (home / "runs" / "latest").symlink_to(NEW)
    (home / "work").mkdir()
    before = Path.cwd()
    os.chdir(home / "work")
    yield home / "runs"
    os.chdir(before)


def test_runs_are_listed_by_age_and_nothing_else_is(runs: Path) -> None:
    assert [run.id for run in runs_in(runs)] == [OLD, MIDDLE, NEW]


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        (MIDDLE, MIDDLE),
        ("20260130", OLD),
        ("20260131-120000-digits-k", MIDDLE),
        ("k3fq", MIDDLE),
        ("b2", NEW),
        ("moons-aaaa", OLD),
        ("@last", NEW),
        ("@last~0", NEW),
        ("@last~1", MIDDLE),
        ("@last~2", OLD),
    ],
)
def test_a_reference_finds_its_run(runs: Path, reference: str, meant: str) -> None:
    assert find_run(reference, runs).root == runs / meant


def test_a_path_finds_a_run_wherever_it_is(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = runs.parent / "20260201-000000-outside-aaaa"
    assert find_run(str(outside), runs).root == outside
    assert find_run("../20260201-000000-outside-aaaa", runs).root.resolve() == outside.resolve()
    assert find_run(str(runs / "latest"), runs).root.resolve() == (runs / NEW).resolve()
    monkeypatch.chdir(runs.parent)
    assert find_run(outside.name, runs).root.resolve() == outside.resolve()
    monkeypatch.chdir(outside)
    assert find_run(".", runs).root.resolve() == outside.resolve()


def test_an_ambiguous_reference_lists_what_it_may_mean_newest_first(runs: Path) -> None:
    with pytest.raises(InvalidInput, match="means 2 runs") as raised:
        find_run("20260131", runs)
    assert raised.value.problems[0].excerpt == (f"   {NEW}", f"   {MIDDLE}")


@pytest.mark.parametrize(("reference", "suggested"), [("digits", MIDDLE), ("20260130-090000-mons-aaaa", OLD), ("oons", OLD)])
def test_an_unknown_reference_gets_suggestions(runs: Path, reference: str, suggested: str) -> None:
    with pytest.raises(InvalidInput, match="did you mean") as raised:
        find_run(reference, runs)
    assert f"   {suggested}" in raised.value.problems[0].excerpt


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "@best~1",
        "@bst",
        "@last~",
        "@last~-1",
        "@last~٣",
        "@last~9999999999",
        "@last~3",
        "zzzz",
        "./missing",
        "..",
        "x" * 5_000,
        "/" + "x" * 5_000,
    ],
)
def test_what_is_no_reference_is_refused_with_a_cure(runs: Path, reference: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        find_run(reference, runs)
    problem = raised.value.problems[0]
    assert problem.cure or problem.where


@pytest.mark.parametrize("reference", ["\x1b[31m", "@\x1b[31m", "/\x1b[31m", "2026\x1b[31m"])
def test_control_characters_do_not_reach_the_terminal(runs: Path, reference: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        find_run(reference, runs)
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize("reference", ["@last", "@best", "abc"])
@pytest.mark.parametrize("exists", [True, False])
def test_before_the_first_run_the_cure_is_to_make_one(tmp_path: Path, reference: str, exists: bool) -> None:
    if exists:
        (tmp_path / "runs").mkdir()
    with pytest.raises(InvalidInput, match="no runs yet") as raised:
        find_run(reference, tmp_path / "runs")
    assert "dlrun train" in raised.value.problems[0].cure


def test_best_is_the_completed_run_with_the_lowest_dev_error(tmp_path: Path) -> None:
    store_run(tmp_path, 0, dev_error=0.03)
    best = store_run(tmp_path, 1, dev_error=0.01)
    store_run(tmp_path, 2, dev_error=0.02)
    store_run(tmp_path, 3, dev_error=None)
    store_run(tmp_path, 4, dev_error=0.001, status="interrupted")
    store_run(tmp_path, 5).record.write_text("{")
    assert find_run("@best", tmp_path) == best


@pytest.mark.parametrize(
    ("losses", "best"), [((0.3, 0.1, 0.2), 1), ((0.1, 0.1, 0.2), 0), ((None, 0.1, 0.2), 1), ((None,) * 3, 0)]
)
def test_of_equally_good_runs_the_lower_loss_decides_then_the_earliest(
    tmp_path: Path, losses: tuple[float | None, ...], best: int
) -> None:
    stored = [store_run(tmp_path, minute, summary=summary(0.01, loss)) for minute, loss in enumerate(losses)]
    assert find_run("@best", tmp_path) == stored[best]


def test_without_a_dev_error_there_is_no_best_run(tmp_path: Path) -> None:
    store_run(tmp_path, dev_error=None)
    with pytest.raises(InvalidInput, match="no completed run has a dev error"):
        find_run("@best", tmp_path)


def test_error_rates_and_root_mean_square_errors_are_not_compared(tmp_path: Path) -> None:
    for minute, metric in enumerate(["error_rate", "rmse"]):
        store_run(tmp_path, minute, summary=summary(0.01, metric=metric))
    with pytest.raises(InvalidInput, match="cannot be compared") as raised:
        find_run("@best", tmp_path)
    assert "--where metric=error_rate" in raised.value.problems[0].cure


hostile = st.text() | st.lists(
    st.sampled_from(
        [
            "..",
            "/",
            "~",
            ".",
            "@",
            "last",
            "latest",
            "\0",
            "\n",
            "\x1b[31m",
            OLD,
            NEW,
            "20260201-000000-outside-aaaa",
            "*",
            "work",
        ]
    )
).map("".join)


@given(reference=hostile)
@example("../20260201-000000-outside-aaaa")
@example(f"{NEW}/../../20260201-000000-outside-aaaa")
@example("20260201-000000-outside-aaaa")
@example("20260204-000000-link-aaaa")
def test_no_id_leads_out_of_the_directory_of_runs(runs: Path, reference: str) -> None:
    try:
        found = find_run(reference, runs)
    except InvalidInput:
        return
    if "/" in reference:  # a path: it is what the user wrote, no more
        assert found.root == Path(reference)
    else:
        assert found.root.parent == runs
        assert found.id in {OLD, MIDDLE, NEW}
