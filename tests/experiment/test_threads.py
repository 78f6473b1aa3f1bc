"""Threads are a function of shapes and cores, and are held while a run works."""

from dlrun.experiment.threads import choose_threads, cores, pinned


def test_small_products_get_one_thread_large_ones_all_cores() -> None:
    assert choose_threads(6_000, 64, 8) == 1
    assert choose_threads(20_000, 64, 8) == 1
    assert choose_threads(100_000, 32, 8) == 2
    assert choose_threads(100_000, 128, 8) == 4
    assert choose_threads(700_000, 128, 8) == 8
    assert choose_threads(700_000, 128, 1) == 1


def test_pinned_holds_and_gives_back() -> None:
    from threadpoolctl import threadpool_info

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    before = threads()
    with pinned(1):
        assert threads() == {1}
    assert threads() == before
    assert cores() >= 1
