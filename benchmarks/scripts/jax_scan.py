"""MNIST with JAX, 784-128-10, each epoch one compiled scan: python benchmarks/scripts/jax_scan.py MNIST.npz OUT."""

import csv
import sys
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

EPOCHS, BATCH, DEV = 5, 128, 5_000
RATE, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-8
data, out = np.load(sys.argv[1]), Path(sys.argv[2])
rng = np.random.default_rng(1)

# Load, split, and normalize with the mean and deviation of the training part; test is left alone.
images, labels = data["x_train"], data["y_train"].astype(np.int32)
order = rng.permutation(len(images))
dev, train = order[:DEV], order[DEV:]
x, y, x_dev, y_dev = images[train].astype(np.float32), labels[train], images[dev].astype(np.float32), labels[dev]
mean, deviation = x.mean(), x.std()
for part in (x, x_dev):
    part -= mean
    part /= deviation
x, y, x_dev, y_dev = map(jnp.asarray, (x, y, x_dev, y_dev))

params = {
    "W1": jnp.asarray(rng.standard_normal((784, 128), np.float32) * (2 / 784) ** 0.5),
    "b1": jnp.zeros(128),
    "W2": jnp.asarray(rng.standard_normal((128, 10), np.float32) * (1 / 128) ** 0.5),
    "b2": jnp.zeros(10),
}
zeros = {name: jnp.zeros_like(p) for name, p in params.items()}
state = (params, zeros, {name: z.copy() for name, z in zeros.items()}, jnp.zeros((), "int32"))


def forward(params, x):
    """Return the logits."""
    return jax.nn.relu(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]


def losses_of(z, y):
    """Return the loss of each example."""
    return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1)[:, 0]


def loss_and_wrong(params, x, y):
    """Return the mean loss, and how many are wrong."""
    z = forward(params, x)
    return losses_of(z, y).mean(), (z.argmax(1) != y).sum()


def step(state, batch):
    """Take a step of Adam."""
    params, m, v, t = state
    (loss, wrong), grad = jax.value_and_grad(loss_and_wrong, has_aux=True)(params, *batch)
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, grad)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, grad)
    rate, root = RATE / (1 - BETA1**t), (1 - BETA2**t) ** 0.5
    params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + EPS), params, m, v)
    return (params, m, v, t), (loss * len(batch[0]), wrong)


@partial(jax.jit, donate_argnums=0)
def epoch_of(state, x, y, order):
    """Train an epoch; the examples that fill no batch make a smaller one."""
    full = len(order) // BATCH * BATCH
    state, told = jax.lax.scan(lambda s, rows: step(s, (x[rows], y[rows])), state, order[:full].reshape(-1, BATCH))
    loss_sum, wrong = told[0].sum(), told[1].sum()
    if full < len(order):
        state, (last_loss, last_wrong) = step(state, (x[order[full:]], y[order[full:]]))
        loss_sum, wrong = loss_sum + last_loss, wrong + last_wrong
    return state, loss_sum / len(order), wrong / len(order)


@jax.jit
def evaluate(params, x, y):
    """Return logits, losses and error."""
    z = forward(params, x)
    return z, losses_of(z, y), (z.argmax(1) != y).mean()


with (out / "metrics.csv").open("w", newline="") as file:
    metrics = csv.writer(file)
    metrics.writerow(["epoch", "train_loss", "train_error", "dev_loss", "dev_error"])
    for epoch in range(1, EPOCHS + 1):
        state, train_loss, train_error = epoch_of(state, x, y, rng.permutation(len(x)).astype(np.int32))
        _, losses, dev_error = evaluate(state[0], x_dev, y_dev)
        metrics.writerow([epoch, float(train_loss), float(train_error), float(losses.mean()), float(dev_error)])

params, m, v, t = state
trees = {"theta": params, "m": m, "v": v}
np.savez(out / "checkpoint.npz", t=t, **{f"{kind}_{name}": a for kind, tree in trees.items() for name, a in tree.items()})
_, _, train_error = evaluate(params, x, y)
z, losses, dev_error = evaluate(params, x_dev, y_dev)
p = jax.nn.softmax(z)
columns = (dev, y_dev, z.argmax(1), p.max(1), losses)
with (out / "dev.csv").open("w", newline="") as file:
    predictions = csv.writer(file)
    predictions.writerow(["id", "label", "prediction", "probability", "loss"])
    predictions.writerows(zip(*(np.asarray(column).tolist() for column in columns), strict=True))
print(f"train {train_error:.4f}  dev {dev_error:.4f}")
