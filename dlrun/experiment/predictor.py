"""Predictions from a run alone: its spec, its preparation and its weights, wherever its data is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dlrun import checkpoint
from dlrun.arrays import Array, IntArray
from dlrun.data.batches import largest_batch
from dlrun.data.missing import DropMissing, RefuseMissing, rows_with_gaps
from dlrun.data.preparation import Preparation
from dlrun.data.raw import RawArray, RawData, Selection
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.experiment.origins import resolved_spec, stored_preparation, training_examples
from dlrun.experiment.setup import EVALUATION_CHUNK, MAX_LAYERS, choose_batch_size, layers, smallest_batch
from dlrun.experiment.threads import pinned
from dlrun.kernels import NUMPY
from dlrun.memory import require
from dlrun.nn.losses import Loss, SigmoidCrossEntropy
from dlrun.nn.metrics import chunks, logits
from dlrun.nn.network import Network, bytes_to_train
from dlrun.rundir.own import own_folder
from dlrun.rundir.paths import RunPaths
from dlrun.spec import Spec

AT_ONCE = 16  # chunks of the network: what is prepared at one time


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A trained network with what stands before and behind it: raw rows in, labels or probabilities out."""

    spec: Spec
    preparation: Preparation
    network: Network
    loss: Loss
    threads: int

    def predict(self, raw: RawData) -> RawArray:
        """Return the label of each row: the most probable class as the data named it, or a number in its units.

        Errors: InvalidInput if a cell is missing and nothing stands in for it, or a value is too large for the network's dtype.
        """
        return self.labels(self._all(raw))

    def probabilities(self, raw: RawData) -> Array:
        """Return the probability of every class for each row, float64 (m, C).

        Errors: InvalidInput if the network predicts numbers, or as in `predict`.
        """
        if not self.preparation.classes:
            what = f"this run predicts numbers (its loss is {self.loss.kind}): there are no classes to have probabilities"
            raise InvalidInput(Problem(what=what, cure="predict gives the numbers, in the target's units"))
        return self._all(raw)

    def rows(self, raw: RawData) -> IntArray:
        """Return the rows that can be predicted: all, but under `data.missing: drop` those that miss no cell, as in training.

        Errors: InvalidInput if a cell is missing and the run can do nothing about it.
        """
        if self.preparation.imputation is None and not isinstance(self.spec.data.missing, DropMissing):
            cure = "fill it, or remove the row; a run with `data.missing: impute` takes rows with gaps"
            try:
                RefuseMissing().cleaned(raw)
            except InvalidInput as error:
                raise InvalidInput(*(replace(told, cure=cure) if told.cure else told for told in error.problems)) from None
        gaps = rows_with_gaps(raw.parts["all"]) if self.preparation.imputation is None else np.zeros(0, dtype=np.bool_)
        return np.flatnonzero(~gaps) if gaps.any() else np.arange(len(raw.parts["all"]))

    def check(self, raw: RawData, rows: IntArray) -> None:
        """Look at every value before the first is predicted.

        Errors: InvalidInput if one is too large for the network's dtype, with its place.
        """
        n, dtype = len(self.preparation.numbers), self.preparation.dtype
        selection = Selection(raw=raw, part="all", rows=rows)
        if n and self.preparation.normalization.beyond(selection, float(np.finfo(dtype).max)).any():
            self.preparation.inputs(selection)

    def outputs(self, raw: RawData, rows: IntArray) -> Iterator[Array]:
        """Yield what the loss makes of these rows, block by block: probabilities (m, C), or standardized numbers (m,).

        The blocks are whole chunks of the network, so they decide no bit, and only one at a time is prepared.
        """
        for block in chunks(len(rows), AT_ONCE * self.network.max_batch):
            inputs = self.preparation.inputs(Selection(raw=raw, part="all", rows=rows[block]))
            with pinned(self.threads), np.errstate(all="ignore"):
                predicted = self.loss.predict(logits(self.network, inputs))
            yield predicted

    def labels(self, outputs: Array) -> RawArray:
        """Return what outputs mean: classes as the data names them, or numbers in the target's units."""
        classes, scale = self.preparation.classes, self.preparation.target_scale
        if classes:
            return np.asarray(classes.values()[outputs.argmax(axis=1)])
        assert scale, "real targets are scaled"
        return scale.original(outputs)

    def _all(self, raw: RawData) -> Array:
        rows = self.rows(raw)
        if len(rows) < (m := len(raw.parts["all"])):
            what = f"{m - len(rows):,} of {m:,} rows miss a cell, and this run was trained on rows without gaps"
            raise InvalidInput(
                Problem(what=what, where=raw.name, cure="leave such rows out (data.missing: drop did), or fill them")
            )
        empty = self.loss.predict(np.empty((0, self.network.n_out)))
        return np.concatenate([empty, *self.outputs(raw, rows)])


def load_predictor(paths: RunPaths, which: checkpoint.Which = "best") -> Predictor:
    """Build a run's network from what the run holds, without its data.

    Rows go through it in chunks of the size that evaluation used, so that their number decides no bit: the run's own dev
    examples give the probabilities of predictions/dev.csv.
    Errors: DlrunError if the run is damaged, has no weights yet, or does not fit into memory.
    """
    spec, preparation = resolved_spec(paths).spec, stored_preparation(paths)
    loss, threads = spec.loss, spec.training.threads
    n_classes = len(preparation.classes.names) if preparation.classes else 0
    if loss == "auto" or threads == "auto":
        raise DlrunError(Problem(what="not every choice is written out in this spec", where=str(paths.resolved)))
    two_only = isinstance(loss, SigmoidCrossEntropy)
    if loss.regression != (n_classes == 0) or (two_only and n_classes != 2) or spec.training.dtype != preparation.dtype:
        raise DlrunError(Problem(what="this preparation does not fit resolved.yaml", where=str(paths.preparation)))
    own_folder(paths.checkpoints)
    try:
        network = _network(paths, spec, loss, preparation, training_examples(paths))
        checkpoint.load_params(paths, which, network.params)
    except MemoryError as error:
        raise DlrunError(Problem(what="the network of this run does not fit into memory", where=str(paths.root))) from error
    return Predictor(spec=spec, preparation=preparation, network=network, loss=loss, threads=threads)


def _network(paths: RunPaths, spec: Spec, loss: Loss, preparation: Preparation, m_train: int) -> Network:
    """Build the network once it is known to fit: a stored spec may ask for anything."""
    if (n_layers := len(spec.architecture.hidden)) > MAX_LAYERS:
        what = f"architecture.hidden has {n_layers:,} layers, more than {MAX_LAYERS:,} are not built"
        raise DlrunError(Problem(what=what, where=str(paths.resolved)))
    stacked = layers(spec, len(preparation.classes.names) if preparation.classes else 0, loss)
    batch = largest_batch(m_train, choose_batch_size(spec, m_train), smallest_batch(stacked))
    n_in, rows, dtype = len(preparation.features), max(batch, EVALUATION_CHUNK), spec.training.dtype
    needed = bytes_to_train(stacked, n_in, rows, dtype, slots=0)
    try:
        require(needed, f"this network and its batches of {rows:,}", str(paths.resolved), "use it on a larger machine")
    except InvalidInput as error:  # nobody has typed it: it is the run that cannot be used here
        raise DlrunError(*error.problems) from None
    return Network(stacked, n_in, rows, dtype, NUMPY)
