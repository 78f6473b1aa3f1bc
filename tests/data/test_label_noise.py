import numpy as np
import pytest

from dlrun.data.label_noise import LabelNoise, noise_notes
from dlrun.errors import InvalidInput

CLASSES = ("a", "b", "c")
LABELS = {"train": np.arange(900) % 3, "dev": np.arange(90) % 3}


def test_exactly_the_share_is_wrong_and_every_other_class_as_likely() -> None:
    noisy = LabelNoise(train=0.3).applied(LABELS, CLASSES, seed=1)
    wrong = noisy["train"] != LABELS["train"]
    assert wrong.sum() == 270
    steps = np.bincount((noisy["train"] - LABELS["train"])[wrong] % 3, minlength=3)
    assert steps[0] == 0
    assert abs(steps[1] - 135) < 3 * np.sqrt(270 / 4)
    assert noisy["dev"] is LABELS["dev"]
    assert (LABELS["train"] == np.arange(900) % 3).all()  # what was given is left alone


def test_the_seed_decides_and_each_part_has_its_own_stream() -> None:
    noise = LabelNoise(train=0.5, dev=0.5)
    both = noise.applied(LABELS, CLASSES, seed=1)
    np.testing.assert_array_equal(both["dev"], LabelNoise(dev=0.5).applied(LABELS, CLASSES, seed=1)["dev"])
    assert (both["train"] != noise.applied(LABELS, CLASSES, seed=2)["train"]).any()
    same = {"train": LABELS["train"], "dev": LABELS["train"]}
    drawn = noise.applied(same, CLASSES, seed=1)
    assert (drawn["train"] != drawn["dev"]).any()


def test_two_classes_change_places() -> None:
    y = {"train": np.array([0, 1, 1, 0])}
    np.testing.assert_array_equal(LabelNoise(train=1.0).applied(y, ("no", "yes"), seed=0)["train"], 1 - y["train"])


def test_it_is_said() -> None:
    assert list(noise_notes(LabelNoise(train=0.3), LABELS)) == ["label noise: 270 of 900 labels of train are wrong on purpose"]
    assert not list(noise_notes(None, LABELS))
    assert not list(noise_notes(LabelNoise(), LABELS))


def test_a_regression_and_a_part_that_is_not_there_are_errors() -> None:
    with pytest.raises(InvalidInput, match="label noise is for classes"):
        LabelNoise(train=0.1).applied(LABELS, None, seed=0)
    with pytest.raises(InvalidInput, match=r"data\.label_noise\.test: there is no test part"):
        LabelNoise(test=0.1).applied(LABELS, CLASSES, seed=0)
