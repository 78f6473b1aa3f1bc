import pytest

from dlrun.diagnosis.errors import Errors, errors_from_json, in_metric
from dlrun.statistics.intervals import Estimate, wilson


def test_a_rung_in_another_metric_keeps_what_is_known_of_the_data() -> None:
    errors = Errors(
        target=0.1,
        target_assumed=False,
        dev_is_unlike_train=True,
        train=wilson(1, 10),
        dev=wilson(2, 10),
        test=wilson(3, 10),
        test_looks=2,
    )
    found = in_metric(errors, "loss", {"train": Estimate(0.3, 0.2, 0.4, 10)}, target=0.0, target_assumed=True)
    assert (found.rung_metric, found.metric, errors.rung_metric) == ("loss", "rmse", "error_rate")
    assert (found.dev_is_unlike_train, found.dev, found.test, found.test_looks) == (True, None, None, 0)
    assert list(errors.parts) == ["train", "dev", "test"]


@pytest.mark.parametrize("extremes", [{"a": 0}, {"a": -1}, {"a": 10**12}, {"a": "x"}, ["a"]])
def test_counts_of_extreme_values_are_counts(extremes: object) -> None:
    errors = Errors(target=0.0, target_assumed=True, train=wilson(1, 10), dev=wilson(2, 10))
    tree = {"metric": "error_rate", "confidence": 0.95, "target_assumed": True, "errors": errors.to_json()}
    assert errors_from_json(tree) == errors
    with pytest.raises((ValueError, TypeError, AttributeError)):
        errors_from_json(tree | {"dev_extremes": extremes})
