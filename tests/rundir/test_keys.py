from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.errors import InvalidInput
from dlrun.rundir.keys import SpecKeys, sorted_by
from dlrun.rundir.listing import ListedRun, read_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from tests.stored_runs import SPEC, START, spec_with, store_run

leaves = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["x", "y"]) | st.lists(st.integers(0, 1), max_size=2)
inner = st.fixed_dictionaries({}, optional={"kind": leaves, "a": leaves})
specs = st.fixed_dictionaries(
    {}, optional={"a": leaves, "b": inner, "c": st.fixed_dictionaries({}, optional={"d": inner, "a": leaves})}
)


def listed(spec: dict[str, Any], **changes: Any) -> ListedRun:
    fields: dict[str, Any] = {
        "run": "r",
        "name": "n",
        "status": "completed",
        "started": START,
        "pid": 1,
        "host": "h",
        "heartbeat": START,
    }
    return ListedRun(RunPaths(Path("r")), RunRecord(**fields | changes, spec=spec), "completed")


def varying(*specs: dict[str, Any]) -> dict[str, int]:
    return SpecKeys(map(listed, specs)).varying


def test_what_is_equal_everywhere_does_not_vary() -> None:
    assert varying() == varying(SPEC) == varying(SPEC, SPEC, spec_with()) == {}


def test_keys_that_differ_are_counted_in_the_order_of_the_spec() -> None:
    found = varying(
        spec_with(learning_rate__initial=0.1, seed=1),
        spec_with(learning_rate__initial=0.2, seed=1),
        spec_with(learning_rate__initial=0.3, seed=2),
    )
    assert list(found.items()) == [("seed", 2), ("learning_rate.initial", 3)]


def test_a_key_that_only_some_have_varies_if_they_do_not_agree() -> None:
    momentum = spec_with(optimizer={"kind": "momentum", "beta": 0.9})
    assert varying(SPEC, momentum) == {"optimizer.kind": 2}
    assert varying(SPEC, momentum, spec_with(optimizer={"kind": "momentum", "beta": 0.8})) == {
        "optimizer.kind": 2,
        "optimizer.beta": 2,
    }


def test_a_section_that_is_null_elsewhere_is_one_key() -> None:
    runs = [SPEC, *(spec_with(training__early_stopping={"patience": patience}) for patience in (4, 8))]
    assert varying(*runs) == {"training.early_stopping": 3}


def test_names_and_format_versions_are_no_experiments() -> None:
    assert varying(SPEC, spec_with(name="other", dlrun=2)) == {}


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return found


@given(trees=st.lists(specs, max_size=5))
def test_what_varies_is_what_comparing_every_leaf_finds(trees: list[dict[str, Any]]) -> None:
    leaves_of = [flat(tree) for tree in trees]
    values = {key: [leaf[key] for leaf in leaves_of if key in leaf] for key in {key for leaf in leaves_of for key in leaf}}
    assert set(varying(*trees)) == {key for key, there in values.items() if any(value != there[0] for value in there)}


def test_headings_are_short_and_can_be_typed_the_most_varied_first() -> None:
    keys = SpecKeys(
        [
            listed(spec_with(learning_rate__initial=rate, optimizer__kind=kind, training__epochs=rate))
            for rate, kind in [(1, "adam"), (2, "momentum"), (3, "adam")]
        ]
    )
    # `kind` means the decay's too, and `epochs` is how many the run has done
    headings = {"learning_rate.initial": "initial", "training.epochs": "training.epochs", "optimizer.kind": "optimizer.kind"}
    assert list(keys.headings.items()) == list(headings.items())
    assert all(keys.find(heading, "") == key for key, heading in headings.items())


def test_a_word_that_is_the_end_of_several_keys_is_refused_with_all_of_them() -> None:
    with pytest.raises(InvalidInput, match="means 2 keys") as raised:
        SpecKeys([listed(SPEC)]).find("kind", "--sort kind")
    assert raised.value.problems[0].excerpt == ("   optimizer.kind", "   learning_rate.decay.kind")


@pytest.mark.parametrize(
    ("word", "key"),
    [("initial", "learning_rate.initial"), ("decay.kind", "learning_rate.decay.kind"), ("epochs", "epochs"), ("itial", None)],
)
def test_a_key_is_found_by_whole_steps_of_its_address(word: str, key: str | None) -> None:
    assert SpecKeys([listed(SPEC)]).find(word, "") == key


def order(values: Sequence[Any], *, descending: bool = False) -> list[Any]:
    runs = [listed({"v": value}) for value in values]
    return [run.value("v") for run in sorted_by(runs, "v", descending=descending)]


def test_runs_without_a_value_come_last_whichever_way() -> None:
    assert order([3, None, 1, "full", 2]) == [1, 2, 3, "full", None]
    assert order([3, None, 1, "full", 2], descending=True) == ["full", 3, 2, 1, None]


def test_numbers_within_words_sort_by_size() -> None:
    assert order([[128], [64, 32], [64], [64, 128]]) == [[64], [64, 32], [64, 128], [128]]


@given(values=st.lists(st.floats(allow_nan=False) | st.integers()))
def test_sorting_by_numbers_is_sorting_numbers(values: list[float]) -> None:
    assert order(values) == sorted(values)
    assert order(values, descending=True) == sorted(values, reverse=True)


@given(values=st.lists(leaves | st.text()))
def test_anything_can_be_sorted_and_nothing_is_lost(values: list[Any]) -> None:
    assert sorted(map(repr, order(values))) == sorted(map(repr, values))


def test_records_that_are_damaged_have_no_keys(tmp_path: Path) -> None:
    paths = store_run(tmp_path)
    paths.record.write_text("{")
    keys = SpecKeys([read_run(paths)])
    assert keys.varying == {}
    assert keys.leaves == []
    assert keys.find("seed", "") is None
