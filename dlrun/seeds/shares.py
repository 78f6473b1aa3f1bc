"""One experiment trained on shares of its training part: how its errors move with the number of examples.

Each run makes as many passes over its examples as the run they are held against, so that a share costs that share of its time.
Fewer examples then mean fewer steps; where these were too few to learn them, `diagnosis.learning_curve` sees it in their train
error. As many steps instead would cost six times the run, and stretch every schedule that is counted in epochs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from dlrun.diagnosis.gates import Gates
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.learning_curve import LearningCurve, Point, learning_curve
from dlrun.errors import InvalidInput, Problem
from dlrun.experiment.origins import resolved_spec, stored_spec
from dlrun.experiment.stored import stored_diagnosis, untrained
from dlrun.rundir.files import write_json
from dlrun.rundir.groups import is_fold
from dlrun.rundir.listing import read_run
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.seeds.gating import instead
from dlrun.seeds.jobs import Done, Job

SHARES = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)


@dataclass(frozen=True, kw_only=True)
class CurvePlan:
    """The runs that a learning curve takes, by their shares, and the run that it is of, which stands for 100 % if it can."""

    paths: RunPaths
    record: RunRecord
    diagnosis: Diagnosis
    jobs: dict[float, Job]

    @property
    def seconds(self) -> float:
        """About how long all of them train, one after the other: the sum of share times seconds of the run."""
        return fsum(self.jobs) * (self.record.seconds or 0.0)

    def curve(self, finished: Sequence[Done]) -> LearningCurve:
        """Return the curve through what came of the jobs, all of which have finished."""
        points = [] if SHARES[-1] in self.jobs else [_point(SHARES[-1], self.paths, self.diagnosis)]
        for share, done in zip(self.jobs, finished, strict=True):
            assert done.paths, "only what finished is on a curve"
            assert done.diagnosis
            points.append(_point(share, done.paths, done.diagnosis))
        seed = resolved_spec(self.paths).spec.seed
        return learning_curve(points, tolerance=self.diagnosis.tolerance * self.diagnosis.scale, seed=seed)


def plan_curve(paths: RunPaths) -> CurvePlan:
    """Return what a run's learning curve takes: jobs on one thread each, the smallest share first.

    What a job's overrides say, `dlrun train RUN/resolved.yaml` may be given by hand: the run is the same, byte for byte. Gates of
    the run are not asked of shares. A run that left its parent on the way does not stand for 100 %: its spec is not all its past.
    Errors: InvalidInput if the run is of folds, not complete, without dev part, or its data has changed; DlrunError if damaged.
    """
    record = _suitable(paths)
    diagnosis = stored_diagnosis(paths)
    if diagnosis.errors.dev is None:
        what, cure = "this run has no dev part, and a learning curve is one of dev errors", "train it with one: data.split.dev"
        raise InvalidInput(Problem(what=what, where=str(paths.root), cure=cure))
    own_share = untrained(paths).spec.data.train_share or 1.0
    shares = SHARES if record.branch else SHARES[:-1]
    jobs = {}
    for number, share in enumerate(shares, start=1):
        told = (f"data.train_share={round(share * own_share, 12)!r}", "seeds=1", "training.threads=1", *instead(Gates()))
        label = f"{100 * share:g} % ({number} of {len(shares)})"
        jobs[share] = Job(stored_spec(paths.resolved, told), told, label=label)
    return CurvePlan(paths=paths, record=record, diagnosis=diagnosis, jobs=jobs)


def store_curve(paths: RunPaths, curve: LearningCurve) -> None:
    """Write learning_curve.json beside a run.

    Errors: RunBusy if another process writes to the run; DlrunError if it cannot be written.
    """
    with lock_run(paths):
        write_json(paths.learning_curve, curve.to_json())


def _suitable(paths: RunPaths) -> RunRecord:
    """Return the record of a run that can have a learning curve; InvalidInput for folds, and for what is not complete."""
    record, where = RunRecord.load(paths), str(paths.root)
    if is_fold(record):
        what = "this run pools folds" if record.kind == "folds" else "this run is one of folds"
        what += ", whose training parts and dev parts go together: a learning curve takes a run with a dev part of its own"
        raise InvalidInput(Problem(what=what, where=where, cure="train the spec without folds, and name that run"))
    if (status := read_run(paths).status) != "completed":
        going_on = status in ("interrupted", "lost", "failed")
        cure = f"go on with it: dlrun resume {paths.id}" if going_on else "name one that is completed"
        raise InvalidInput(Problem(what=f"a learning curve takes a completed run, this one is {status}", where=where, cure=cure))
    return record


def _point(share: float, paths: RunPaths, diagnosis: Diagnosis) -> Point:
    dev = diagnosis.errors.dev
    assert dev, "the dev part is the same in all of them"
    return Point(share=share, run=paths.id, train=diagnosis.errors.train, dev=dev)
