import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.diagnosis.course import Course, OneBatch, Rises
from dlrun.diagnosis.ladder import Diagnosis, diagnose
from dlrun.diagnosis.layer_health import LayerHealth
from dlrun.errors import DlrunError
from dlrun.report.training_rows import closing_lines, course_lines, layer_rows
from tests.diagnosis.test_ladder import rates
from tests.diagnosis.trained import COURSE, course, layers

FULL = course(
    rises=Rises(count=1, steps=9, first=3, largest=0.1),
    one_batch=OneBatch(examples=64, steps=300, before=2.3, after=0.01, error=0.0),
)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**400), 10**400) | st.booleans()
ANYTHING = NUMBERS | st.text() | st.lists(NUMBERS, max_size=2) | st.dictionaries(st.sampled_from(["layer", "low"]), NUMBERS)


def stored(tree: Any, health: Any) -> dict[str, Any]:
    return diagnose(rates(0.0, 0.15, 0.16), tolerance=0.02).to_json() | {"optimization": tree, "health": health}


@pytest.mark.parametrize("one", [COURSE, FULL, course(slope=None, start=None, end=None)])
def test_a_course_is_read_as_it_was_written(one: Course) -> None:
    text = json.dumps(stored(one.to_json(), layers().to_json()), allow_nan=False)
    found = Diagnosis.from_json(json.loads(text))
    assert (found.optimization, found.health) == (one, layers())


def test_older_diagnoses_know_nothing_of_the_training() -> None:
    found = Diagnosis.from_json(stored(None, None))
    assert (found.optimization, found.health, found.findings) == (None, None, ())


@given(key=st.sampled_from([*FULL.to_json()]), inner=st.sampled_from(["value", "low", "count", "before", "rate"]), data=st.data())
def test_a_damaged_course_is_an_error_in_words_and_a_strange_one_does_no_harm(key: str, inner: str, data: st.DataObject) -> None:
    tree = FULL.to_json()
    value = data.draw(ANYTHING)
    tree[key] = {**tree[key], inner: value} if isinstance(tree[key], dict) and data.draw(st.booleans()) else value
    health = layers().to_json()
    layer, number = data.draw(st.integers(0, 4)), data.draw(st.sampled_from(["layer", "dead", "update", "gradient"]))
    health["layers"][layer][number] = data.draw(ANYTHING)
    try:
        found = Diagnosis.from_json(stored(tree, health))
    except DlrunError:
        return
    assert found.health
    told = [found.headline, *found.verdict, *closing_lines(found), *course_lines(found), *map(str, layer_rows(found.health))]
    assert all(len(line) < 1_000 for line in told)
    json.dumps(found.to_json(), allow_nan=True)


@pytest.mark.parametrize(
    "tree", [[], {}, {"layers": []}, {"layers": [1]}, {"layers": [{"layer": "x"}] * 2_001}, {"layers": [{}]}]
)
def test_what_is_no_health_is_refused(tree: Any) -> None:
    with pytest.raises(ValueError, match=r"layer|object"):
        LayerHealth.from_json(tree)


def test_a_damaged_course_is_said_to_be_damaged() -> None:
    with pytest.raises(DlrunError, match="the stored diagnosis is damaged"):
        Diagnosis.from_json(stored(COURSE.to_json() | {"steps": -1}, None))


def test_trouble_comes_first_and_replaces_nothing() -> None:
    plain = diagnose(rates(0.0, 0.15, 0.30), tolerance=0.02)
    found = Diagnosis.from_json(stored(course(highest=9.0).to_json(), layers().to_json()) | {"errors": plain.to_json()["errors"]})
    assert found.verdict == ("optimization", "high_bias", "high_variance")
    assert found.headline == f"optimization, the rate is too high; {plain.headline}"
    assert found.to_json()["findings"][0]["patch"] == {"learning_rate.initial": "0.0001"}
