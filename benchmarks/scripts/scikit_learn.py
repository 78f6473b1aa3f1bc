"""MNIST with scikit-learn, 784-128-10: python benchmarks/scripts/scikit_learn.py MNIST.npz OUT."""

import csv
import sys
from pathlib import Path

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier

EPOCHS, BATCH, DEV = 5, 128, 5_000
data, out = np.load(sys.argv[1]), Path(sys.argv[2])
rng = np.random.default_rng(1)

# Load, split, and normalize with the mean and deviation of the training part; test is left alone.
images, labels = data["x_train"], data["y_train"]
order = rng.permutation(len(images))
dev, train = order[:DEV], order[DEV:]
x, y, x_dev, y_dev = images[train].astype(np.float32), labels[train], images[dev].astype(np.float32), labels[dev]
mean, deviation = x.mean(), x.std()
for part in (x, x_dev):
    part -= mean
    part /= deviation

state = np.random.RandomState(1)  # with a number every call of partial_fit would have the same order
model = MLPClassifier((128,), alpha=0, batch_size=BATCH, random_state=state)


def evaluate(x: np.ndarray, y: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Return mean loss, error, probabilities and the loss of each example."""
    p = model.predict_proba(x)
    losses = -np.log(np.maximum(p[np.arange(len(y)), y], np.finfo(p.dtype).tiny))
    return losses.mean(), (p.argmax(1) != y).mean(), p, losses


with (out / "metrics.csv").open("w", newline="") as file:
    metrics = csv.writer(file)
    metrics.writerow(["epoch", "train_loss", "train_error", "dev_loss", "dev_error"])
    for epoch in range(1, EPOCHS + 1):
        model.partial_fit(x, y, classes=np.arange(10))
        _, train_error, _, _ = evaluate(x, y)
        dev_loss, dev_error, _, _ = evaluate(x_dev, y_dev)
        metrics.writerow([epoch, model.loss_, train_error, dev_loss, dev_error])

joblib.dump(model, out / "checkpoint.joblib")
dev_loss, dev_error, p, losses = evaluate(x_dev, y_dev)
with (out / "dev.csv").open("w", newline="") as file:
    predictions = csv.writer(file)
    predictions.writerow(["id", "label", "prediction", "probability", "loss"])
    predictions.writerows(
        zip(dev.tolist(), y_dev.tolist(), p.argmax(1).tolist(), p.max(1).tolist(), losses.tolist(), strict=True)
    )
print(f"train {train_error:.4f}  dev {dev_error:.4f}")
