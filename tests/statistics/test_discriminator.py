import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from dlrun.arrays import Array
from dlrun.statistics.discriminator import Discriminator, told_apart


def samples(seed: int, m: int, n: int, *, shift: float = 0.0, spread: float = 1.0) -> tuple[Array, Array]:
    """Return two samples; in the second, the first column is shifted and the second spread."""
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((m, n)), rng.standard_normal((m, n))
    b[:, 0] += shift
    b[:, 1] *= spread
    return a, b


@pytest.mark.parametrize(("shift", "spread"), [(0.5, 1.0), (0.0, 2.0), (0.8, 0.5)])
def test_it_ranks_as_well_as_a_logistic_regression_on_columns_and_squares(shift: float, spread: float) -> None:
    a, b = samples(1, 1500, 8, shift=shift, spread=spread)
    x, y = np.concatenate([a[:750], b[:750]]), np.repeat([0, 1], 750)
    judged, right = np.concatenate([a[750:], b[750:]]), np.repeat([0, 1], 750)
    theirs = LogisticRegression(max_iter=1000).fit(np.hstack([x, x**2]), y)
    auc = roc_auc_score(right, Discriminator.fit(a[:750], b[:750]).scores(judged))
    assert auc > 0.6
    assert auc == pytest.approx(roc_auc_score(right, theirs.decision_function(np.hstack([judged, judged**2]))), abs=0.02)


def test_without_a_difference_its_interval_lies_above_one_half_as_rarely_as_it_says() -> None:
    alarms = sum(told_apart(*samples(seed, 200, 5), np.random.default_rng(seed)).low > 0.5 for seed in range(200))
    assert alarms <= 12  # 2.5 % of 200 and three standard errors


def test_parts_that_are_unlike_are_told_apart_also_where_columns_outnumber_rows() -> None:
    assert told_apart(*samples(2, 400, 5, shift=3), np.random.default_rng(0)).value > 0.9
    wide = samples(2, 60, 100)
    assert told_apart(wide[0], wide[1] + 1, np.random.default_rng(0)).low > 0.8


def test_constant_columns_and_outliers_do_no_harm() -> None:
    a, b = samples(3, 300, 4, shift=1.5)
    a[:, 3] = b[:, 3] = 0.1
    a[0, 2], b[1, 2] = 1e30, -1e308
    assert told_apart(a, b, np.random.default_rng(0)).value > 0.7
    alike = np.ones((20, 3))
    assert told_apart(alike, alike, np.random.default_rng(0)).value == 0.5


def test_the_same_generator_gives_the_same_answer() -> None:
    a, b = samples(4, 100, 3)
    assert told_apart(a, b, np.random.default_rng(7)) == told_apart(a, b, np.random.default_rng(7))
