import pytest

from dlrun.diagnosis.gaps import Gap, Status
from dlrun.diagnosis.headline import UNITS, headline, numbers
from dlrun.statistics.intervals import Interval

POINTS, OWN = UNITS["error_rate"], UNITS["rmse"]
LOW = Gap(0.005, 0.001, 0.009, "low", None)
HIGH = Gap(0.1, 0.09, 0.11, "high", None)
OPEN = Gap(0.01, -0.00003, 0.02003, "inconclusive", 10_118)
NEVER = Gap(0.02, 0.01, 0.03, "inconclusive", None)
HALF = "0.50 points [0.10, 0.90]"
NO_DEV = "variance is unknown: there is no dev part"


def gaps_of(bias: Gap, variance: Gap | None, mismatch: Gap | None = None) -> dict[str, Gap]:
    named = {"bias": bias, "variance": variance, "data mismatch": mismatch}
    return {name: gap for name, gap in named.items() if gap is not None}


@pytest.mark.parametrize(
    ("bias", "variance", "line"),
    [
        (HIGH, HIGH, "both: high bias and high variance, the worst of the four"),
        (HIGH, LOW, "high bias"),
        (LOW, HIGH, "high variance"),
        (
            LOW,
            LOW,
            "neither: bias 0.50 points [0.10, 0.90] and variance 0.50 points [0.10, 0.90] below the tolerance of 2 points",
        ),
        (LOW, OPEN, "inconclusive: variance 1.0 points [0.0, 2.0] against 2; about 11,000 dev examples in all would decide"),
        (OPEN, LOW, "inconclusive: bias 1.0 points [0.0, 2.0] against 2; about 11,000 training examples in all would decide"),
        (HIGH, OPEN, "high bias; variance 1.0 points [0.0, 2.0] against 2; about 11,000 dev examples in all would decide"),
        (NEVER, HIGH, "high variance; bias 2.0 points [1.0, 3.0] against 2; no number of training examples would decide"),
        (HIGH, None, f"high bias; {NO_DEV}"),
        (
            LOW,
            None,
            f"nothing high: bias 0.50 points [0.10, 0.90] below the tolerance of 2 points; {NO_DEV}",
        ),
        (
            NEVER,
            None,
            f"inconclusive: bias 2.0 points [1.0, 3.0] against 2; no number of training examples would decide; {NO_DEV}",
        ),
    ],
)
def test_the_line_says_what_is_wrong_and_what_is_open(bias: Gap, variance: Gap | None, line: str) -> None:
    assert headline(gaps_of(bias, variance), 0.02, POINTS) == line


@pytest.mark.parametrize("bias", ["high", "low", "inconclusive"])
@pytest.mark.parametrize("variance", ["high", "low", "inconclusive", None])
def test_every_combination_names_all_that_is_high_or_open_and_nothing_else(bias: Status, variance: Status | None) -> None:
    line = headline(gaps_of(Gap(1, 0, 2, bias, None), Gap(1, 0, 2, variance, None) if variance else None), 1, OWN)
    assert ("high bias" in line) == (bias == "high")
    assert ("high variance" in line) == (variance == "high")
    assert ("would decide" in line) == ("inconclusive" in {bias, variance})
    assert ("unknown" in line) == (variance is None)
    assert ("neither" in line) == ({bias, variance} == {"low"})


@pytest.mark.parametrize(
    ("bias", "variance", "mismatch", "line"),
    [
        (LOW, LOW, HIGH, "data mismatch"),
        (HIGH, LOW, HIGH, "high bias and data mismatch"),
        (HIGH, HIGH, HIGH, "high bias, high variance and data mismatch"),
        (HIGH, HIGH, LOW, "both: high bias and high variance, the worst of the four"),
        (
            LOW,
            OPEN,
            HIGH,
            "data mismatch; variance 1.0 points [0.0, 2.0] against 2; about 11,000 train-dev examples in all would decide",
        ),
        (
            LOW,
            LOW,
            OPEN,
            "inconclusive: data mismatch 1.0 points [0.0, 2.0] against 2; about 11,000 dev examples in all would decide",
        ),
        (
            LOW,
            LOW,
            LOW,
            f"nothing high: bias {HALF}, variance {HALF} and data mismatch {HALF} below the tolerance of 2 points",
        ),
    ],
)
def test_with_a_train_dev_part_a_mismatch_is_told_from_variance(bias: Gap, variance: Gap, mismatch: Gap, line: str) -> None:
    assert headline(gaps_of(bias, variance, mismatch), 0.02, POINTS, unseen="train-dev") == line


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.0, -0.00001, 0.1), "0.00 [0.00, 0.10]"),
        (Interval(12_345.6, 12_000.0, 13_000.0), "12346 [12000, 13000]"),
        (Interval(0.00123, 0.0012, 0.00126), "0.001230 [0.001200, 0.001260]"),
        (Interval(1.0, float("-inf"), float("inf")), "1.00 [-inf, inf]"),
        (Interval(0.5, 0.5, 0.5), "0.50 [0.50, 0.50]"),
    ],
)
def test_digits_follow_the_width(interval: Interval, text: str) -> None:
    assert numbers(interval, OWN) == text


def test_large_tolerances_are_written_without_an_exponent() -> None:
    assert "tolerance of 1,980" in headline(gaps_of(LOW, LOW), 1_980.4, OWN)
