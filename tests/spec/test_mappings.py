"""A mapping from Python is the same experiment as the YAML file it stands for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.sources.csv import Csv
from dlrun.errors import InvalidInput
from dlrun.spec import mapping_as_yaml, read_spec, read_text
from dlrun.spec.compose import compose
from dlrun.spec.extends import read_tree
from dlrun.spec.faults import ROOT
from dlrun.spec.text import Text
from dlrun.spec.tree import plain
from tests.strategies import quick

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")))  # control characters are in no spec
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
keys = texts
trees = st.dictionaries(
    keys,
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
    ),
    max_size=4,
)  # fmt: skip


def read_back(mapping: Any) -> Any:
    node, problems = compose(Text("spec", mapping_as_yaml(mapping), Path()))
    assert not problems
    return plain(node) or {}


@quick
@given(tree=trees)
def test_any_tree_reads_back(tree: Any) -> None:
    def percent(value: object) -> bool:
        return isinstance(value, str) and value.endswith("%")

    def any_leaf(node: Any, test: Callable[[object], bool]) -> bool:
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        return test(node) or any(any_leaf(item, test) for item in inner)

    if not any_leaf(tree, percent):
        assert read_back(tree) == tree


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_the_same_experiment_as_a_mapping(path: Path) -> None:
    tree, _, _ = read_tree(path, path.name, ROOT)
    assert read_text(mapping_as_yaml(plain(tree) | {"name": path.stem})).spec == read_spec(path).spec.with_values(
        {"name": path.stem}
    )


def test_words_percents_paths_and_numpy_numbers_are_what_they_look_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = {
        "seed": np.int64(3),
        "data": {"source": {"kind": "csv", "path": Path("table.csv"), "target": "12"},
                 "split": {"dev": "30%", "stratify": np.True_}},
        "architecture": {"hidden": (np.int32(8), {"units": 4, "activation": "tanh"})},
        "regularization": {"l2": np.float64(0.1)},
        "optimizer": "momentum",
    }  # fmt: skip
    spec = read_text(mapping_as_yaml(told)).spec
    assert isinstance(spec.data.source, Csv)
    assert (spec.data.source.path, spec.data.source.target) == (str(tmp_path / "table.csv"), "12")
    assert (spec.seed, spec.data.split.dev, spec.regularization.l2, spec.optimizer.kind) == (3, 0.3, 0.1, "momentum")
    assert [layer.units for layer in spec.architecture.hidden] == [8, 4]
    assert spec.name == "experiment"


def endless() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    tree["again"] = tree
    return tree


def endless_list() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"data": {"source": np.zeros(3)}}, "spec: data.source: a value of type ndarray is nothing a spec can hold"),
        ({"tags": [{"a", "b"}]}, r"spec: tags.0: a value of type set is nothing"),
        ({1: 2}, "spec: the key 1 is no text"),
        ({"data": {None: 2}}, "spec: data: the key None"),
        (endless(), "spec: again.again.again: nested deeper than 32 levels"),
        ({"a": endless_list()}, "spec: a.0.0: nested deeper than 32 levels"),
    ],
)
def test_what_no_spec_can_hold_is_said(mapping: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        mapping_as_yaml(mapping)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), float("-inf"), 10**400, -(10**5000), "1e-3"], ids=lambda value: type(value).__name__
)
def test_what_no_key_accepts_is_said_at_its_line(value: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^spec:4:12: learning_rate\.initial must be"):
        read_text(mapping_as_yaml({"data": {"source": "digits"}, "learning_rate": {"initial": value}}))
