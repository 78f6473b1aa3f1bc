from dataclasses import replace
from typing import Any

import pytest

from dlrun.diagnosis.setting import Setting
from tests.diagnosis.trained import SETTING


@pytest.mark.parametrize(
    ("factor", "rate"),
    [(0.1, "0.0001"), (0.9, "0.0001"), (1.1, "0.01"), (30, "0.01"), (40, "0.1"), (1e-9, "1e-07"), (1e99, "10")],
)
def test_the_rate_changes_by_decades(factor: float, rate: str) -> None:
    assert SETTING.rate_times(factor) == {"learning_rate.initial": rate}


@pytest.mark.parametrize(
    ("changes", "patch"),
    [
        ({"init": "normal"}, {"architecture.init": "auto"}),
        ({"init": "normal", "own_init": True}, {"architecture.batch_norm": "true"}),
        ({"normalize": "none"}, {"data.normalize": "standard"}),
        ({}, {"architecture.batch_norm": "true"}),
        ({"batch_norm": True, "activation": "sigmoid"}, {"architecture.activation": "relu"}),
        ({"batch_size": 1, "activation": "tanh"}, {"architecture.activation": "relu"}),
        ({"batch_norm": True}, {}),
        ({"batch_norm": True, "activation": "sigmoid", "own_activation": True}, {}),
    ],
)
def test_what_keeps_signals_alive_reaches_every_layer(changes: dict[str, Any], patch: dict[str, str]) -> None:
    assert replace(SETTING, **changes).better_flow() == patch


def test_only_a_full_batch_that_stays_one_function_is_exact() -> None:
    full = replace(SETTING, batch_size=1_000)
    assert full.exact
    assert not SETTING.exact
    for change in ({"dropout": True}, {"batch_norm": True}, {"decay": "cosine"}, {"warmup": True}):
        assert not replace(full, **change).exact


def test_a_setting_is_read_as_it_was_written() -> None:
    assert Setting.from_json(SETTING.to_json()) == SETTING
    for key, value in [("rate", 0.0), ("rate", "x"), ("init", "x" * 101), ("epochs", -1), ("dropout", 1)]:
        with pytest.raises(ValueError, match=key):
            Setting.from_json(SETTING.to_json() | {key: value})
