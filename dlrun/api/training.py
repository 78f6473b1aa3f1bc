"""`dlrun.train`: from a spec to a finished run, without a word on the terminal."""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from dlrun.api.run import Run, where_runs_are
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.errors import DlrunError, Interrupted, InvalidInput, Problem
from dlrun.experiment.opening import open_run
from dlrun.experiment.run import Run as OpenRun
from dlrun.experiment.setup import set_up
from dlrun.report.markdown import write_report
from dlrun.report.next_step import next_step
from dlrun.rundir.record import RunRecord
from dlrun.spec import LoadedSpec, mapping_as_yaml, read_spec, read_text

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
    if isinstance(overrides, str):
        what = f"overrides are a list of texts, got the text {overrides!r:.60}"
        raise InvalidInput(Problem(what=what, cure='write overrides=["seed=3"]'))
    experiment = set_up(_read(spec, overrides))
    run: OpenRun | None = None
    try:
        with open_run(experiment, where_runs_are(runs_dir), argv=("dlrun.train",), overrides=overrides) as run:
            _follow(run, spec, overrides)
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


def _follow(run: OpenRun, spec: SpecLike, overrides: Sequence[str]) -> None:
    """Train to the end, and write the diagnosis and the report."""
    with closing(run.train()) as steps:
        for _ in steps:
            pass
    path = _path(spec)  # what is no file cannot be typed again
    typed, changes = (str(run.paths.resolved), ()) if path is None else (path, overrides)

    def report(record: RunRecord, diagnosis: Diagnosis) -> None:
        step = next_step(run.paths, record, diagnosis, spec=typed, overrides=changes)
        write_report(run.paths, record, diagnosis, step)

    run.finish(report)
