"""What a learning curve says: a law and its promise, or in words why there is none; and that it is read back as written."""

import json
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from dlrun.diagnosis.learning_curve import LearningCurve, Point, learning_curve
from dlrun.errors import DlrunError
from dlrun.rundir.files import as_json
from dlrun.statistics.intervals import Estimate, Proportion, wilson

SHARES = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)


def point(share: float, dev: float, train: float = 0.01, *, m: int = 2_000, n: int = 2_000) -> Point:
    size = round(share * m)
    return Point(share=share, run=f"run-{share}", train=wilson(round(train * size), size), dev=wilson(round(dev * n), n))


def falling(a: float = 0.04, s: float = 0.08, c: float = 0.5, **told: Any) -> list[Point]:
    return [point(share, a + s * share**-c, **told) for share in SHARES]


def curve(points: list[Point], tolerance: float = 0.02) -> LearningCurve:
    return learning_curve(points, tolerance=tolerance, seed=7)


def test_a_law_promises_what_more_data_would_buy() -> None:
    found = curve(falling()[::-1])
    assert [point.m for point in found.points] == [200, 400, 700, 1000, 1400, 2000]
    assert found.fit
    assert found.promise
    assert found.promise.startswith("twice the data: about 2.4 points less [")
    assert found.sentences[0] == found.promise
    assert found.sentences[1].startswith("ten times the data: about 5")
    assert found.sentences[2].startswith("2 points less: with about 3,")
    assert found.needed
    assert found.needed.low > 2_000
    assert not found.unfinished


def test_a_fall_below_the_tolerance_is_nothing_visible() -> None:
    (*_, last) = curve(falling(0.04, 0.005, 1.0, n=10_000), tolerance=0.1).sentences
    assert last == "no number of examples makes it 10 points less, the tolerance: more data buys nothing visible"


def test_a_flat_curve_is_called_flat_and_whether_dev_could_tell() -> None:
    flat = curve([point(share, 0.1) for share in SHARES])
    assert (flat.fit, flat.promise, flat.needed) == (None, None, None)
    (said,) = flat.sentences
    assert said.startswith("no estimate: from 200 to 2,000 examples dev error falls by 0.0 points [")
    assert said.endswith("more data of this kind buys nothing visible")
    few = curve([point(share, 0.1, n=50) for share in SHARES])
    assert few.sentences[0].endswith("50 dev examples cannot tell what more data would buy")


def test_a_point_that_did_not_learn_is_left_out_and_said() -> None:
    points = falling()
    hasty = curve([point(0.1, 0.4, train=0.3), *points[1:]])
    assert [one.share for one in hasty.unfinished] == [0.1]
    assert hasty.notes[0].startswith("with 200 examples train error is higher than with all")
    assert hasty.fit == curve(points[1:]).fit
    assert [row["fitted"] for row in hasty.to_json()["points"]] == [False, *[True] * 5]
    late = curve([*(point(share, 0.4, train=0.3) for share in SHARES[:3]), *points[3:]])
    assert late.sentences == ("no estimate: 3 sizes are too few for a law, it takes 4",)


def test_regressions_are_in_the_unit_of_the_target() -> None:
    def error(value: float, n: int) -> Estimate:
        return Estimate(value, 0.95 * value, 1.05 * value, n)

    points = [Point(share=s, run="r", train=error(1.0, round(1_000 * s)), dev=error(2 + 3 * s**-0.5, 500)) for s in SHARES]
    found = curve(points, tolerance=0.5)
    assert found.metric == "rmse"
    assert found.sentences[0].startswith("twice the data: about 0.88 less [")
    assert found.sentences[2].startswith("0.5 less: with about 1,")


@pytest.mark.parametrize("points", [falling(), [point(share, 0.1) for share in SHARES], falling()[:2]])
def test_what_is_written_is_read_back(points: list[Point]) -> None:
    found = curve(points)
    again = LearningCurve.from_json(json.loads(as_json(found.to_json())))
    assert again == found
    assert again.to_json() == found.to_json()


def test_a_limit_that_is_not_known_is_read_back() -> None:
    open_ended = Point(share=1.0, run="r", train=Estimate(1.0, 0.0, inf, 1), dev=Estimate(1.0, 0.0, inf, 1))
    found = curve([open_ended])
    assert LearningCurve.from_json(json.loads(as_json(found.to_json()))) == found


DAMAGE: list[tuple[tuple[Any, ...], Any]] = [
    (("schema",), 2), (("metric",), "luck"), (("metric",), []), (("points",), []), (("points",), None), (("points",), 3),
    (("points",), [{}] * 1_000_000), (("points", 0), 7), (("points", 0, "share"), 0), (("points", 0, "share"), "x"),
    (("points", 0, "run"), "x" * 10_000), (("points", 0, "run"), 7), (("points", 0, "dev"), None),
    (("points", 0, "dev", "n"), 0), (("points", 0, "dev", "n"), 10**30), (("points", 0, "dev", "error"), 1.5),
    (("points", 0, "dev", "low"), -1), (("points", 0, "dev", "high"), "nan"), (("points", 0, "train", "error"), None),
    (("tolerance",), -1), (("tolerance",), "inf"), (("seed",), -1), (("seed",), True), (("seed",), 10**400),
]  # fmt: skip


@pytest.mark.parametrize(("address", "value"), DAMAGE)
def test_a_damaged_one_is_named(address: tuple[Any, ...], value: Any) -> None:
    tree = json.loads(as_json(curve(falling()).to_json()))
    *above, last = address
    inner = tree
    for step in above:
        inner = inner[step]
    inner[last] = value
    with pytest.raises(DlrunError, match=r"curve is damaged|this curve has schema"):
        LearningCurve.from_json(tree)


@pytest.mark.parametrize("tree", [None, [], {}, 7, {"schema": 1}])
def test_anything_else_is_named(tree: Any) -> None:
    with pytest.raises(DlrunError, match="curve is damaged"):
        LearningCurve.from_json(tree)


def test_enormous_numbers_do_no_harm() -> None:
    tree = json.loads(as_json(curve(falling()).to_json()))
    for k, row in enumerate(tree["points"]):
        row["dev"] |= {"n": 10**9, "error": 1.0 if k == 0 else 1e-300, "low": 0.0, "high": 1.0}
        row["train"]["n"] = 10**9 - k
    assert LearningCurve.from_json(tree).sentences


def test_the_promise_depends_on_the_points_alone() -> None:
    one = curve(falling())
    assert replace(one, points=one.points).promise == curve(falling()).promise
    assert isinstance(one.points[0].dev, Proportion)
