"""`dlrun.train` and `dlrun.resume`: from a spec, or a run that stopped, to a finished run, without a word on the terminal."""

import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

from dlrun.api.run import Run, where_runs_are
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import DlrunError, Interrupted, InvalidInput, Problem
from dlrun.experiment.branching import go_on
from dlrun.experiment.opening import open_run
from dlrun.experiment.run import Run as OpenRun
from dlrun.experiment.setup import Experiment, set_up
from dlrun.report.markdown import write_report
from dlrun.report.next_step import next_step
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.rundir.references import find_run
from dlrun.spec import LoadedSpec, mapping_as_yaml, read_spec, read_text
from dlrun.training.loop import StepEnd

SpecLike = str | os.PathLike[str] | Mapping[str, Any]


def train(spec: SpecLike, *, overrides: Sequence[str] = (), runs_dir: str | os.PathLike[str] | None = None) -> Run:
    """Train one experiment to its end, diagnose it, and return the run.

    spec is the path of a YAML file, YAML text (a str of more than one line), or a mapping with the same keys; relative paths in
    the latter two are relative to the working directory. overrides are `key=value` as after `-s`. runs_dir is DLRUN_RUNS, or
    runs. The run's directory is the one that `dlrun train` leaves.

    >>> run = dlrun.train({"data": {"source": "digits"}, "training": {"epochs": 5}}, overrides=["learning_rate=3e-3"])
    >>> run.status
    'completed'

    Errors: InvalidInput before anything runs, with everything that is wrong; Diverged; DlrunError if it cannot be written.
    Ctrl-C finishes the step, saves, and is then a KeyboardInterrupt as anywhere; SIGTERM is handed on likewise.
    """
    changes = _listed(overrides)
    loaded = _read(spec, changes)
    if loaded.spec.seeds > 1:
        cure = 'overrides=["seeds=1"], or `dlrun train SPEC` in a shell, which trains them all'
        raise InvalidInput(loaded.problem("seeds", f"dlrun.train trains one run, and seeds asks for {loaded.spec.seeds}", cure))
    experiment = set_up(loaded)
    opened = open_run(experiment, where_runs_are(runs_dir), argv=("dlrun.train",), overrides=changes)
    path = _path(spec)  # what is no file cannot be typed again
    return _finished(opened) if path is None else _finished(opened, path, changes)


def resume(
    run: str | os.PathLike[str] | Run,
    overrides: Sequence[str] = (),
    *,
    at_epoch: int | None = None,
    allow_changes: bool = False,
    runs_dir: str | os.PathLike[str] | None = None,
) -> Run:
    """Go on with a run that stopped, and return it; with overrides train a child of it, and return that.

    run is named as in `dlrun.load`, or is what that returns. What stopped goes on as if nothing had happened: the same bytes; a
    run that is complete is returned as it is. overrides are `key=value` as after `-s`: a new run, beside its parent, begins with
    them where the parent was after at_epoch epochs, or at its newest checkpoint. The parent stays as it is.

    >>> child = dlrun.resume("@last", ["learning_rate.initial=3e-4"], at_epoch=3)
    >>> child.parent == dlrun.load("@last~1").id
    True

    Errors: InvalidInput before anything is changed, if there is nothing to go on with, a key may not change, or data, libraries
    or machine are not as they were, which allow_changes allows; DlrunError if another process works on it, or it is damaged;
    Diverged. Signals are handled as in `dlrun.train`.
    """
    changes = _listed(overrides)
    if at_epoch is not None and not changes:
        what = "at_epoch has no effect without overrides: a run goes on where it stopped"
        raise InvalidInput(Problem(what=what, cure='say what the child does otherwise: overrides=["learning_rate.initial=3e-4"]'))
    if at_epoch is not None and at_epoch < 0:
        raise InvalidInput(Problem(what=f"at_epoch must be at least 0, got {at_epoch}"))
    root = run.path if isinstance(run, Run) else find_run(os.fspath(run), where_runs_are(runs_dir)).root.absolute()
    paths = RunPaths(Path(root))
    opened = go_on(paths, changes, at_epoch=at_epoch, allow_changes=allow_changes, argv=("dlrun.resume",), watch=_unseen)
    return Run(root) if opened is None else _finished(opened)


def _unseen(experiment: Experiment, steps: Iterable[StepEnd]) -> None:
    """Go through the steps of a parent that is trained again, and show nothing."""
    for _ in steps:
        pass


def _listed(overrides: Sequence[str]) -> Sequence[str]:
    if isinstance(overrides, str):
        what = f"overrides are a list of texts, got the text {overrides!r:.60}"
        raise InvalidInput(Problem(what=what, cure='write overrides=["seed=3"]'))
    return overrides


def _finished(opened: AbstractContextManager[OpenRun], spec: str | None = None, overrides: Sequence[str] = ()) -> Run:
    """Train an opened run to its end, and hand a signal on to whoever called.

    spec and overrides are what can be typed again; None stands for the run's own resolved.yaml.
    """
    run: OpenRun | None = None
    try:
        with opened as run:
            _follow(run, spec or str(run.paths.resolved), overrides)
    except Interrupted as stopped:
        signal.raise_signal(stopped.number)  # the handlers are the caller's again: they decide what a signal means
        raise
    except DlrunError as error:
        if run:
            error.add_note(f"What there is of the run: dlrun.load({str(run.paths.root)!r})")
        raise
    return Run(run.paths.root)


def _read(spec: SpecLike, overrides: Sequence[str]) -> LoadedSpec:
    if (path := _path(spec)) is not None:
        return read_spec(path, overrides)
    given: Any = spec
    match given:
        case str():
            return read_text(given, overrides)
        case Mapping():
            return read_text(mapping_as_yaml(given), overrides)
    what = f"a spec is the path of a YAML file, YAML text, or a mapping, not a value of type {type(spec).__name__}"
    raise InvalidInput(Problem(what=what))


def _path(spec: SpecLike) -> str | None:
    """Return the path a spec is given as; a str of more than one line is no path."""
    if isinstance(spec, os.PathLike):
        return os.fspath(spec)
    return spec if isinstance(spec, str) and "\n" not in spec else None


def _follow(run: OpenRun, spec: str, overrides: Sequence[str]) -> None:
    """Train to the end, and write the diagnosis and the report."""
    with closing(run.train()) as steps:
        for _ in steps:
            pass

    def report(record: RunRecord, diagnosis: Diagnosis) -> None:
        write_report(run.paths, record, diagnosis, next_step(run.paths, record, diagnosis, spec=spec, overrides=overrides))

    run.finish(report)
