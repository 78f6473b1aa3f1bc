"""scikit-learn: MLPClassifier, an epoch a call of partial_fit."""

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks.work import Work


class Contender:
    """Adam alone; of two classes it makes one logistic output, as it always does."""

    def __init__(self, work: Work, threads: int) -> None:
        self.work, self.threads = work, threads
        self.limits = threadpool_limits(threads)
        self.x, self.y = work.examples()
        self.classes = np.arange(work.widths[-1])
        self.mlp = MLPClassifier(
            work.widths[1:-1],
            alpha=work.decay * work.batch,
            batch_size=work.batch,
            learning_rate_init=work.rate,
            shuffle=work.shuffled,
            random_state=np.random.RandomState(0),  # with a number every partial_fit would have the same order
        )
        self.mlp.partial_fit(self.x[: work.batch], self.y[: work.batch], classes=self.classes)  # makes the arrays
        for mine, W in zip(self.mlp.coefs_, work.weights(), strict=True):
            mine[...] = W if mine.shape == W.shape else W[:, 1:] - W[:, :1]
        for b in self.mlp.intercepts_:
            b[...] = 0
        del self.mlp._optimizer  # Adam's averages start anew

    def train(self) -> float:
        """Fit the epochs of one round."""
        for _ in range(self.work.epochs):
            self.mlp.partial_fit(self.x, self.y, classes=self.classes)
        return float(self.mlp.loss_)
