import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, fields, replace
from itertools import islice
from typing import Any, get_type_hints

import pytest
from annotated_types import Le
from hypothesis import given
from hypothesis import strategies as st

from dlrun.nn.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    LearningRate,
    Linear,
    Manual,
    OneCycle,
    Plateau,
    Progress,
    RateFrom,
    ReduceOnPlateau,
    Schedule,
    Sqrt,
    Staircase,
)
from tests.laws import kind, members
from tests.strategies import quick

REQUIRED: dict[Any, dict[str, Any]] = {Manual: {"rates": (RateFrom(epoch=2, rate=0.03), RateFrom(epoch=5, rate=0.007))}}
CLASSES = members(Schedule)
PER = [cls for cls in CLASSES if any(field.name == "per" for field in fields(cls))]
PER_EPOCH = [cls(per="epoch") for cls in PER]
OTHERS = [cls(**REQUIRED.get(cls, {})) for cls in CLASSES if cls not in PER]
SAMPLES = [*OTHERS, *PER_EPOCH, *(cls(per="step") for cls in PER)]
WITH_END = [Linear(), Linear(per="epoch", final=0.2), Cosine(), Cosine(per="epoch", final=0.2), OneCycle()]

every_schedule = pytest.mark.parametrize("schedule", SAMPLES, ids=repr)
RUNS = [(1, 1), (1, 10), (10, 1), (4, 7), (30, 17), (3, 1000)]  # epochs, steps an epoch
every_run = pytest.mark.parametrize("run", RUNS, ids=str)
INITIAL = 0.2
CLOSE = 1e-12 * INITIAL


def after(epochs: float, step: int = 0, total_epochs: int = 20, total_steps: int = 100, reductions: int = 0) -> Progress:
    return Progress(epochs, step, total_epochs, total_steps, reductions)


def steps_of(run: tuple[int, int]) -> Iterator[Progress]:
    """Yield the progress before every step of a run."""
    epochs, per_epoch = run
    for step in range(epochs * per_epoch):
        e, within = divmod(step, per_epoch)
        yield Progress(e + within / per_epoch, step, epochs, epochs * per_epoch)


def rates(schedule: Any, run: tuple[int, int]) -> list[float]:
    return [schedule.at(INITIAL, progress) for progress in steps_of(run)]


def repeated(by_epoch: Iterator[float], run: tuple[int, int]) -> list[float]:
    """Return the rate of every step when a scheduler is stepped once an epoch."""
    epochs, per_epoch = run
    return [rate for rate in islice(by_epoch, epochs) for _ in range(per_epoch)]


# What PyTorch's schedulers do, each in its chained form: the next rate is made from the last one.


def torch_lambda(initial: float, factor: Callable[[int], float]) -> Iterator[float]:
    e = 0
    while True:
        yield initial * factor(e)
        e += 1


def torch_exponential(rate: float, gamma: float) -> Iterator[float]:
    while True:
        yield rate
        rate *= gamma


def torch_step(rate: float, step_size: int, gamma: float) -> Iterator[float]:
    e = 0
    while True:
        yield rate
        e += 1
        if e % step_size == 0:
            rate *= gamma


def torch_linear(initial: float, start_factor: float, end_factor: float, total_iters: int) -> Iterator[float]:
    e, rate = 0, initial * start_factor
    while True:
        yield rate
        e += 1
        if e <= total_iters:
            rise = end_factor - start_factor
            rate *= 1 + rise / (total_iters * start_factor + (e - 1) * rise)


def torch_cosine_annealing(rate: float, t_max: int, eta_min: float) -> Iterator[float]:
    e = 0
    while e < t_max:
        yield rate
        e += 1
        rate = (1 + math.cos(math.pi * e / t_max)) / (1 + math.cos(math.pi * (e - 1) / t_max)) * (rate - eta_min) + eta_min


def torch_one_cycle(max_lr: float, total: int, pct_start: float, div_factor: float, final_div_factor: float) -> Iterator[float]:
    start = max_lr / div_factor
    for step in range(total):
        up = pct_start * total - 1
        low, high, part = (start, max_lr, step / up) if step <= up else (max_lr, start / final_div_factor, -1.0)
        if part < 0:
            part = (step - up) / (total - 1 - up)
        yield high + (low - high) / 2 * (math.cos(math.pi * part) + 1)


def torch_reduce_on_plateau(rate: float, factor: float, patience: int, threshold: float, seen: Sequence[float]) -> list[float]:
    """Return the rate after each evaluation."""
    best, bad, after_each = math.inf, 0, []
    for value in seen:
        better = value < best * (1 - threshold)
        best, bad = (value, 0) if better else (best, bad + 1)
        if bad > patience:
            rate, bad = rate * factor, 0
        after_each.append(rate)
    return after_each


BY_COUNT: list[tuple[Any, Callable[[], Iterator[float]]]] = [
    (Constant(), lambda: torch_lambda(INITIAL, lambda e: 1)),
    (InverseTime(rate=1.0), lambda: torch_lambda(INITIAL, lambda e: 1 / (1 + e))),
    (InverseTime(rate=0.05), lambda: torch_lambda(INITIAL, lambda e: 1 / (1 + 0.05 * e))),
    (Exponential(), lambda: torch_exponential(INITIAL, 0.95)),
    (Exponential(base=0.5), lambda: torch_exponential(INITIAL, 0.5)),
    (Sqrt(), lambda: torch_lambda(INITIAL, lambda e: (e + 1) ** -0.5)),
    (Sqrt(k=3.0), lambda: torch_lambda(INITIAL, lambda e: 3 * (e + 1) ** -0.5)),
    (Staircase(), lambda: torch_step(INITIAL, 10, 0.5)),
    (Staircase(every=1, factor=0.9), lambda: torch_step(INITIAL, 1, 0.9)),
    (Staircase(every=4, factor=0.1), lambda: torch_step(INITIAL, 4, 0.1)),
]


@every_run
@pytest.mark.parametrize(("schedule", "recursion"), BY_COUNT, ids=[repr(schedule) for schedule, _ in BY_COUNT])
def test_decays_by_count_are_the_recursions_per_epoch_and_per_step(schedule: Any, recursion: Any, run: tuple[int, int]) -> None:
    assert rates(schedule, run) == pytest.approx(repeated(recursion(), run), rel=1e-12, abs=1e-300)
    per_step = schedule if isinstance(schedule, Constant) else replace(schedule, per="step")
    assert rates(per_step, run) == pytest.approx(list(islice(recursion(), math.prod(run))), rel=1e-11, abs=1e-300)


@every_run
@pytest.mark.parametrize("final", [0.0, 0.01, 0.5, 1.0])
def test_linear_is_the_recursion(run: tuple[int, int], final: float) -> None:
    epochs, steps = run[0], math.prod(run)
    by_step = torch_linear(INITIAL, 1.0, final, steps)
    assert rates(Linear(final=final), run) == pytest.approx(list(islice(by_step, steps)), rel=0, abs=CLOSE)
    by_epoch = torch_linear(INITIAL, 1.0, final, epochs)
    assert rates(Linear(final=final, per="epoch"), run) == pytest.approx(repeated(by_epoch, run), rel=0, abs=CLOSE)


@every_run
@pytest.mark.parametrize("final", [0.0, 0.01, 0.5, 1.0])
def test_cosine_is_the_recursion(run: tuple[int, int], final: float) -> None:
    epochs, steps = run[0], math.prod(run)
    by_step = list(torch_cosine_annealing(INITIAL, steps, final * INITIAL))
    assert rates(Cosine(final=final), run) == pytest.approx(by_step, rel=0, abs=CLOSE)
    by_epoch = torch_cosine_annealing(INITIAL, epochs, final * INITIAL)
    assert rates(Cosine(final=final, per="epoch"), run) == pytest.approx(repeated(by_epoch, run), rel=0, abs=CLOSE)


@every_run
@pytest.mark.parametrize(("peak", "final", "warm"), [(10.0, 1e-4, 0.3), (25.0, 1e-4, 0.25), (1.0, 1.0, 0.5), (4.0, 0.5, 0.99)])
def test_one_cycle_is_the_two_phase_cosine_form(run: tuple[int, int], peak: float, final: float, warm: float) -> None:
    expected = torch_one_cycle(peak * INITIAL, math.prod(run), warm, peak, 1 / final)
    assert rates(OneCycle(peak=peak, final=final, warm=warm), run) == pytest.approx(list(expected), rel=0, abs=CLOSE * peak)


@quick
@given(total=st.integers(1, 60), peak=st.floats(1, 100), final=st.floats(1e-6, 1), warm=st.floats(0.01, 0.99))
def test_one_cycle_is_that_form_for_all_its_settings(total: int, peak: float, final: float, warm: float) -> None:
    if abs(warm * total - 1) > 1e-3:  # the other form divides by this
        expected = list(torch_one_cycle(peak * INITIAL, total, warm, peak, 1 / final))
        assert rates(OneCycle(peak=peak, final=final, warm=warm), (1, total)) == pytest.approx(expected, rel=0, abs=CLOSE * peak)


def test_one_cycle_starts_at_the_initial_rate_peaks_and_ends_at_the_last_step() -> None:
    cycle = rates(OneCycle(peak=10, final=0.01, warm=0.3), (10, 10))
    assert cycle[0] == INITIAL
    assert cycle[29] == max(cycle) == pytest.approx(10 * INITIAL, rel=1e-15)
    assert cycle[-1] == pytest.approx(0.01 * INITIAL, rel=1e-15)
    assert cycle[:30] == sorted(cycle[:30])
    assert cycle[29:] == sorted(cycle[29:], reverse=True)


def test_a_run_too_short_to_rise_only_falls() -> None:
    assert rates(OneCycle(), (1, 1)) == pytest.approx([1e-4 * INITIAL])
    assert rates(OneCycle(warm=0.25), (1, 4))[0] == 10 * INITIAL  # where PyTorch divides 0 by 0
    three = rates(OneCycle(), (1, 3))
    assert three == sorted(three, reverse=True)


def test_inverse_time_is_the_courses_table() -> None:
    rate = LearningRate(initial=0.2, decay=InverseTime(rate=1.0))
    assert [round(rate.at(after(epochs)), 3) for epochs in (1, 2, 3, 4)] == [0.1, 0.067, 0.05, 0.04]
    assert rate.at(after(0)) == 0.2


@quick
@given(epochs=st.integers(0, 500))
def test_exponential_is_a_power_of_its_base(epochs: int) -> None:
    assert Exponential().at(INITIAL, after(epochs)) == pytest.approx(INITIAL * math.exp(epochs * math.log(0.95)), rel=1e-12)


def test_sqrt_counts_from_one() -> None:
    assert [Sqrt(k=2).at(0.1, after(e)) for e in (0, 3, 8)] == pytest.approx([0.2, 0.1, 0.2 / 3])
    assert [Sqrt(k=2, per="step").at(0.1, after(0, t - 1)) for t in (1, 4, 9)] == pytest.approx([0.2, 0.1, 0.2 / 3])


def test_a_staircase_halves_every_ten_epochs() -> None:
    assert [Staircase().at(0.8, after(e)) for e in (0, 9.99, 10, 19, 20, 30)] == [0.8, 0.8, 0.4, 0.4, 0.2, 0.1]


def test_manual_is_the_initial_rate_until_an_entry_is_reached() -> None:
    by_hand = Manual(rates=(RateFrom(epoch=2, rate=0.03), RateFrom(epoch=5, rate=0.007)))
    assert [by_hand.at(0.1, after(e)) for e in (0, 1.99, 2, 4.99, 5, 1e6)] == [0.1, 0.1, 0.03, 0.03, 0.007, 0.007]
    assert Manual(rates=(RateFrom(epoch=0, rate=0.5),)).at(0.1, after(0)) == 0.5


@quick
@given(entries=st.lists(st.tuples(st.integers(0, 20), st.floats(1e-6, 1)), min_size=1, max_size=8), epochs=st.floats(0, 25))
def test_manual_sorts_its_entries_and_of_equals_takes_the_last(entries: list[tuple[int, float]], epochs: float) -> None:
    table = dict(entries)  # the last of equals
    expected = 0.1
    for epoch in range(21):
        if epoch <= epochs:
            expected = table.get(epoch, expected)
    by_hand = Manual(rates=tuple(RateFrom(epoch=epoch, rate=rate) for epoch, rate in entries))
    assert by_hand.at(0.1, after(epochs)) == expected


values = st.one_of(st.floats(0.5, 1.5), st.sampled_from([1.0, 0.99995, 0.9998, 0.0, -1.0, math.nan, math.inf]))


@quick
@given(seen=st.lists(values, max_size=60), patience=st.integers(0, 4), threshold=st.sampled_from([0.0, 1e-4, 0.1]))
def test_reduce_on_plateau_is_the_recursion(seen: list[float], patience: int, threshold: float) -> None:
    schedule, plateau, ours = ReduceOnPlateau(factor=0.5, patience=patience, threshold=threshold), Plateau(), []
    for value in seen:
        plateau.observe(value, schedule)
        ours.append(schedule.at(INITIAL, after(0, reductions=plateau.reductions)))
    assert ours == pytest.approx(torch_reduce_on_plateau(INITIAL, 0.5, patience, threshold, seen), rel=1e-12)


@pytest.mark.parametrize("no_better", [1.0, 0.99995, 2.0, math.nan, math.inf])
def test_the_rate_falls_when_more_than_patience_evaluations_in_a_row_are_no_better(no_better: float) -> None:
    schedule, plateau = ReduceOnPlateau(patience=2), Plateau()
    for value in (1.0, no_better, no_better):
        plateau.observe(value, schedule)
    assert astuple(plateau) == (1.0, 2, 0)
    plateau.observe(no_better, schedule)
    assert astuple(plateau) == (1.0, 0, 1)
    plateau.observe(0.5, schedule)
    assert astuple(plateau) == (0.5, 0, 1)
    assert schedule.at(INITIAL, after(1, reductions=1)) == pytest.approx(0.1 * INITIAL, rel=1e-15)


def test_a_better_evaluation_ends_the_waiting() -> None:
    schedule, plateau = ReduceOnPlateau(patience=1), Plateau()
    for value in (1.0, 1.0, 0.9, 0.9, 0.8, 0.8):
        plateau.observe(value, schedule)
    assert astuple(plateau) == (0.8, 1, 0)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_threshold_is_a_share_of_the_best(scale: float) -> None:
    plateau = Plateau(best=scale)
    plateau.observe(0.995 * scale, ReduceOnPlateau(threshold=0.01))
    assert astuple(plateau) == (scale, 1, 0)
    plateau.observe(0.985 * scale, ReduceOnPlateau(threshold=0.01))
    assert astuple(plateau) == (0.985 * scale, 0, 0)


@every_schedule
@every_run
def test_a_run_starts_at_the_initial_rate(schedule: Any, run: tuple[int, int]) -> None:
    if not isinstance(schedule, OneCycle) or schedule.warm * math.prod(run) > 1:  # else there is no way up
        assert rates(schedule, run)[0] == INITIAL


@every_schedule
@every_run
def test_until_the_run_is_over_rates_are_above_0_and_only_one_cycle_ever_rises(schedule: Any, run: tuple[int, int]) -> None:
    of_run = rates(schedule, run)
    assert min(of_run) > 0
    if not isinstance(schedule, OneCycle):
        assert of_run == sorted(of_run, reverse=True)


@pytest.mark.parametrize("schedule", WITH_END, ids=repr)
@pytest.mark.parametrize("total", [1, 2, 1000, 10**6, 10**9])
def test_the_last_step_of_however_many_still_learns(schedule: Any, total: int) -> None:
    last = after(total - 1, total - 1, total, total)
    assert 0 < schedule.at(INITIAL, last) <= INITIAL


@pytest.mark.parametrize("schedule", WITH_END, ids=repr)
@quick
@given(over=st.integers(0, 10**6))
def test_past_the_end_the_rate_is_the_final_one(schedule: Any, over: int) -> None:
    assert schedule.at(INITIAL, after(20 + over, 100 + over)) == schedule.final * INITIAL


def within_bounds(cls: Any, **given: Any) -> st.SearchStrategy[Any]:
    """Draw components with all that the bounds of their fields allow; a spec has no infinities."""
    drawn = st.builds(cls, **{field.name: ... for field in fields(cls)} | given)
    return drawn.filter(lambda component: not any(value == math.inf for value in vars(component).values()))


@pytest.mark.parametrize("cls", CLASSES, ids=kind)
@quick
@given(data=st.data(), epochs=st.floats(0, 1e12), counts=st.tuples(*[st.integers(0, 10**12)] * 4))
def test_a_rate_is_finite_and_never_negative(cls: Any, data: Any, epochs: float, counts: tuple[int, int, int, int]) -> None:
    rate = data.draw(within_bounds(LearningRate, decay=within_bounds(cls))).at(Progress(epochs, *counts))
    assert type(rate) is float  # a NumPy scalar would promote float32 arrays
    assert 0 <= rate < math.inf


def upper_bounds(cls: Any) -> dict[str, Any]:
    """Return the highest values that real fields may have."""
    hints = get_type_hints(cls, include_extras=True).items()
    real = {name: hint.__metadata__ for name, hint in hints if getattr(hint, "__origin__", None) is float}
    return {name: bound.le for name, bounds in real.items() for bound in bounds if isinstance(bound, Le)}


@pytest.mark.parametrize("cls", CLASSES, ids=kind)
def test_at_the_upper_bounds_rates_are_finite_and_only_multiples_exceed_the_initial_one(cls: Any) -> None:
    largest = upper_bounds(LearningRate)["initial"]
    rate = LearningRate(initial=largest, decay=cls(**REQUIRED.get(cls, {}) | upper_bounds(cls)))
    highest = max(rate.at(progress) for progress in steps_of((100, 2)))
    assert highest < math.inf if cls in {Sqrt, OneCycle} else highest <= largest


@every_schedule
def test_in_a_run_of_no_steps_rates_are_defined(schedule: Any) -> None:
    assert 0 < LearningRate(initial=INITIAL, decay=schedule, warmup=1).at(Progress(0.0, 0, 0, 0)) <= INITIAL
    assert 0 <= LearningRate(initial=INITIAL, decay=schedule, warmup=1).at(Progress(1.0, 5, 0, 0)) <= INITIAL


@every_schedule
def test_a_rate_depends_on_progress_alone(schedule: Any) -> None:
    backwards = [schedule.at(INITIAL, progress) for progress in reversed(list(steps_of((4, 7))))]
    assert backwards[::-1] == rates(schedule, (4, 7))


@every_schedule
@quick
@given(initial=st.floats(1e-6, 1e6), epochs=st.floats(0, 20), step=st.integers(0, 99), reductions=st.integers(0, 5))
def test_twice_the_initial_rate_gives_twice_the_rate(
    schedule: Any, initial: float, epochs: float, step: int, reductions: int
) -> None:
    progress = after(epochs, step, reductions=reductions)
    if not isinstance(schedule, Manual) or epochs < schedule.rates[0].epoch:  # rates by hand are absolute
        assert schedule.at(2 * initial, progress) == 2 * schedule.at(initial, progress)


@pytest.mark.parametrize("schedule", [*PER_EPOCH, Constant(), Manual(**REQUIRED[Manual])], ids=kind)
@quick
@given(epoch=st.integers(0, 10_000), part=st.floats(0, 1, exclude_max=True), step=st.integers(0, 10**9))
def test_per_epoch_the_rate_is_constant_within_an_epoch(schedule: Any, epoch: int, part: float, step: int) -> None:
    if epoch + part < epoch + 1:  # or the sum was rounded up to the next epoch
        within = after(epoch + part, step, total_epochs=5000)
        assert schedule.at(INITIAL, within) == schedule.at(INITIAL, after(epoch, 0, total_epochs=5000))


@pytest.mark.parametrize("cls", PER, ids=kind)
@quick
@given(count=st.integers(0, 10_000), total=st.integers(0, 10_000), epochs=st.floats(0, 1e4))
def test_per_step_counts_steps_as_per_epoch_counts_epochs(cls: Any, count: int, total: int, epochs: float) -> None:
    by_step = cls(per="step").at(INITIAL, Progress(epochs, count, 7, total))
    assert by_step == cls(per="epoch").at(INITIAL, Progress(count, 7, total, 7))


def test_per_is_by_epoch_where_the_course_counts_epochs() -> None:
    assert {cls for cls in PER if cls().per == "epoch"} == {InverseTime, Exponential, Sqrt, Staircase}


def test_the_default_is_a_constant_one_thousandth() -> None:
    assert LearningRate().at(after(17)) == 1e-3


@every_schedule
@pytest.mark.parametrize(("warmup", "ramp"), [(0.0, 0), (1.0, 7), (2.0, 14), (0.5, 4), (0.1, 1), (0.05, 0), (3.9, 27), (8.0, 56)])
def test_warmup_multiplies_the_rates_by_a_ramp(schedule: Any, warmup: float, ramp: int) -> None:
    rate = LearningRate(initial=INITIAL, decay=schedule, warmup=warmup)
    expected = [whole * min((s + 1) / ramp, 1) if ramp else whole for s, whole in enumerate(rates(schedule, (4, 7)))]
    assert [rate.at(progress) for progress in steps_of((4, 7))] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("ramp", [2, 3, 17])
def test_warmup_to_a_constant_rate_is_the_recursion(ramp: int) -> None:
    rate = LearningRate(initial=INITIAL, warmup=ramp / 17)
    expected = torch_linear(INITIAL, 1 / ramp, 1.0, ramp - 1)
    assert [rate.at(progress) for progress in steps_of((3, 17))] == pytest.approx(list(islice(expected, 51)), rel=1e-12)


def test_the_first_step_of_a_warmup_is_not_0_and_the_first_after_it_is_whole() -> None:
    rate = LearningRate(initial=0.5, warmup=2)
    of_run = [rate.at(progress) for progress in steps_of((4, 10))]
    assert of_run[0] == 0.5 / 20
    assert of_run[19:] == [0.5] * 21
