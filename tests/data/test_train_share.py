"""Laws of the share of train: nested, with the classes as they were, and nothing else of the data moves."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.train_share import first_share, share_notes
from dlrun.errors import InvalidInput
from dlrun.experiment.setup import set_up
from dlrun.rundir.groups import group_key
from dlrun.spec import read_spec
from tests.experiments import REGRESSION, SMALL, experiment, write_spec, write_table
from tests.strategies import quick, seeds

shares = st.floats(0.01, 1)


@quick
@given(
    one=shares, other=shares, m=st.integers(100, 2_000), seed=seeds, classes=st.none() | st.integers(1, 12), skew=st.floats(0, 3)
)
def test_a_larger_share_contains_a_smaller_one(
    one: float, other: float, m: int, seed: int, classes: int | None, skew: float
) -> None:
    labels = None if classes is None else np.floor(classes * np.random.default_rng(seed).random(m) ** (1 + skew)).astype(int)
    small, large = (first_share(share, m, seed, labels) for share in sorted((one, other)))
    assert set(small) <= set(large)
    for rows, share in ((small, min(one, other)), (large, max(one, other))):
        assert len(rows) == np.floor(round(share * m, 6))
        assert (np.diff(rows) > 0).all()
        assert rows[0] >= 0
        assert rows[-1] < m
        if labels is not None:
            sizes = np.bincount(labels)
            # u_c moves a class by one example, and all of them together the border by less than one example of each
            assert (np.abs(np.bincount(labels[rows], minlength=len(sizes)) - share * sizes) <= 2 + len(sizes) * sizes / m).all()


def test_all_is_all_and_the_seed_decides() -> None:
    np.testing.assert_array_equal(first_share(1.0, 7, seed=3), np.arange(7))
    np.testing.assert_array_equal(first_share(0.5, 100, seed=3), first_share(0.5, 100, seed=3))
    assert set(first_share(0.5, 100, seed=3)) != set(first_share(0.5, 100, seed=4))
    assert len(first_share(0.29, 100, seed=3)) == 29  # 0.29 · 100 is 28.999999999999996


def test_a_rare_class_is_as_often_there_as_chance_has_it() -> None:
    labels = np.r_[np.zeros(99, dtype=int), 1]
    found = sum(99 in first_share(0.2, 100, seed, labels) for seed in range(1_000))
    assert 150 < found < 250


@quick
@given(share=st.floats(0.05, 0.99), seed=st.integers(0, 2**31))
def test_dev_and_test_stay_and_train_has_the_labels_it_had(
    tmp_path_factory: pytest.TempPathFactory, share: float, seed: int
) -> None:
    directory = tmp_path_factory.mktemp("share")
    changes = (f"seed={seed}", "data.label_noise={train: 0.2}", "data.train_dev=20", "data.split.train=180")
    spec = write_spec(directory)
    whole, part = (set_up(read_spec(spec, told)).splits for told in (changes, (*changes, f"data.train_share={share}")))
    for name in ("dev", "test", "train_dev"):
        ours, theirs = getattr(part, name), getattr(whole, name)
        np.testing.assert_array_equal(ours.ids, theirs.ids)
        np.testing.assert_array_equal(ours.y, theirs.y)
    label_of = dict(zip(whole.train.ids.tolist(), whole.train.y.tolist(), strict=True))
    assert [label_of[key] for key in part.train.ids.tolist()] == part.train.y.tolist()
    assert len(part.train) == np.floor(share * 180 + 1e-6)
    assert part.split == whole.split
    np.testing.assert_allclose(part.train.x.mean(axis=0), 0, atol=1e-5)  # measured on what is left


def test_a_regression_is_scaled_by_what_is_left(tmp_path: Path) -> None:
    write_table(tmp_path)
    whole, part = (experiment(tmp_path, REGRESSION, *told).splits for told in ((), ("data.train_share=30%",)))
    assert (len(whole.train), len(part.train)) == (40, 12)
    assert part.target_scale != whole.target_scale
    np.testing.assert_allclose(part.train.y.mean(), 0, atol=1e-6)
    assert "data.train_share: 12 of 40 training examples are used" in part.notes


def test_what_is_lost_is_said() -> None:
    labels = np.array([0, 0, 1, 2])
    assert list(share_notes(4, np.array([0, 2]), labels, ("a", "b", "c"))) == [
        "data.train_share: 2 of 4 training examples are used",
        "data.train_share leaves no training example of class 'c'",
    ]
    assert not list(share_notes(4, None, labels, ("a", "b", "c")))


@pytest.mark.parametrize(
    ("share", "words"),
    [
        ("0.1%", r"-s 1: data\.train_share: .*0\.1 % of 200 training examples is less than one"),
        ("0.5%", r"-s 1: data\.train_share: .*1 training examples for 2 classes"),
        ("0", "must be"),
        ("1.5", "must be"),
    ],
)
def test_a_share_that_cannot_be_is_said_where_it_stands(tmp_path: Path, share: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        experiment(tmp_path, SMALL, f"data.train_share={share}")


def test_runs_on_another_share_are_another_group_and_all_is_no_share(tmp_path: Path) -> None:
    specs = [experiment(tmp_path, SMALL, *told).spec for told in ((), ("data.train_share=1.0",), ("data.train_share=0.5",))]
    assert [spec.data.train_share for spec in specs] == [None, None, 0.5]
    whole, all_of_it, half = (group_key(spec.model_dump(mode="json")) for spec in specs)
    assert whole == all_of_it
    assert half != whole
