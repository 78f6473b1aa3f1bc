from typing import Any

from dlrun.report.compared_groups import csv_rows, details, page, sentence

NAMES = {"k1": "aaaa", "k2": "bbbb"}


def told(key: str, seeds: int) -> dict[str, Any]:
    figures = {"train_error": 0.01, "dev_error": 0.05, "dev_low": 0.04, "dev_high": 0.06, "dev_spread": 0.004}
    rest = {"dev_loss": 0.1, "epochs": 40.0, "best_epoch": 20.0, "seconds": 1.0, "parameters": 6_570, "spec": {"seed": 1}}
    head = {"group": key, "name": "digits", "seeds": seeds, "runs": ["r"]}
    return {**head, **figures, **rest, "curve_of": "dev_error", "curve": [[1.0, 0.2], [2.0, 0.1]]}


def tree(**changes: Any) -> dict[str, Any]:
    judged = {"value": -0.019, "low": -0.031, "high": -0.007, "p": 0.004, "confidence": 0.95, "real": True}
    error = {**judged, "needed_n": None, "needed_seeds": None, "examples_share": 0.834, **changes}
    pair = {"group": "k2", "against": "k1", "better": "k2", "error": error}
    groups = [told("k1", 5), told("k2", 3)]
    return {
        "against": "k1", "metric": "error_rate", "dev_n": 359, "keys": ["seed"], "groups": groups, "comparisons": [pair],
        "notes": [],
    }  # fmt: skip


def said(**changes: Any) -> str:
    whole = tree(**changes)
    return sentence(whole["comparisons"][0], whole, NAMES)


def test_the_better_recipe_is_named_first() -> None:
    better, worse = "the recipe of bbbb is better than that of aaaa", "the recipe of aaaa is better than that of bbbb"
    assert said() == f"{better} by 1.9 points [0.7, 3.1], p = 0.004"
    assert said(value=0.019, low=0.007, high=0.031) == f"{worse} by 1.9 points [0.7, 3.1], p = 0.004"


def test_what_would_decide_is_more_of_what_dominates() -> None:
    open_question = {"real": False, "p": 0.3}
    assert said(**open_question).startswith("no real difference between the recipes of aaaa and bbbb: 1.9 points")
    assert " in favour of bbbb, p = 0.300" in said(**open_question)
    assert said(**open_question, needed_n=1_234, needed_seeds=3).endswith("p = 0.300; about 1,300 dev examples would decide")
    assert said(**open_question, needed_n=359, needed_seeds=14).endswith("; about 14 seeds of each would decide")
    both = "; about 14 seeds of each on 1,300 dev examples would decide"
    assert said(**open_question, needed_n=1_234, needed_seeds=14).endswith(both)
    assert said(**open_question).endswith("; as it is, no number of dev examples and seeds would decide")


def test_details_say_where_the_uncertainty_comes_from() -> None:
    loss = {"value": 0.1, "low": 0.05, "high": 0.15, "p": 0.02, "confidence": 0.95, "real": True, "needed_n": None}
    whole = tree()
    first, second = details(whole["comparisons"][0] | {"loss": loss}, whole, NAMES)
    share = "of the uncertainty (variance) 83 % is which 359 examples dev holds, 17 % training's chance"
    assert first == f"{share}, of 5 and 3 seeds"
    assert second == "dev loss: aaaa lower by 0.10 [0.05, 0.15], p = 0.020"


def test_the_table_has_mean_interval_spread_and_seeds_of_each_group() -> None:
    rows = {row[0]: row[1:] for row in page(tree(), NAMES).rows}
    assert rows["seeds"] == ["5", "3"]
    assert rows["dev error"] == ["5.00 %", "5.00 %"]
    assert rows["95 %"] == ["[4.00, 6.00]"] * 2
    assert rows["spread"] == ["0.40"] * 2
    assert rows["group"] == ["k1", "k2"]
    assert "name" not in rows  # both have the same
    assert "group" not in {row[0] for row in page(tree(), {"k1": "k1", "k2": "k2"}).rows}


def test_curves_are_called_means() -> None:
    shown = page(tree(), NAMES)
    assert [curve.label for curve in shown.curves] == ["aaaa digits, the mean of 5 seeds", "bbbb digits, the mean of 3 seeds"]
    assert (shown.measure, shown.rates) == ("dev_error", True)


def test_csv_is_a_row_a_group_of_one_width() -> None:
    heading, first, second = csv_rows(tree())
    assert len(heading) == len(first) == len(second)
    row = dict(zip(heading, second, strict=True))
    assert (row["group"], row["against"], row["error_value"], row["error_examples_share"]) == ("k2", "k1", -0.019, 0.834)
