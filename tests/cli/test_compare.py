import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.commands import Shell
from tests.stored_predictions import marked, store_estimates, store_pair, write_classified, write_estimated
from tests.stored_runs import spec_with, store_run

METRICS = "epoch,step,learning_rate,cost,train_loss,train_error,dev_loss,dev_error,weight_norm\n"


@pytest.fixture
def dlrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(monkeypatch, capsys)


def store_two() -> None:
    a, b = store_pair(Path("runs"), marked(200, *range(20)), marked(200, *range(16, 22)))
    for paths, factor in ((a, 1.0), (b, 0.5)):
        rows = [f"{e},{e},0.1,1,1,0.5,1,{factor / e},1\n" for e in range(1, 6)]
        paths.metrics.write_text(METRICS + "".join(rows))


def store_groups() -> None:
    """Store three seeds of each of two recipes: aaa1 to aaa3, which get 20 or so of 200 wrong, bbb1 to bbb3, which get 6."""
    for group, (tail, wrong) in enumerate((("aaa", 20), ("bbb", 6))):
        for seed in range(3):
            spec = spec_with(seed=seed, learning_rate__initial=0.1 * (1 + group), data__seed=7)
            minute = 10 * group + seed
            paths = store_run(Path("runs"), minute, f"{tail}{seed + 2}", dev_error=(wrong + seed) / 200, spec=spec)
            write_classified(paths, marked(200, *range(wrong + seed)))
            paths.metrics.write_text(
                METRICS + "".join(f"{e},{e},0.1,1,1,0.5,1,{wrong / 200 / e},1\n" for e in range(1, 4 + seed))
            )


def contract(dlrun: Shell, *words: object) -> dict[str, Any]:
    done = dlrun("compare", *words, "--format", "json")
    assert done.code == 0, done.err
    tree: dict[str, Any] = json.loads(done.out)
    return tree


def test_the_page_says_what_differs_and_whether_it_matters(dlrun: Shell) -> None:
    store_two()
    done = dlrun("compare", "aaaa", "@last")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split() == ["aaaa", "bbbb"]
    assert lines[1].split() == ["learning_rate.initial", "0.002", "0.1"]
    assert "seed" not in done.out.partition("bbbb is")[0]
    assert "bbbb is better than aaaa by 7.0 points [3.2, 11.8], p = 0.001" in done.out
    assert "of 200 dev examples 2 only bbbb gets wrong, 16 only aaaa" in done.out
    assert "dev error: ▁ is 10.00 %, █ above █ 100.00 %" in done.out


def test_no_real_difference_is_said_plainly(dlrun: Shell) -> None:
    store_pair(Path("runs"), marked(200, *range(20)), marked(200, *range(2, 21)))
    said = " ".join(dlrun("compare", "aaaa", "bbbb").out.split())
    told = "0.5 points [-1.9, 3.1] in favour of bbbb, p = 1.000; about 2,700 dev examples would decide"
    assert f"no real difference between aaaa and bbbb: {told}" in said


def test_json_is_the_contract(dlrun: Shell) -> None:
    store_two()
    tree = contract(dlrun, "aaaa", "bbbb")
    assert set(tree) == {"against", "metric", "dev_n", "keys", "runs", "comparisons", "notes"}
    (pair,) = tree["comparisons"]
    assert set(pair) == {"run", "against", "better", "only_wrong", "only_against_wrong", "error", "loss"}
    assert set(pair["error"]) == {"value", "low", "high", "p", "confidence", "real", "needed_n"}
    assert pair["better"] == pair["run"] == "20260131-120100-digits-bbbb"
    assert pair["error"]["value"] == pytest.approx(-0.07)
    assert tree["runs"][1]["spec"] == {"learning_rate.initial": 0.1}
    assert tree["runs"][1]["curve"][0] == [1.0, 0.5]


def test_the_others_are_held_against_the_one_that_is_named(dlrun: Shell) -> None:
    store_two()
    write_classified(store_run(Path("runs"), 2, "cccc"), marked(200, 7))
    tree = contract(dlrun, "aaaa", "bbbb", "cccc", "--against", "bbbb")
    assert tree["against"].endswith("bbbb")
    assert [pair["run"][-4:] for pair in tree["comparisons"]] == ["aaaa", "cccc"]
    assert [told["run"][-4:] for told in contract(dlrun, "aaaa", "bbbb", "--against", "cccc")["runs"]] == ["cccc", "aaaa", "bbbb"]
    assert "p is corrected for 2 comparisons (Holm)" in dlrun("compare", "aaaa", "bbbb", "cccc").out


def test_csv_is_a_row_a_run(dlrun: Shell) -> None:
    store_two()
    first, second = csv.DictReader(io.StringIO(dlrun("compare", "aaaa", "bbbb", "--format", "csv").out))
    assert (first["error_value"], first["against"]) == ("", "")
    assert float(second["error_value"]) == -14 / 200
    assert (second["against"], second["learning_rate.initial"], second["error_real"]) == (first["run"], "0.1", "True")


def test_markdown_has_the_same(dlrun: Shell) -> None:
    store_two()
    lines = dlrun("compare", "aaaa", "bbbb", "--format", "md").out.splitlines()
    assert lines[:3] == ["|  | aaaa | bbbb |", "| --- | --- | --- |", "| learning_rate.initial | 0.002 | 0.1 |"]
    assert any(line.startswith("**bbbb is better than aaaa by 7.0 points") for line in lines)


def test_regressions_are_compared_in_the_targets_units(dlrun: Shell) -> None:
    errors = np.random.default_rng(0).normal(size=200)
    for minute, factor in enumerate((1.0, 1.5)):
        write_estimated(store_estimates(Path("runs"), "ab"[minute] * 4, minute), np.arange(200.0), factor * errors)
    said = dlrun("compare", "aaaa", "bbbb").out
    assert "aaaa is better than bbbb by 0.4" in said
    assert "of RMSE, p < 0.001" in said
    assert "mean squared error: aaaa lower by" in said


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_curves_are_drawn(dlrun: Shell, ending: str) -> None:
    store_two()
    done = dlrun("compare", "aaaa", "bbbb", "--out", f"curves.{ending}")
    assert done.code == 0, done.err
    assert f"drawn in curves.{ending}" in done.err
    assert Path(f"curves.{ending}").stat().st_size > 5_000


def test_paths_and_other_directories_are_runs_too(dlrun: Shell) -> None:
    store_two()
    Path("runs/20260131-120100-digits-bbbb").rename("elsewhere")
    assert "elsewhere is better than aaaa" in dlrun("compare", "aaaa", "elsewhere").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["aaaa"], "needs two runs or more"),
        (["aaaa", "@last~1"], "aaaa is named twice"),
        (["aaaa", "zzzz", "yyyy"], "2 errors"),
        (["aaaa", "bbbb", "--out", "curves.gif"], "pictures end in"),
        (["aaaa", "cccc"], "cccc has no dev predictions: it is interrupted"),
    ],
)
def test_what_cannot_be_compared_is_refused(dlrun: Shell, words: list[str], said: str) -> None:
    store_two()
    store_run(Path("runs"), -9, "cccc", status="interrupted", dev_error=None)
    done = dlrun("compare", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_damage_is_a_failure_with_the_file(dlrun: Shell) -> None:
    store_two()
    damaged = Path("runs/20260131-120100-digits-bbbb/predictions/dev.csv")
    damaged.write_text(damaged.read_text() + "1,2\n")
    done = dlrun("compare", "aaaa", "bbbb")
    assert (done.code, done.out) == (1, "")
    assert "bbbb/predictions/dev.csv: this file is damaged: line 202 has 2 cells" in done.err


@pytest.mark.parametrize("output", ["text", "csv", "md", "json"])
def test_no_terminal_obeys_what_a_record_says(dlrun: Shell, output: str) -> None:
    hostile = "\x1b[31m\x07\x9b2J"
    a, b = store_pair(Path("runs"), marked(9, 1), marked(9, 2), tags=[hostile], **{hostile: hostile})
    b.root.rename(f"runs/{hostile}")
    done = dlrun("compare", a.root, f"runs/{hostile}", "--format", output)
    assert done.code == 0, done.err
    assert done.out.replace("\n", "").isprintable()


def test_many_runs_stand_in_blocks(dlrun: Shell) -> None:
    for minute in range(9):
        write_classified(store_run(Path("runs"), minute, f"run{'abcdefghi'[minute]}"), marked(50, minute))
    out = dlrun("compare", *(f"run{c}" for c in "abcdefghi")).out
    assert all(len(line) <= 120 for line in out.splitlines())
    assert out.count("train error") == 2
    assert out.count("no real difference between runa and") == 8


def test_seeds_stand_for_their_recipe(dlrun: Shell) -> None:
    store_groups()
    done = dlrun("compare", "aaa3", "bbb2", "--seeds")
    assert done.code == 0, done.err
    rows = {line[:22].strip(): line[22:].split() for line in done.out.splitlines()[:12]}
    assert rows[""] == ["aaa3", "bbb2"]
    assert rows["learning_rate.initial"] == ["0.1", "0.2"]
    assert rows["seeds"] == ["3", "3"]
    assert rows["dev error"] == ["10.50", "%", "3.50", "%"]
    assert rows["spread"] == ["0.50", "0.50"]
    assert "the recipe of bbb2 is better than that of aaa3 by 7.0 points" in done.out
    assert "of the uncertainty (variance)" in done.out
    assert "3 epochs" in done.out  # those that all seeds have


@pytest.mark.parametrize("reference", ["bbb4", "@last", "key"])
def test_any_run_and_the_key_mean_the_group(dlrun: Shell, reference: str) -> None:
    store_groups()
    groups = json.loads(dlrun("ls", "--groups", "--format", "json").out)
    keys = {group["runs"][0]["run"][-4:]: group["group"] for group in groups}
    tree = contract(dlrun, "aaa2", keys["bbb2"] if reference == "key" else reference, "--seeds")
    assert [told["group"] for told in tree["groups"]] == [keys["aaa2"], keys["bbb2"]]
    assert tree["comparisons"][0]["better"] == keys["bbb2"]
    assert len(tree["groups"][0]["curve"]) == 3


def test_a_run_that_its_seed_trained_again_stands_for_is_called_by_its_own_name(dlrun: Shell) -> None:
    store_groups()
    spec = spec_with(seed=1, learning_rate__initial=0.1, data__seed=7)
    write_classified(store_run(Path("runs"), 50, "cccc", spec=spec), marked(200, *range(21)))
    assert "the recipe of bbb2 is better than that of aaa3" in dlrun("compare", "aaa3", "bbb2", "--seeds").out


def test_groups_are_held_against_the_one_that_is_named(dlrun: Shell) -> None:
    store_groups()
    tree = contract(dlrun, "aaa2", "--against", "bbb2", "--seeds")
    assert tree["comparisons"][0]["error"]["value"] == pytest.approx(14 / 200)
    assert contract(dlrun, "aaa2", "bbb2", "--against", "bbb4", "--seeds")["comparisons"] == tree["comparisons"]


def test_groups_as_csv_markdown_and_picture(dlrun: Shell) -> None:
    store_groups()
    first, second = csv.DictReader(io.StringIO(dlrun("compare", "aaa2", "bbb2", "--seeds", "--format", "csv").out))
    assert (first["seeds"], first["error_value"], second["error_real"]) == ("3", "", "True")
    page = dlrun("compare", "aaa2", "bbb2", "--seeds", "--format", "md", "--out", "curves.svg")
    assert page.out.startswith("|  | aaa2 | bbb2 |\n")
    assert "**the recipe of bbb2 is better than that of aaa2 by" in page.out
    assert "the mean of 3 seeds" in Path("curves.svg").read_text()


def test_runs_are_told_that_their_seeds_could_say_more(dlrun: Shell) -> None:
    store_groups()
    said = " ".join(dlrun("compare", "aaa2", "bbb3").out.split())
    assert "aaa2 is one of 3 seeds, bbb3 is one of 3 seeds: with --seeds each run stands for all seeds of its group" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["aaa2"], "needs two groups or more"),
        (["aaa2", "aaa3"], "aaa2 and aaa3 mean one group"),
        (["aaa2", "cccc"], "the group of cccc has 1 completed seed"),
        (["aaa2", "zzzz", "0123456789"], "2 errors"),
        (["aaa2", "dddd"], "dddd has no dev predictions: it has no dev part"),
    ],
)
def test_groups_that_cannot_be_compared_are_refused(dlrun: Shell, words: list[str], said: str) -> None:
    store_groups()
    write_classified(store_run(Path("runs"), -9, "cccc"), marked(200, 1))
    store_run(Path("runs"), -8, "dddd", dev_error=None, spec=spec_with(name="other"))
    done = dlrun("compare", *words, "--seeds")
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize("output", ["text", "csv", "md", "json"])
def test_no_terminal_obeys_what_the_records_of_a_group_say(dlrun: Shell, output: str) -> None:
    hostile = "\x1b[31m\x07\x9b2J"
    for group, minute in ((0, 0), (1, 10)):
        for seed in range(2):
            spec = spec_with(seed=seed, tags=[hostile], **{hostile: f"{hostile}{group}"})
            paths = store_run(Path("runs"), minute + seed, f"{'ab'[group] * 3}{seed + 2}", spec=spec, name=hostile)
            write_classified(paths, marked(9, seed))
    done = dlrun("compare", "aaa2", "bbb2", "--seeds", "--format", output)
    assert done.code == 0, done.err
    assert done.out.replace("\n", "").isprintable()
