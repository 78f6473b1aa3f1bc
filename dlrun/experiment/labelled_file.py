"""Labelled examples in a file of their own, judged by a trained network without the data it was trained on."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from dlrun.data.labels import LabelArray, encode_labels, known_labels
from dlrun.data.raw import RawData, Selection
from dlrun.data.sources.files import open_file
from dlrun.data.sources.row_files import read_labelled_rows
from dlrun.data.splits import Examples
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.experiment.judgement import Judgement, judge_network
from dlrun.experiment.origins import fingerprint
from dlrun.experiment.prediction import Prediction
from dlrun.experiment.predictor import Predictor, load_predictor
from dlrun.experiment.stored import note_look
from dlrun.experiment.threads import pinned
from dlrun.rundir.locking import lock_run
from dlrun.rundir.paths import RunPaths
from dlrun.rundir.record import RunRecord


@dataclass(frozen=True)
class JudgedFile:
    """What came of a file; `looked` says that it is the run's own test file, so that run.json has one more look."""

    judgement: Judgement
    record: RunRecord
    looked: bool
    notes: tuple[str, ...]


def evaluate_file(paths: RunPaths, path: str) -> JudgedFile:
    """Judge a run's best parameters on a file of labelled examples.

    The bytes tell what a file is: the run's own test file is a look at test, which is counted before it is shown; what the
    run was trained on is refused, since its error says nothing about new examples.
    Errors: InvalidInput for whatever is wrong with the file, a label that the run does not know among them.
    """
    with lock_run(paths) as paths:
        record, predictor = RunRecord.load(paths), load_predictor(paths)
        source = predictor.spec.data.source
        raw = read_labelled_rows(path, predictor.preparation, source)
        own = _own_files(source)
        if raw.sha256 in {fingerprint(paths, "data"), own.get("path")}:
            cure = "dlrun evaluate --split train, dev or test judges its parts"
            raise InvalidInput(Problem(what="this is the file the run was trained on", where=raw.name, cure=cure))
        prediction = Prediction(predictor, raw)
        examples = _examples(predictor, raw, prediction)
        scale = predictor.preparation.target_scale
        with pinned(predictor.threads), np.errstate(all="ignore"):
            judgement = judge_network(
                predictor.network,
                predictor.loss,
                examples,
                error_unit=scale.deviation if scale else 1.0,
                seed=predictor.spec.seed,
            )
        if looked := raw.sha256 == own.get("test"):
            record = note_look(paths, record, judgement)
        return JudgedFile(judgement, record, looked, (*prediction.notes(), *_overlaps(raw, own)))


def _examples(predictor: Predictor, raw: RawData, prediction: Prediction) -> Examples:
    """Return the rows that can be predicted as the network sees them, with their labels."""
    preparation, rows = predictor.preparation, prediction.rows
    selection, scale = Selection(raw=raw, part="all", rows=rows), preparation.target_scale
    if preparation.classes:
        y: LabelArray = known_labels(raw, preparation.classes.names, preparation.classes.labels)[rows]
    else:
        assert scale, "real targets are scaled"
        targets = encode_labels(raw, regression=True)[0]["all"]
        y = scale.standardize(targets[rows], selection, preparation.dtype)
    if not len(rows):
        raise InvalidInput(Problem(what="every row misses a cell: nothing is left", where=raw.name))
    return Examples(x=preparation.inputs(selection), y=y, ids=raw.parts["all"].ids[rows])


def _own_files(source: object) -> dict[str, str]:
    """Return the SHA-256 of each file that a run's source names, by its key, as far as they are still there."""
    found = {}
    for key in ("path", "train_dev", "dev", "test"):
        with suppress(DlrunError):
            if path := getattr(source, key, None):
                with open_file(path) as file:
                    found[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _overlaps(raw: RawData, own: dict[str, str]) -> Iterator[str]:
    if raw.sha256 == own.get("dev"):
        yield f"{raw.name} is the run's dev file: the best epoch was chosen on it"
