from typing import Any

import pytest

from dlrun.rundir.values import dig, value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (64, "64"),
        (0.1 + 0.2, "0.3"),
        (1e-8, "1e-08"),
        ("full", "full"),
        ([], ""),
        ([{"units": 64, "activation": None}, {"units": 32}], "64, 32"),
        ([{"units": 64, "activation": {"kind": "tanh"}}], "{units: 64, activation: {kind: tanh}}"),
        ({"patience": 8}, "{patience: 8}"),
    ],
)
def test_values_are_written_shortly(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_digging_ends_where_there_is_nothing() -> None:
    tree = {"a": {"b": 1}}
    assert dig(tree) == tree
    assert dig(tree, "a", "b") == 1
    assert dig(tree, "a", "b", "c") is dig(tree, "c", "a") is dig(None, "a") is None
