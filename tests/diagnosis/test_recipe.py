from dataclasses import replace

import pytest

from dlrun.diagnosis.ladder import Diagnosis, Errors, diagnose
from dlrun.diagnosis.recipe import Advice, recipe
from dlrun.diagnosis.situation import Situation
from dlrun.statistics.intervals import Interval, wilson
from tests.diagnosis.trained import COURSE, course, layers

NOW = Situation(
    hidden=(64,), plain=True, may_deepen=True, features=64, outputs=10, batch_norm=False, l2=0.0, l1=0.0, dropout=False,
    optimizer="adam", rate=0.001, early_stopping=False, clips=False, epochs=30, best_epoch=28, train=50_000, seconds=10.0, seed=0,
    has_test=True, trained=True,
)  # fmt: skip


def found(train: float, dev: float | None, train_dev: float | None = None, n: int = 50_000, unlike: bool = False) -> Diagnosis:
    errors = Errors(
        target=0.0,
        target_assumed=False,
        train=wilson(round(train * n), n),
        train_dev=None if train_dev is None else wilson(round(train_dev * n), n),
        dev=None if dev is None else wilson(round(dev * n), n),
        dev_is_unlike_train=unlike,
    )
    return diagnose(errors, tolerance=0.02)


BIAS, VARIANCE, BOTH, NEITHER = found(0.15, 0.155), found(0.005, 0.11), found(0.15, 0.30), found(0.005, 0.006)


def sides(advice: tuple[Advice, ...]) -> list[str]:
    return list(dict.fromkeys(one.side for one in advice))


@pytest.mark.parametrize(
    ("diagnosis", "expected"),
    [
        (BIAS, ["bias"]), (VARIANCE, ["variance"]), (BOTH, ["bias", "variance"]), (NEITHER, ["none"]),
        (found(0.005, 0.11, train_dev=0.01), ["mismatch"]), (found(0.005, 0.11, unlike=True), ["mismatch", "variance"]),
        (found(0.005, 0.03, n=300), ["chance"]), (found(0.005, None), ["chance"]), (found(0.15, None), ["bias", "chance"]),
    ],
)  # fmt: skip
def test_the_order_is_the_courses(diagnosis: Diagnosis, expected: list[str]) -> None:
    assert sides(recipe(diagnosis, NOW)) == expected


def test_what_keeps_the_cost_from_falling_comes_first() -> None:
    ill = replace(BIAS, optimization=course(update=0.05), health=layers())
    first, *others = recipe(ill, NOW)
    assert first.side == "optimization"
    assert first.reason.startswith("the rate is too high: ")
    assert first.patch == {"learning_rate.initial": "1e-05"}
    assert sides(tuple(others)) == ["optimization", "bias"]
    patches = [one.patch for one in others if one.side == "optimization"]
    assert patches == [{"training.clip": "1"}, {"learning_rate.decay": "cosine"}, {"training.batch_size": "128"}]
    clipped = recipe(replace(ill, optimization=course({"decay": "cosine"}, update=0.05)), replace(NOW, clips=True, train=64))
    assert [one.patch for one in clipped if one.side == "optimization"] == [first.patch]
    assert {"training.batch_size": "100"} in [one.patch for one in recipe(ill, replace(NOW, train=100))]
    doubted = recipe(ill, replace(NOW, dropout=True))[4]
    assert (doubted.side, doubted.patch) == ("optimization", {"regularization.keep_prob": "1.0"})
    assert "put dropout back" in doubted.expect


def test_longer_training_is_advised_where_the_cost_still_falls() -> None:
    resting, falling = (
        replace(BIAS, optimization=COURSE),
        replace(BIAS, optimization=course(slope=Interval(-0.01, -0.012, -0.008))),
    )
    assert not any("training.epochs" in one.patch for one in recipe(resting, NOW))
    assert [one.side for one in recipe(falling, NOW) if one.patch == {"training.epochs": "40"}] == ["bias"]


@pytest.mark.parametrize("diagnosis", [BIAS, VARIANCE, BOTH, found(0.005, 0.11, train_dev=0.01), found(0.005, 0.03, n=300)])
def test_advice_has_its_number_and_turns_one_knob(diagnosis: Diagnosis) -> None:
    for one in recipe(diagnosis, NOW):
        assert one.observed
        assert one.expect
        assert len(set(one.patch) - {"regularization.l2", "learning_rate.initial"}) <= 1 or "architecture" in str(one.patch)


def test_a_bigger_network_brings_l2_and_says_what_it_costs() -> None:
    wider, deeper = recipe(BIAS, NOW)[:2]
    assert wider.patch == {"architecture.hidden": "[128]", "regularization.l2": "0.1"}
    assert wider.parameters == (64 * 65 + 10 * 65, 128 * 65 + 10 * 129)
    assert wider.times == pytest.approx(9_610 / 4_810)
    assert deeper.patch["architecture.hidden"] == "[64,64]"
    assert "regularization.l2" not in recipe(BIAS, replace(NOW, l2=0.5))[0].patch


def test_layers_with_settings_of_their_own_keep_them() -> None:
    advice = recipe(BIAS, replace(NOW, hidden=(64, 32), plain=False, may_deepen=False))
    assert advice[0].patch == {
        "architecture.hidden.0.units": "128",
        "architecture.hidden.1.units": "64",
        "regularization.l2": "0.1",
    }
    assert not any("architecture.hidden" in one.patch for one in advice)


def test_what_is_on_is_not_turned_on_again() -> None:
    every = replace(NOW, dropout=True, batch_norm=True, early_stopping=True, l2=4.0, optimizer="momentum", best_epoch=3)
    keys = {key: value for one in recipe(BOTH, every) for key, value in one.patch.items()}
    assert keys["regularization.keep_prob"] == "1.0"  # for bias: less of it
    assert keys["regularization.l2"] == "16"
    assert keys["optimizer"] == "adam"
    assert "architecture.batch_norm" not in keys
    assert "training.early_stopping" not in keys
    patches = [one.patch for one in recipe(VARIANCE, replace(NOW, best_epoch=3))]
    assert {"training.early_stopping": "{patience: 5}"} in patches


def test_more_data_says_what_a_learning_curve_promises() -> None:
    told = [one.reason for one in recipe(VARIANCE, replace(NOW, more_data="twice the data: about 1.2 points less"))]
    assert any(reason.endswith("than 50,000; twice the data: about 1.2 points less") for reason in told)
    assert any("--learning-curve tells" in one.reason for one in recipe(VARIANCE, NOW))


def test_variance_says_that_train_may_rise() -> None:
    assert all("rise" in one.expect or "early_stopping" in str(one.patch) for one in recipe(VARIANCE, NOW))


def test_what_was_never_trained_is_trained_first() -> None:
    assert recipe(BIAS, replace(NOW, trained=False))[0].patch == {"training.epochs": "30"}


def test_what_is_open_names_how_many_examples_would_decide() -> None:
    (one,) = recipe(found(0.005, 0.03, n=300), NOW)
    assert one.patch == {"seeds": "5"}
    assert "examples would decide" in one.observed


def test_without_a_test_part_nobody_is_sent_there() -> None:
    assert "no test part" in recipe(NEITHER, replace(NOW, has_test=False))[0].reason
