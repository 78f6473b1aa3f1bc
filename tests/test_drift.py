from typing import Any

import numpy as np
import pytest
from scipy import stats

from dlrun.data.findings import Finding
from dlrun.data.raw import Category, RawData, RawExamples, Selection, feature_names, row_numbers
from dlrun.drift import drift

Tables = dict[str, Any]
WORDS = (Category(name="colour", words=("red", "green", "blue")),)


def table(rng: np.random.Generator, m: int, *, shift: float = 0.0, spread: float = 1.0) -> Any:
    """Return five columns of unlike shapes; the first is shifted and the second spread."""
    moving = [rng.standard_normal(m) + shift, spread * rng.standard_normal(m)]
    return np.stack([*moving, rng.exponential(size=m), rng.integers(0, 3, m), rng.uniform(size=m)], axis=1)


def compare(
    x: Tables, codes: Tables | None = None, y: Tables | None = None, *, regression: bool = False, seed: int = 0
) -> dict[tuple[str, ...], Finding]:
    """Return the findings by their parts; all parts come from files of their own."""
    labels = y or {part: row_numbers(len(rows)) % 2 for part, rows in x.items()}
    examples = {
        part: RawExamples(x=rows, codes=codes[part] if codes else None, y=labels[part], ids=row_numbers(len(rows)), label="y")
        for part, rows in x.items()
    }
    n = x["train"].shape[1]
    raw = RawData(name="t", parts=examples, features=feature_names(n), categories=WORDS if codes else (), images=False, sha256="")
    chosen = {part: Selection(raw=raw, part=part, rows=row_numbers(len(rows))) for part, rows in x.items()}
    return {found.parts: found for found in drift(chosen, labels, inputs, seed, regression=regression)}


def inputs(selection: Selection) -> Any:
    return np.nan_to_num(selection.examples.x[selection.rows])


def moved(finding: Finding) -> list[str]:
    return [column["name"] for column in finding.facts["moved"]]


def test_parts_from_one_distribution_raise_no_alarm_more_often_than_the_level() -> None:
    """5 % for each pair of parts: 2.5 % for its 31 columns together, 2.5 % for the classifier."""
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sizes = {"train": 120, "dev": 60, "test": 60}
        many = {part: np.hstack([table(rng, m), rng.standard_normal((m, 25))]) for part, m in sizes.items()}
        found = compare(many, seed=seed)
        alarms += found["dev", "test"].severity != "fine"
        alarms += found["train", "dev"].severity != "fine"
    assert alarms <= 32  # 5 % of 400 and three standard errors


@pytest.mark.parametrize(
    ("change", "column"), [({"shift": 0.5}, "x1"), ({"spread": 2.0}, "x2")], ids=["a shift", "a wider spread"]
)
def test_a_column_that_moved_is_named(change: dict[str, float], column: str) -> None:
    rng = np.random.default_rng(1)
    x = {"train": table(rng, 900), "dev": table(rng, 600), "test": table(rng, 600, **change)}
    found = compare(x)
    assert moved(found["dev", "test"]) == [column]
    assert found["dev", "test"].severity == "error"
    assert f"'{column}' (" in found["dev", "test"].message
    assert found["train", "dev"].severity == "fine"
    j = int(column[1]) - 1
    theirs = stats.ks_2samp(x["dev"][:, j], x["test"][:, j])
    assert found["dev", "test"].facts["moved"][0]["distance"] == pytest.approx(theirs.statistic)
    assert found["dev", "test"].facts["classifier"]["low"] > 0.5


def test_words_gaps_and_labels_move_too() -> None:
    rng = np.random.default_rng(2)
    x = {part: table(rng, 800) for part in ("train", "dev", "test")}
    x["dev"][rng.uniform(size=800) < 0.3, 4] = np.nan
    codes = {part: rng.choice(3, size=(800, 1), p=p) for part, p in
             {"train": [0.5, 0.3, 0.2], "dev": [0.2, 0.3, 0.5], "test": [0.5, 0.3, 0.2]}.items()}  # fmt: skip
    y = {"train": rng.integers(0, 2, 800), "dev": (rng.uniform(size=800) < 0.8).astype(np.int64), "test": rng.integers(0, 2, 800)}
    found = compare(x, codes, y)["train", "dev"]
    assert set(moved(found)) == {"colour", "x5=(missing)", "(label)"}
    assert found.severity == "warning"  # train may come from elsewhere: it explains, and ends nothing
    assert found.facts["tests"] == 5 + 1 + 1 + 1


def test_targets_that_moved_are_found() -> None:
    rng = np.random.default_rng(3)
    x = {part: table(rng, 500) for part in ("train", "dev")}
    y = {"train": rng.standard_normal(500), "dev": rng.standard_normal(500) + 1}
    assert moved(compare(x, y=y, regression=True)["train", "dev"]) == ["(label)"]


def test_what_is_sure_but_small_is_not_told() -> None:
    rng = np.random.default_rng(4)
    x = {"train": table(rng, 2500), "dev": table(rng, 2500, shift=0.15)}
    assert stats.ks_2samp(x["train"][:, 0], x["dev"][:, 0]).pvalue < 0.001
    assert compare(x)["train", "dev"].severity == "fine"


def test_a_change_that_no_single_column_shows_is_left_to_the_classifier() -> None:
    rng = np.random.default_rng(5)
    x = {"train": rng.standard_normal((2500, 40)), "dev": rng.standard_normal((2500, 40)) + 0.1}
    found = compare(x)["train", "dev"]
    assert (moved(found), found.severity) == ([], "warning")
    assert "no single column differs; a small classifier" in found.message


def test_parts_split_off_one_file_are_not_compared() -> None:
    rng = np.random.default_rng(6)
    whole = RawExamples(x=table(rng, 100), y=np.zeros(100), ids=row_numbers(100), label="y")
    raw = RawData(name="t", parts={"all": whole}, features=feature_names(5), images=False, sha256="")
    rows = {"train": np.arange(50), "dev": np.arange(50, 100)}
    chosen = {part: Selection(raw=raw, part="all", rows=chosen) for part, chosen in rows.items()}
    labels = {part: np.zeros(50, dtype=np.int64) for part in chosen}
    assert not list(drift(chosen, labels, inputs, 0, regression=False))


def test_without_dev_test_is_held_against_train_and_with_it_against_dev() -> None:
    rng = np.random.default_rng(7)
    x = {part: table(rng, 60) for part in ("train", "train_dev", "dev", "test")}
    assert set(compare(x)) == {("dev", "test"), ("train", "train_dev"), ("train", "dev")}
    del x["dev"]
    assert set(compare(x)) == {("train", "train_dev"), ("train", "test")}


def test_few_rows_and_empty_columns_are_no_trouble() -> None:
    gaps = np.full((5, 1), np.nan)
    found = compare({"train": gaps, "dev": gaps[:2]})["train", "dev"]
    assert (found.severity, found.facts["classifier"]) == ("fine", None)
    nothing = compare({"train": np.zeros((30, 1)), "dev": np.zeros((30, 1))})["train", "dev"]
    assert nothing.severity == "fine"


def test_of_many_columns_and_rows_some_are_compared_and_the_seed_decides_which() -> None:
    rng = np.random.default_rng(8)
    x = {
        "train": rng.standard_normal((2600, 1200)).astype(np.float32),
        "dev": rng.standard_normal((2600, 1200)).astype(np.float32),
    }
    first, again, other = (compare(x, seed=seed)["train", "dev"] for seed in (1, 1, 2))
    assert first == again != other
    assert first.facts["rows"] == {"train": 2500, "dev": 2500}
    assert (first.facts["tests"], first.facts["columns"]) == (1001, 1200)
