"""Keras 3: an epoch a call of model.fit, compiled, on JAX."""

import os

from benchmarks.contenders.jax_scan import use_threads
from benchmarks.work import Work


class Contender:
    """Adam alone."""

    def __init__(self, work: Work, threads: int) -> None:
        use_threads(threads)
        os.environ["KERAS_BACKEND"] = "jax"
        import keras

        self.work, self.threads = work, threads
        keras.utils.set_random_seed(0)
        self.x, self.y = work.examples()
        hidden = [keras.layers.Dense(n, activation="relu") for n in work.widths[1:-1]]
        self.model = keras.Sequential([keras.Input(work.widths[:1]), *hidden, keras.layers.Dense(work.widths[-1])])
        for layer, W in zip(self.model.layers, work.weights(), strict=True):
            layer.set_weights([W, 0 * W[0]])
        self.model.compile(
            optimizer=keras.optimizers.Adam(work.rate, epsilon=1e-8),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=True,
        )

    def train(self) -> float:
        """Fit the epochs of one round."""
        work = self.work
        told = self.model.fit(self.x, self.y, batch_size=work.batch, epochs=work.epochs, shuffle=work.shuffled, verbose=0)
        return float(told.history["loss"][-1])
