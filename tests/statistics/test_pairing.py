import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.statistics.paired_means import ROOT, paired_means, paired_rmse
from dlrun.statistics.paired_rates import PairedRates
from dlrun.statistics.pairing import in_one_only, places_in, unlike_numbers, unlike_words


@given(names=st.lists(st.text(), unique=True), randoms=st.randoms(use_true_random=False))
def test_examples_are_found_wherever_they_stand(names: list[str], randoms: random.Random) -> None:
    other = list(names)
    randoms.shuffle(other)
    assert [other[place] for place in places_in(other, names)] == names
    assert in_one_only(names, other) == (0, 0)
    assert in_one_only([*names, object()], other[1:]) == (1 + bool(other), 0)


def test_labels_of_other_examples_are_unlike() -> None:
    assert unlike_words(["a", "b", "c"], ["a", "c", "b"]) == 2
    targets = np.linspace(100, 200, 50)
    assert unlike_numbers(targets, (targets.astype(np.float32) * np.float32(1 / 3)) * 3) == 0
    assert unlike_numbers(targets.tolist(), [*targets[:-1], 201.0]) == 1


def test_words_are_counted_as_truths_are() -> None:
    found = PairedRates.of_words(list("aabbc"), list("abbac"), list("aaabc"))
    assert found == PairedRates(2, 1, 5)


def test_the_rmse_of_predictions_is_that_of_their_squares() -> None:
    rng = np.random.default_rng(3)
    y, first, second = rng.normal(size=(3, 80))
    found = paired_rmse(y.tolist(), first.tolist(), second.tolist(), 7)
    expected = paired_means((first - y) ** 2, (second - y) ** 2, 7, ROOT)
    assert found.value == pytest.approx(float(np.sqrt(((second - y) ** 2).mean()) - np.sqrt(((first - y) ** 2).mean())))
    assert found.limits(0.95) == expected.limits(0.95)
