"""Predictions from a run alone: its spec, its preparation and its weights, wherever its data is."""

from dataclasses import dataclass

import numpy as np

from dlrun import checkpoint
from dlrun.arrays import Array
from dlrun.data.batches import largest_batch
from dlrun.data.preparation import Preparation
from dlrun.data.raw import RawArray, RawData, RawExamples, Selection, row_numbers
from dlrun.errors import DlrunError, InvalidInput, Problem
from dlrun.experiment.origins import resolved_spec, stored_preparation, training_examples
from dlrun.experiment.setup import EVALUATION_CHUNK, choose_batch_size, layers, smallest_batch
from dlrun.experiment.threads import pinned
from dlrun.kernels import NUMPY
from dlrun.nn.losses import Loss
from dlrun.nn.metrics import logits
from dlrun.nn.network import Network
from dlrun.rundir.paths import RunPaths
from dlrun.spec import Spec


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A trained network with what stands before and behind it: raw values in, labels or probabilities out."""

    preparation: Preparation
    network: Network
    loss: Loss
    threads: int

    def predict(self, x: RawArray) -> RawArray:
        """Return the label of each row of x (m, n): the most probable class as the data named it, or a number in its units.

        Errors: InvalidInput if a value is not finite, or too large for the network's dtype.
        """
        predicted = self.loss.predict(self._logits(x))
        classes, scale = self.preparation.classes, self.preparation.target_scale
        if classes:
            return np.asarray(classes.values()[predicted.argmax(axis=1)])
        assert scale, "real targets are scaled"
        return scale.original(predicted)

    def probabilities(self, x: RawArray) -> Array:
        """Return the probability of every class for each row of x (m, n), float64 (m, C).

        Errors: InvalidInput if the network predicts numbers, or for a value as in `predict`.
        """
        if not self.preparation.classes:
            what = f"this run predicts numbers (its loss is {self.loss.kind}): there are no classes to have probabilities"
            raise InvalidInput(Problem(what=what, cure="predict gives the numbers, in the target's units"))
        return self.loss.predict(self._logits(x))

    def _logits(self, x: RawArray) -> Array:
        features = self.preparation.features
        examples = RawExamples(x=x, y=np.zeros(len(x)), ids=row_numbers(len(x)), label="y", inputs="X")
        raw = RawData(name="input", parts={"all": examples}, features=features, images=self.preparation.images, sha256="")
        rows = Selection(raw=raw, part="all", rows=row_numbers(len(x)))
        with pinned(self.threads), np.errstate(all="ignore"):
            return logits(self.network, self.preparation.inputs(rows))


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
    if loss.regression != (n_classes == 0) or spec.training.dtype != preparation.dtype:
        raise DlrunError(Problem(what="this preparation does not fit resolved.yaml", where=str(paths.preparation)))
    try:
        network = _network(spec, loss, preparation, n_classes, training_examples(paths))
        checkpoint.load_params(paths, which, network.params)
    except MemoryError as error:
        raise DlrunError(Problem(what="the network of this run does not fit into memory", where=str(paths.root))) from error
    return Predictor(preparation=preparation, network=network, loss=loss, threads=threads)


def _network(spec: Spec, loss: Loss, preparation: Preparation, n_classes: int, m_train: int) -> Network:
    stacked = layers(spec, n_classes, loss)
    largest = largest_batch(m_train, choose_batch_size(spec, m_train), smallest_batch(stacked))
    return Network(stacked, len(preparation.features), max(largest, EVALUATION_CHUNK), spec.training.dtype, NUMPY)
