from pathlib import Path

import numpy as np
import pytest

from dlrun.comparison.examples import differing_keys, in_order_of, other_examples, read_outcomes, same_kind
from dlrun.errors import DlrunError
from tests.stored_predictions import listed, marked, store_estimates, store_pair, write_classified, write_estimated, write_rows
from tests.stored_runs import spec_with, store_run

NAMES = ("a", "b")


def test_outcomes_are_right_or_wrong(tmp_path: Path) -> None:
    run, _ = listed(*store_pair(tmp_path, marked(6, 2, 5), marked(6)))
    read, outcomes = read_outcomes(run)
    assert outcomes.wrong.tolist() == marked(6, 2, 5).tolist()
    assert len(outcomes) == len(read) == 6
    assert not len(outcomes.squares)


def test_outcomes_of_a_regression_are_squared_errors(tmp_path: Path) -> None:
    paths = store_estimates(tmp_path, "aaaa")
    write_estimated(paths, np.array([1.0, 2.0]), np.array([0.5, -2.0]))
    _, outcomes = read_outcomes(listed(paths)[0])
    assert outcomes.squares.tolist() == [0.25, 4.0]
    assert not len(outcomes.wrong)


@pytest.mark.parametrize("cell", ["1e200", "inf", "word", "nan"])
def test_a_strangers_numbers_are_refused(tmp_path: Path, cell: str) -> None:
    paths = store_estimates(tmp_path, "aaaa")
    write_rows(paths, [(1, 2.0, cell, None, 0.1)])
    with pytest.raises(DlrunError, match="damaged"):
        read_outcomes(listed(paths)[0])


def test_rows_are_put_in_the_order_of_the_first(tmp_path: Path) -> None:
    a, b = store_pair(tmp_path, marked(3), marked(3))
    write_classified(b, marked(3, 0), np.array([7.0, 8.0, 9.0]), ids=[2, 0, 1])
    (first, _), (other, outcomes) = map(read_outcomes, listed(a, b))
    ordered = in_order_of(first, other, outcomes)
    assert ordered.wrong.tolist() == [False, False, True]
    assert ordered.losses.tolist() == [8.0, 9.0, 7.0]


def test_the_same_examples_are_no_problem(tmp_path: Path) -> None:
    a, b = listed(*store_pair(tmp_path, marked(5), marked(5, 1)))
    assert other_examples(read_outcomes(a)[0], read_outcomes(b)[0], (a, b), NAMES) is None
    assert same_kind(a, b, NAMES) is None


def test_keys_that_choose_examples_are_told_with_their_values(tmp_path: Path) -> None:
    specs = [spec_with(seed=1, data={"split": {"dev": 0.2}}), spec_with(seed=2, data={"split": {"dev": 0.3}})]
    runs = tuple(listed(*(store_run(tmp_path, k, spec=spec) for k, spec in enumerate(specs))))
    assert list(differing_keys(runs)) == ["seed (1 and 2)", "data.split.dev (0.2 and 0.3)"]
    assert list(differing_keys(runs, "loss.")) == []
