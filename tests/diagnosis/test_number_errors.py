"""Where the errors of a regression are."""

import numpy as np
import pytest

from dlrun.diagnosis.number_errors import away_from_zero, number_errors
from dlrun.statistics.intervals import Interval


def test_a_regression_has_its_bias_its_sizes_and_its_trend() -> None:
    targets = [float(k) for k in range(50)]
    predictions = [y + 0.1 * y + 1 for y in targets]
    found = number_errors([str(k) for k in range(50)], targets, predictions, [0.0] * 50, seed=1)
    assert found.bias.value == pytest.approx(np.mean(np.subtract(predictions, targets)))
    assert away_from_zero(found.bias)
    assert found.trend
    assert found.trend.value == pytest.approx(1)
    assert [one.id for one in found.misses][:2] == ["49", "48"]
    assert found.misses[0].error == pytest.approx(5.9)
    sizes = [size.value for _, size in found.sizes]
    assert sizes == sorted(sizes)
    with pytest.raises(ValueError, match="no finite error"):
        number_errors([], [], [], [], seed=1)


def test_unknown_limits_tell_no_sign() -> None:
    assert not away_from_zero(Interval(1.0, -np.inf, np.inf))
    assert not away_from_zero(Interval(1.0, -0.1, 2.0))
    assert away_from_zero(Interval(-1.0, -2.0, -0.1))
