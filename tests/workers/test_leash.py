"""The leash: what is no worker is on none, and what a worker starts is on none either."""

from threading import active_count

from dlrun.workers.leash import VARIABLE, follow_the_head


def test_without_a_head_nothing_happens() -> None:
    before = active_count()
    for environment in ({}, {VARIABLE: ""}, {VARIABLE: "nonsense"}):
        follow_the_head(environment)
        assert VARIABLE not in environment
    assert active_count() == before
