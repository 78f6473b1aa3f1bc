"""Is it training at all? What the numbers of a run's course and of its layers say, before any error is compared.

Numbers in, findings out: whoever reads a diagnosis.json finds the same. The cause comes before what follows from it.
"""

from collections.abc import Iterator

from dlrun.diagnosis.course import LEARNED, WORTH, Course, Rises
from dlrun.diagnosis.findings import Finding
from dlrun.diagnosis.layer_health import HIGHEST_UPDATE, LOWEST_UPDATE, USUAL_UPDATE, LayerHealth

ABOVE_CHANCE = 1.0  # nats above ln C at which a start is bad (rule T2); He on the output layer gives 0.7 ± 0.2
TIMES_CHANCE = 5.0  # of a regression: times the loss of predicting 0; healthy starts have 1 to 3
RISEN = 1.2  # averaged cost over its start, or that of knowing nothing: it never rises above them at a rate that fits
REBOUND = 0.15  # of the whole fall: how far above its lowest average a cost may end
WANDERING = 0.1  # of the whole fall: how much averages of a twentieth of the run may differ from their neighbours
SHORT_UPDATE = 3e-4  # ‖ΔW‖/‖W‖ of a step, median: below it a larger rate is cheaper than more epochs
TINY_UPDATE, CREEPING = 1e-4, 0.02  # the same where another run as long would take off little: steps a tenth of usual
LEAST = 1e-9  # of an update that a rate is worked out from
ANY_RISE = 1e-5  # relative: less is rounding in float32
OFTEN = 0.1  # of steps at which the cost may rise under an optimizer that overshoots by design


def training_findings(course: Course | None, health: LayerHealth | None, *, hurts: bool) -> tuple[Finding, ...]:
    """Return the findings, the one to act on first at the front; hurts says that the train error is too high.

    What was wrong before the first step no rate has done; a rate too high kills and saturates units; signals that die with
    depth leave the first layers nearly unmoved, which looks like a low rate: only where none of this is, it is the rate, or time.
    """
    if course is None:
        return ()
    layers = tuple(health.findings(course.setting, hurts=hurts)) if health else ()
    found = (
        *(one for one in layers if one.at_start),
        *before_the_first_step(course),
        *too_fast(course),
        *(one for one in layers if not one.at_start),
    )
    return found if found or not hurts else tuple(too_slow(course))


def before_the_first_step(course: Course) -> Iterator[Finding]:
    """Yield what was wrong before the first step."""
    if course.initial is None or course.chance is None:
        return
    limit = TIMES_CHANCE * course.chance if course.regression else course.chance + ABOVE_CHANCE
    if course.initial > limit:
        know = "predicting the mean costs" if course.regression else "knowing nothing costs"
        words = f"the first loss is {course.initial:.3g}, {know} {course.chance:.3g}: the network begins sure of wrong answers"
        yield Finding(kind="initial_loss", words=words, patch=course.setting.better_start())


def too_fast(course: Course) -> Iterator[Finding]:
    """Yield the signs of a rate that is too high: rises of a cost that can only fall, a cost above its start, long steps."""
    slower = course.setting.rate_times(0.1)
    if course.rises and _rises_matter(course, course.rises):
        often = f"at {course.rises.count:,} of {course.rises.steps:,} steps, first at step {course.rises.first:,}"
        words = f"the cost of the full batch rose {often}, by {course.rises.largest:.2g} of itself at most"
        yield Finding(kind="cost_rises", words=words, patch=slower)
    if course.update is not None and course.update > HIGHEST_UPDATE:
        words = f"a step moves the weights by {course.update:.2g} of themselves, above {HIGHEST_UPDATE:g}"
        yield Finding(kind="rate_too_high", words=words, patch=course.setting.rate_times(USUAL_UPDATE / course.update))
    elif words := _unsteady(course):
        yield Finding(kind="rate_too_high", words=words, patch=slower)


def _rises_matter(course: Course, rises: Rises) -> bool:
    """Plain gradient descent never rises at a rate that fits; momentum and its relatives overshoot now and then."""
    if not rises.count or rises.largest <= ANY_RISE:
        return False
    return course.setting.optimizer == "gradient_descent" or rises.count > OFTEN * rises.steps


def _unsteady(course: Course) -> str:
    if course.start is None or course.highest is None or course.lowest is None or course.end is None:
        return ""
    span = max(course.start - course.lowest, LEARNED * abs(course.start))  # of a fall that is none, any noise would be large
    if course.highest > RISEN * max(course.start, course.chance or 0.0):
        return f"the averaged cost rose from {course.start:.3g} to {course.highest:.3g}"
    if course.scatter is None:  # too short a run: averages differ by the examples they hold
        return ""
    if course.end - course.lowest > REBOUND * span:
        return f"the averaged cost was down to {course.lowest:.3g} and ended at {course.end:.3g}"
    if course.scatter > WANDERING * span:
        return f"the averaged cost oscillates by ±{course.scatter:.2g} around {course.end:.3g}"
    return ""


def too_slow(course: Course) -> Iterator[Finding]:
    """Yield why the training set is not fitted: steps too short, a cost that does not fall, or one that still does."""
    if not course.steps:
        return
    gain, update = course.gain or 0.0, course.update
    falling = gain >= WORTH
    creeping = gain >= CREEPING or (gain > 0 and course.learned is False)
    short = update is not None and (update < SHORT_UPDATE if falling else update < TINY_UPDATE and creeping)
    if update is not None and update < LOWEST_UPDATE:
        words = f"a step moves the weights by {update:.2g} of themselves, below {LOWEST_UPDATE:g}"
        yield Finding(kind="rate_too_low", words=words, patch=_usual(course))
    elif short:
        moves = f"a step moves the weights by {update:.2g} of themselves, {USUAL_UPDATE:g} is usual"
        yield Finding(kind="rate_too_low", words=f"{_falling(course)}, and {moves}", patch=_usual(course))
    elif course.learned is False:
        yield _stuck(course)
    elif falling and not course.setting.stopped_early:
        yield Finding(kind="still_falling", words=_falling(course), side="bias", patch=course.setting.longer())


def _stuck(course: Course) -> Finding:
    """Return what a cost that did not fall means: under steps of the usual length the network is too small, not stuck."""
    words = f"the train loss ends at {course.end_loss:.3g}, an answer that ignores the inputs has {course.constant:.3g}"
    if course.update is None or course.update < SHORT_UPDATE:
        return Finding(kind="stuck", words=words, patch=course.setting.better_start() or _usual(course))
    told = f"{words}, although a step moves the weights by {course.update:.2g} of themselves, as is usual"
    return Finding(kind="stuck", words=told, side="bias")


def _falling(course: Course) -> str:
    pace = (course.gain or 0.0) / course.epochs
    told = course.in_words.removesuffix(" and is still falling")
    return f"{told} and is still falling, by {pace:.2g} of itself an epoch"


def _usual(course: Course) -> dict[str, str]:
    """Return the patch for the rate at which a step would move the weights by about a thousandth."""
    return course.setting.rate_times(USUAL_UPDATE / max(course.update or 0.0, LEAST) if course.update is not None else 10)
