"""`dlrun diagnose RUN --learning-curve`: the run's experiment on shares of its training part, and what more data would buy."""

from pathlib import Path

from dlrun.cli.many import Manner
from dlrun.cli.options import Format
from dlrun.cli.printing import print_json
from dlrun.cli.repeated import note_what_is_left, watched
from dlrun.diagnosis.learning_curve import LearningCurve
from dlrun.errors import Interrupted
from dlrun.report.figures import duration
from dlrun.report.learning_curve import print_curve
from dlrun.report.terminal import console
from dlrun.rundir.listing import list_runs, short_ids
from dlrun.rundir.paths import RunPaths
from dlrun.seeds.jobs import Done, failure
from dlrun.seeds.shares import CurvePlan, plan_curve, store_curve


def diagnose_curve(paths: RunPaths, runs_dir: Path, manner: Manner) -> None:
    """Train what a run's learning curve takes, store the curve beside the run, and print it; raise what went wrong with any."""
    from dlrun.report.plots.figure import save
    from dlrun.report.plots.learning_curve import draw_learning_curve

    paths = paths.itself()  # `latest` moves as soon as the first of them begins
    plan = plan_curve(paths)
    if not manner.quiet:
        console(stderr=True).print(f"· {_cost(plan, manner.workers)}", style="dim", soft_wrap=True)
    jobs, finished = list(plan.jobs.values()), list[Done]()
    try:
        finished.extend(watched(jobs, runs_dir, manner))
    except Interrupted as stopped:
        words = f"of {len(jobs)} shares are done; there is no curve, that takes all of them"
        note_what_is_left(stopped, jobs, finished, words)
        raise
    if error := failure(finished):
        error.add_note(f"there is no curve: that takes all {len(jobs)} shares")
        raise error
    curve = plan.curve(finished)
    try:
        store_curve(paths, curve)
        save(draw_learning_curve(curve, title=f"Learning curve of {plan.record.name}"), paths.learning_curve_picture)
    finally:  # what was trained for is seen, whatever the disk says
        _print(curve, paths, runs_dir, manner.output)


def _cost(plan: CurvePlan, workers: int) -> str:
    """Say what it will cost, before it does."""
    shares = ", ".join(f"{100 * share:g}" for share in plan.jobs)
    m = plan.diagnosis.errors.train.n
    times = plan.seconds / plan.record.seconds if plan.record.seconds else 0.0
    at_once = f", {workers} at once" if workers > 1 else ""
    return (
        f"{len(plan.jobs)} runs on {shares} % of {m:,} training examples, as many epochs each{at_once}: "
        f"about {times:.3g} times as long as this run trained, {duration(plan.seconds)}"
    )


def _print(curve: LearningCurve, paths: RunPaths, runs_dir: Path, output: Format) -> None:
    if output is Format.json:
        print_json({"run": paths.id, **curve.to_json()})
        return
    out = console()
    out.print()
    print_curve(curve, short_ids(list_runs(runs_dir)), out)
    out.print()
    if paths.learning_curve_picture.exists():
        out.print(f"picture  {paths.learning_curve_picture}", soft_wrap=True)
