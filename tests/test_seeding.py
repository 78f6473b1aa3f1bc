from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.seeding import SEED_BITS, Stream, derived_seeds, rng_for
from tests.strategies import quick, seeds

streams = st.sampled_from(Stream)
counters = st.integers(0, 2**31 - 1)
keys = st.tuples(seeds, streams, counters)
FIRST_BITS = 10424841047235941500


def test_stream_numbers_are_frozen() -> None:
    """A stored seed means these numbers: add to the end, never change one."""
    assert {stream.name: stream.value for stream in Stream} == {
        "INITIALIZATION": 0,
        "SPLIT": 1,
        "SHUFFLE": 2,
        "DROPOUT": 3,
        "AUGMENTATION": 4,
        "GENERATOR": 5,
        "GRADIENT_CHECK": 6,
        "BOOTSTRAP": 7,
        "DRIFT": 8,
        "LABEL_NOISE": 9,
        "COLUMN_SCALES": 10,
        "SEEDS": 11,
        "FOLDS": 12,
        "BASELINE": 13,
        "TRAIN_SHARE": 14,
        "LEARNING_CURVE": 15,
    }


def test_bits_are_frozen() -> None:
    """The same seed is the same network next year: the generator and the way it is keyed stay as they are."""
    expected = np.random.PCG64(np.random.SeedSequence(7, spawn_key=(2, 3))).random_raw(4)
    np.testing.assert_array_equal(rng_for(7, Stream.SHUFFLE, 3).bit_generator.random_raw(4), expected)
    assert rng_for(0, Stream.INITIALIZATION).bit_generator.random_raw() == FIRST_BITS


@quick
@given(key=keys)
def test_the_same_key_draws_the_same(key: tuple[int, Stream, int]) -> None:
    np.testing.assert_array_equal(rng_for(*key).random(8), rng_for(*key).random(8))


@quick
@given(one=keys, other=keys)
def test_different_keys_draw_differently(one: tuple[int, Stream, int], other: tuple[int, Stream, int]) -> None:
    same = np.array_equal(rng_for(*one).random(8), rng_for(*other).random(8))
    assert same == (one == other)


@pytest.mark.parametrize("stream", Stream)
def test_every_stream_is_its_own_and_counts(stream: Stream) -> None:
    first = rng_for(1, stream).random(8)
    assert not np.array_equal(first, rng_for(1, stream, 1).random(8))  # a list as entropy would collide: [1] is [1, 0]
    np.testing.assert_array_equal(first, rng_for(1, stream, 0).random(8))
    for other in set(Stream) - {stream}:
        assert not np.array_equal(first, rng_for(1, other).random(8))


def test_streams_are_independent() -> None:
    """Between 8 streams of 10,000 normal numbers the largest correlation stays within chance (5 deviations)."""
    draws = np.array([rng_for(1, stream).standard_normal(10_000) for stream in Stream])
    correlation = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlation).max() < 5 / np.sqrt(10_000)


def global_state() -> Any:
    return np.random.get_state(legacy=False)["state"]["key"]  # noqa: NPY002 — the generator that must not move


def test_nothing_touches_the_global_generator() -> None:
    before = global_state()
    rng_for(1, Stream.SPLIT).random(8)
    np.testing.assert_array_equal(before, global_state())


def test_derived_seeds_are_frozen_and_begin_with_the_root() -> None:
    assert derived_seeds(7, 3) == (7, 6184341799801461, 4159930572119351)
    assert derived_seeds(7, 1) == (7,)


@quick
@given(root=seeds, count=st.integers(1, 100), fewer=st.integers(1, 100))
def test_more_seeds_join_those_there_were(root: int, count: int, fewer: int) -> None:
    found = derived_seeds(root, count)
    assert found[:fewer] == derived_seeds(root, min(fewer, count))
    assert len(set(found)) == count
    assert all(0 <= seed < 2**SEED_BITS for seed in found[1:])


def test_derived_seeds_of_ten_thousand_roots_are_all_different() -> None:
    """Of roots in a row, as people choose them: neighbours share no run."""
    derived = [seed for root in range(10_000) for seed in derived_seeds(root, 5)[1:]]
    assert len(set(derived) | set(range(10_000))) == 50_000
