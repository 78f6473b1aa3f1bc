"""Losses: what the logits z are worth against the labels, and the link from logits to predictions.

z and dz are (m, n_outputs); labels are class indices (m,), probabilities (m, C), or real targets (m,). A loss is the mean
over examples, in nats or in the target's (squared) units; its `measure` writes dz = ∂(mean loss)/∂z in the same pass. The error
beside it is what people count: the fraction wrong, or the root mean squared error.
"""

from dlrun.nn.losses.cross_entropy import SigmoidCrossEntropy, SoftmaxCrossEntropy
from dlrun.nn.losses.labels import ClassWeights, Labels
from dlrun.nn.losses.regression import Absolute, Huber, SquaredError

# the registry: one class in one of these files and its name here
Loss = SoftmaxCrossEntropy | SigmoidCrossEntropy | SquaredError | Absolute | Huber

__all__ = [
    "Absolute", "ClassWeights", "Huber", "Labels", "Loss", "SigmoidCrossEntropy", "SoftmaxCrossEntropy", "SquaredError",
]  # fmt: skip
