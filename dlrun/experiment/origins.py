"""What a run starts from: its spec, its preparation, its provenance; written once, and checked whenever they are read."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal

from dlrun.data.preparation import Preparation
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.experiment.checking import checks_json
from dlrun.experiment.provenance import provenance, surroundings
from dlrun.experiment.setup import Experiment
from dlrun.rundir.files import read_bytes, read_json, sha256_of, write_atomically, write_json
from dlrun.rundir.listing import garbage_ignored
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord
from dlrun.spec import LoadedSpec, read_stored, to_yaml

LARGEST_SPEC = 2**20  # bytes; what is larger is no file of a spec, and `read_stored` says how large one may be
LARGEST_PROVENANCE = 4 * 2**20  # the diff to a commit is the most of it
LARGEST_PREPARATION = 10 * 2**20  # about 100,000 columns with name, mean and divisor; parsed, JSON takes up to 25 times that


def write_origins(experiment: Experiment, paths: RunPaths, argv: Sequence[str] = ()) -> None:
    """Write the spec as given and as resolved, what prepares an example, and where the run's numbers come from."""
    write_atomically(paths.spec, experiment.loaded.text)
    write_atomically(paths.resolved, to_yaml(experiment.spec))
    write_json(paths.checks, checks_json(experiment.spec.data.checks, experiment.findings))
    write_json(paths.preparation, experiment.splits.preparation.to_json())
    checksums = {"resolved_sha256": sha256_of(paths.resolved), "preparation_sha256": sha256_of(paths.preparation)}
    write_json(paths.provenance, provenance(experiment, argv=argv, **checksums))


def write_preparation(experiment: Experiment, paths: RunPaths) -> None:
    """Write how examples are prepared now that other data has been allowed, and their fingerprints, as the run goes on with."""
    write_json(paths.preparation, experiment.splits.preparation.to_json())
    now = {"preparation": {"sha256": sha256_of(paths.preparation)}, "data": surroundings(experiment)["data"]}
    write_json(paths.provenance, read_json(paths.provenance, LARGEST_PROVENANCE) | now)


def fingerprint(paths: RunPaths, of: Literal["spec", "preparation", "data"]) -> str:
    """Return the SHA-256 that a run noted down of what it was trained with.

    Errors: DlrunError if it is not there.
    """
    stored = read_json(paths.provenance, LARGEST_PROVENANCE)
    try:
        return str(stored[of]["sha256"])
    except (KeyError, TypeError) as error:
        raise DlrunError(Problem(what=f"the fingerprint of the {of} is missing", where=str(paths.provenance))) from error


def training_examples(paths: RunPaths) -> int:
    """Return how many examples a run was trained on; the spec need not say it, where a hash drew them.

    Errors: DlrunError if it is not there.
    """
    stored = read_json(paths.provenance, LARGEST_PROVENANCE)
    try:
        count = stored["data"]["examples"]["train"]
    except (KeyError, TypeError) as error:
        raise DlrunError(Problem(what="the number of training examples is missing", where=str(paths.provenance))) from error
    if not isinstance(count, int) or count < 1:
        raise DlrunError(Problem(what="the number of training examples must be 1 or more", where=str(paths.provenance)))
    return count


def resolved_spec(paths: RunPaths) -> LoadedSpec:
    """Return the spec a run was trained with, every choice written out.

    Errors: InvalidInput if it has been edited since; DlrunError if the run is damaged.
    """
    refuse_folds(paths)
    data = read_bytes(paths.resolved, LARGEST_SPEC)
    if sha256(data).hexdigest() != fingerprint(paths, "spec"):
        what = "resolved.yaml is not the one this run was trained with"
        raise InvalidInput(Problem(what=what, where=str(paths.resolved), cure="train it as a run of its own: dlrun train FILE"))
    return read_stored(data, paths.resolved)


def refuse_folds(paths: RunPaths) -> None:
    """Raise InvalidInput for what pools the predictions of several runs: it has no network, and nothing to prepare for one."""
    if RunRecord.load(paths).kind == "folds":
        what = "this run pools the predictions of folds: it has no network of its own"
        raise InvalidInput(Problem(what=what, where=str(paths.root), cure="name one of its folds: summary.folds in its run.json"))


def stored_spec(path: Path, overrides: Sequence[str] = ()) -> LoadedSpec:
    """Return the spec in a file of a run, whether or not it is the one that was trained.

    Errors: InvalidInput if it is none, or not whole; DlrunError if it cannot be read.
    """
    return read_stored(read_bytes(path, LARGEST_SPEC), path, overrides)


def stored_preparation(paths: RunPaths) -> Preparation:
    """Return how a run prepares its examples.

    Errors: DlrunError if the file is missing, as in runs of early versions, or damaged.
    """
    where, cure = str(paths.preparation), f"train it again: dlrun train {paths.resolved}"
    if not paths.preparation.exists():
        raise DlrunError(Problem(what="this run does not hold how its examples were prepared", where=where, cure=cure))
    if sha256(read_bytes(paths.preparation, LARGEST_PREPARATION)).hexdigest() != fingerprint(paths, "preparation"):
        raise DlrunError(Problem(what="the stored preparation is not the one this run was trained with", where=where, cure=cure))
    try:
        with garbage_ignored():
            return Preparation.from_json(read_json(paths.preparation, LARGEST_PREPARATION))
    except InvalidInput as error:
        raise DlrunError(Problem(what=error.problems[0].what, where=where, cure=cure)) from error
