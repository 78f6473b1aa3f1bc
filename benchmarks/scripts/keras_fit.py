"""MNIST with Keras on JAX, 784-128-10: python benchmarks/scripts/keras_fit.py MNIST.npz OUT."""

import csv
import os
import sys
from pathlib import Path

import numpy as np

os.environ["KERAS_BACKEND"] = "jax"
import keras

EPOCHS, BATCH, DEV = 5, 128, 5_000
data, out = np.load(sys.argv[1]), Path(sys.argv[2])
keras.utils.set_random_seed(1)

# Load, split, and normalize with the mean and deviation of the training part; test is left alone.
images, labels = data["x_train"], data["y_train"]
order = np.random.default_rng(1).permutation(len(images))
dev, train = order[:DEV], order[DEV:]
x, y, x_dev, y_dev = images[train].astype(np.float32), labels[train], images[dev].astype(np.float32), labels[dev]
mean, deviation = x.mean(), x.std()
for part in (x, x_dev):
    part -= mean
    part /= deviation

hidden = keras.layers.Dense(128, activation="relu", kernel_initializer="he_normal")
model = keras.Sequential([keras.Input((784,)), hidden, keras.layers.Dense(10)])
model.compile(
    optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-8),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
    jit_compile=True,
)
told = model.fit(
    x, y, batch_size=BATCH, epochs=EPOCHS, validation_data=(x_dev, y_dev), validation_batch_size=DEV, verbose=0
).history
with (out / "metrics.csv").open("w", newline="") as file:
    metrics = csv.writer(file)
    metrics.writerow(["epoch", "train_loss", "train_error", "dev_loss", "dev_error"])
    for k in range(EPOCHS):
        dev_error = 1 - told["val_accuracy"][k]
        metrics.writerow([k + 1, told["loss"][k], 1 - told["accuracy"][k], told["val_loss"][k], dev_error])

model.save(out / "checkpoint.keras")
_, accuracy = model.evaluate(x, y, batch_size=DEV, verbose=0)
z = model.predict(x_dev, batch_size=DEV, verbose=0)
p = np.exp(z - z.max(1, keepdims=True))
p /= p.sum(1, keepdims=True)
losses = -np.log(p[np.arange(DEV), y_dev])
with (out / "dev.csv").open("w", newline="") as file:
    predictions = csv.writer(file)
    predictions.writerow(["id", "label", "prediction", "probability", "loss"])
    predictions.writerows(zip(*(part.tolist() for part in (dev, y_dev, p.argmax(1), p.max(1), losses)), strict=True))
print(f"train {1 - accuracy:.4f}  dev {dev_error:.4f}")
