from pathlib import Path

import pytest

from dlrun.errors import InvalidInput
from dlrun.spec.compose import compose
from dlrun.spec.text import Text
from dlrun.spec.tree import KeyPath, Mapping, child, dotted, key_place, place, plain, values_in

CONTENT = "seed: 7\ndata:\n  source:\n    kind: csv\n  split: {dev: 1}\narchitecture:\n  hidden: [64, 32]\nempty:\n"


@pytest.fixture
def tree() -> Mapping:
    node, _ = compose(Text("a.yaml", CONTENT, Path()))
    assert isinstance(node, Mapping)
    return node


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("seed",), (1, 7), (1, 1)),
        (("data",), (2, 1), (2, 1)),  # a mapping is found by its key
        (("data", "source", "kind"), (4, 11), (4, 5)),
        (("data", "source", "path"), (3, 3), (3, 3)),  # not written: the section
        (("data", "split", "dev"), (5, 16), (5, 11)),
        (("architecture", "hidden", 1), (7, 16), (7, 16)),
        (("architecture", "hidden", 5), (7, 3), (7, 3)),
        (("empty",), (8, 1), (8, 1)),  # an empty value has no place of its own
        (("optimizer", "beta1"), (1, 1), (1, 1)),
    ],
)
def test_places(tree: Mapping, path: KeyPath, value: tuple[int, int], key: tuple[int, int]) -> None:
    origin = place(tree, path)
    assert (origin.line, origin.column) == value
    origin = key_place(tree, path)
    assert (origin.line, origin.column) == key


def test_children_and_copies(tree: Mapping) -> None:
    assert child(tree, "seed") == tree.get("seed")
    assert child(tree, "none") is None
    assert child(tree.get("seed"), "x") is None
    assert "seed" not in tree.without("seed").entries
    assert tree.with_entry("other", tree.entries["seed"]).get("other") == tree.get("seed")
    assert "other" not in tree.entries


def test_plain_and_dotted(tree: Mapping) -> None:
    assert plain(tree)["architecture"] == {"hidden": [64, 32]}
    assert dotted(("architecture", "hidden", 0)) == "architecture.hidden.0"


def test_keys_and_values_are_counted(tree: Mapping) -> None:
    assert values_in(tree) == 1 + 2 + (2 + 4 + 4) + (2 + 4) + 2
    content = "[" + "{a: [b, c]}, " * 100 + "]"
    node, _ = compose(Text("a.yaml", content, Path()))
    assert values_in(node) == 501  # as many as are counted while it is read
    compose(Text("a.yaml", content, Path()), most=501)
    with pytest.raises(InvalidInput, match="values, too many"):
        compose(Text("a.yaml", content, Path()), most=500)
