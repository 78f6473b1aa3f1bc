import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data import batches
from dlrun.data.batches import Batches, boundaries, largest_batch, shuffled_rows
from dlrun.data.raw import row_numbers
from dlrun.data.splits import Examples


def examples_of(m: int, n: int = 3, dtype: str = "float32") -> Examples:
    x = np.arange(m * n).reshape(m, n).astype(dtype)
    return Examples(x=x, y=np.arange(m, dtype=np.int64), ids=row_numbers(m))


def test_the_order_is_a_permutation_keyed_by_seed_and_epoch() -> None:
    orders = {(seed, epoch): shuffled_rows(50, seed, epoch).tolist() for seed in range(3) for epoch in range(3)}
    assert all(sorted(order) == list(range(50)) for order in orders.values())
    assert len({tuple(order) for order in orders.values()}) == 9
    assert orders[1, 2] == shuffled_rows(50, 1, 2).tolist()


@given(m=st.integers(1, 60), size=st.integers(1, 70), epoch=st.integers(0, 5))
def test_an_epoch_shows_every_example_once_with_its_label(m: int, size: int, epoch: int) -> None:
    examples = examples_of(m)
    these = Batches(examples, size, seed=1)
    seen = []
    lengths = []
    for batch in these.epoch(epoch):
        np.testing.assert_array_equal(batch.x, examples.x[batch.y])
        assert batch.x.dtype == np.float32
        assert batch.y.dtype == np.int64
        seen += batch.y.tolist()
        lengths.append(len(batch))
    assert sorted(seen) == list(range(m))
    assert len(lengths) == len(these)
    assert lengths[:-1] == [min(size, m)] * (len(lengths) - 1)  # the last partial batch is kept
    assert seen == (list(range(m)) if size >= m else shuffled_rows(m, 1, epoch).tolist())


@given(m=st.integers(1, 60), size=st.integers(1, 70), data=st.data())
def test_an_epoch_goes_on_where_it_stopped(m: int, size: int, data: st.DataObject) -> None:
    these = Batches(examples_of(m), size, seed=3)
    whole = [batch.y.tolist() for batch in these.epoch(2)]
    done = data.draw(st.integers(0, len(whole)))
    position = [0, *(end for _, end in these.boundaries)][done]
    assert [batch.y.tolist() for batch in these.epoch(2, position)] == whole[done:]


def test_between_batches_is_the_only_way_in() -> None:
    with pytest.raises(AssertionError):
        next(Batches(examples_of(10), 4, seed=0).epoch(0, 3))


def test_a_full_batch_is_the_examples_themselves() -> None:
    examples = examples_of(10)
    for size in (10, 99):
        (batch,) = Batches(examples, size, seed=0).epoch(4)
        assert batch.x is examples.x
        assert batch.y is examples.y


def test_buffers_are_reused_and_nothing_large_is_made() -> None:
    examples = examples_of(4000, n=200)
    these = Batches(examples, 64, seed=0)
    tracemalloc.start()
    places = [(id(batch), batch.x.ctypes.data) for batch in these.epoch(0)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(places) == 63
    assert len(set(places)) == 5  # as many as 256 KiB hold, in one reused batch
    assert peak < examples.x.nbytes / 10
    assert next(these.epoch(0)).x.ctypes.data % 64 == 0


@pytest.mark.parametrize("at_once", [1, 5_000])
def test_how_much_is_gathered_in_one_go_changes_nothing(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    examples = examples_of(1000, n=20)
    expected = [(batch.x.copy(), batch.y.copy()) for batch in Batches(examples, 64, seed=5).epoch(3, 128)]
    monkeypatch.setattr(batches, "AT_ONCE", at_once)
    for (x, y), batch in zip(expected, Batches(examples, 64, seed=5).epoch(3, 128), strict=True):
        np.testing.assert_array_equal(batch.x, x)
        np.testing.assert_array_equal(batch.y, y)


@given(m=st.integers(1, 200), size=st.integers(1, 70), smallest=st.integers(1, 2))
def test_a_last_batch_that_is_too_small_joins_the_one_before(m: int, size: int, smallest: int) -> None:
    found = boundaries(m, size, smallest)
    assert largest_batch(m, size, smallest) == max(end - start for start, end in found)
    assert [start for start, _ in found] == [0, *(end for _, end in found)][:-1]
    assert found[-1][1] == m
    lengths = [end - start for start, end in found]
    if m >= smallest and size >= smallest:
        assert min(lengths) >= smallest
    assert lengths[:-1] == [min(size, m)] * (len(lengths) - 1)
    assert lengths[-1] <= min(size, m) + smallest - 1


def test_under_batch_norm_65_examples_in_batches_of_64_are_one_batch_of_all() -> None:
    (batch,) = Batches(examples_of(65), 64, seed=0, smallest=2).epoch(0)
    assert len(batch) == 65
    assert [len(batch) for batch in Batches(examples_of(129), 64, seed=0, smallest=2).epoch(0)] == [64, 65]
