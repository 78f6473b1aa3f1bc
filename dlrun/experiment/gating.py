"""The gates of a run that ends: judged by what has just been measured, before anything of it is forgotten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dlrun.diagnosis.gates import Gate, Gates
from dlrun.diagnosis.gating import Judged, Measured, of_estimate
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.measuring import Evidence, judged_anyway, same_examples
from dlrun.errors import DlrunError, InvalidInput
from dlrun.experiment.judgement import Judgement, answers_of
from dlrun.experiment.setup import Experiment
from dlrun.rundir.comparable import predictions_to_compare
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.rundir.references import find_run
from dlrun.spec import LoadedSpec
from dlrun.statistics.scores import auc_score, mean_loss


def judge_gates(
    experiment: Experiment, paths: RunPaths, record: RunRecord, diagnosis: Diagnosis, judged: Mapping[str, Judgement]
) -> tuple[Judged, ...]:
    """Judge the gates of the spec by the judgements of each part; record's summary has the counts."""
    seed = experiment.spec.seed

    def known(name: str) -> Measured | None:
        estimate = None
        if name == "train.loss":
            estimate = mean_loss(judged["train"].losses, seed)
        elif name == "dev.auc" and experiment.splits.classes and "dev" in judged:
            dev = judged["dev"]
            estimate = auc_score(dev.examples.y.astype(np.int64), experiment.plan.loss.predict(dev.z), seed)
        return of_estimate(estimate) if estimate else None

    evidence = Evidence(
        diagnosis=diagnosis,
        seed=seed,
        counts={"seconds": record.seconds} | {name: record.summary[name] for name in ("epochs", "steps", "parameters")},
        dev=lambda: answers_of(experiment, judged["dev"], paths.predictions_of("dev")),
        other=lambda reference: predictions_to_compare(find_run(reference, paths.root.parent), diagnosis.errors.metric),
        known=known,
    )
    return tuple(judged_anyway(gate, evidence) for gate in experiment.spec.gates.values())


def refuse_moving_targets(loaded: LoadedSpec, workers: int) -> None:
    """See that runs which begin side by side are compared with one that stays the same, whichever of them begins first.

    Errors: InvalidInput, with the place in the spec, if `@last` or `@best` is to be judged against.
    """
    for key, gate in loaded.spec.gates.items():
        if workers > 1 and gate.against.startswith("@"):
            what = f"gates: {gate.against} is another run whenever one begins, and {workers} begin side by side"
            raise InvalidInput(loaded.problem(("gates", key), what, "name that run by its id, or train one at a time: -j 1"))


def with_runs_found(experiment: Experiment, runs_dir: Path) -> Experiment:
    """Return the experiment with each run that a gate compares with named by its id, or by its path if it lies elsewhere.

    `@last` means another run as soon as this one is there.
    Errors: InvalidInput, with the place in the spec, if there is no such run, or it was judged on other dev examples.
    """
    found = gates_found(experiment.loaded, runs_dir, lambda: _ids(experiment))
    return experiment if found is None else replace(experiment, spec=experiment.spec.with_values({"gates": found}))


def gates_found(loaded: LoadedSpec, runs_dir: Path, ids: Callable[[], Sequence[str]]) -> Gates | None:
    """Return the gates of a spec with each run named by its id; None if they compare with none.

    ids are those of the dev examples. Errors as in `with_runs_found`.
    """
    gates = loaded.spec.gates
    if not any(gate.against for gate in gates.values()):
        return None
    ours = ids()
    return Gates(_found(loaded, key, gate, ours, runs_dir) if gate.against else gate for key, gate in gates.items())


def _found(loaded: LoadedSpec, key: str, gate: Gate, ids: Sequence[str], runs_dir: Path) -> Gate:
    try:
        paths = find_run(gate.against, runs_dir)
        loss = loaded.spec.loss
        metric = "rmse" if loss != "auto" and loss.regression else "error_rate"
        same_examples(ids, predictions_to_compare(paths, metric).ids)
    except DlrunError as error:
        found = error.problems[0]
        what = f"gates: {gate.against}: {found.what}"
        raise InvalidInput(loaded.problem(("gates", key), what, found.cure)) from None
    beside = paths.root.absolute().parent == runs_dir.absolute()
    return replace(gate, against=paths.id if beside else str(paths.root.absolute()))


def _ids(experiment: Experiment) -> list[str]:
    assert experiment.splits.dev is not None, "set_up refuses a gate on dev without one"
    return [str(key) for key in experiment.splits.dev.ids.tolist()]
