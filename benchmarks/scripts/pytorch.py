"""MNIST with PyTorch, 784-128-10: python benchmarks/scripts/pytorch.py MNIST.npz OUT."""

import csv
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

EPOCHS, BATCH, DEV = 5, 128, 5_000
data, out = np.load(sys.argv[1]), Path(sys.argv[2])
torch.manual_seed(1)

# Load, split, and normalize with the mean and deviation of the training part; test is left alone.
images, labels = torch.from_numpy(data["x_train"]), torch.from_numpy(data["y_train"]).long()
order = torch.randperm(len(images))
dev, train = order[:DEV], order[DEV:]
x, y, x_dev, y_dev = images[train].float(), labels[train], images[dev].float(), labels[dev]
deviation, mean = torch.std_mean(x)
for part in (x, x_dev):
    part.sub_(mean).div_(deviation)

model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
nn.init.kaiming_normal_(model[0].weight, nonlinearity="relu")
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)


@torch.no_grad()
def evaluate(x: Tensor, y: Tensor) -> tuple[float, float, Tensor]:
    """Return mean loss, error and logits."""
    z = model(x)
    return cross_entropy(z, y).item(), (z.argmax(1) != y).float().mean().item(), z


with (out / "metrics.csv").open("w", newline="") as file:
    metrics = csv.writer(file)
    metrics.writerow(["epoch", "train_loss", "train_error", "dev_loss", "dev_error"])
    for epoch in range(1, EPOCHS + 1):
        loss_sum, wrong = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for rows in torch.randperm(len(x)).split(BATCH):
            labels = y.index_select(0, rows)
            z = model(x.index_select(0, rows))
            loss = cross_entropy(z, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(rows)
            wrong += (z.detach().argmax(1) != labels).sum()
        dev_loss, dev_error, _ = evaluate(x_dev, y_dev)
        metrics.writerow([epoch, loss_sum.item() / len(x), wrong.item() / len(x), dev_loss, dev_error])

torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, out / "checkpoint.pt")
train_loss, train_error, _ = evaluate(x, y)
dev_loss, dev_error, z = evaluate(x_dev, y_dev)
probability, prediction = z.softmax(1).max(1)
losses = cross_entropy(z, y_dev, reduction="none")
with (out / "dev.csv").open("w", newline="") as file:
    predictions = csv.writer(file)
    predictions.writerow(["id", "label", "prediction", "probability", "loss"])
    predictions.writerows(zip(*(part.tolist() for part in (dev, y_dev, prediction, probability, losses)), strict=True))
print(f"train {train_error:.4f}  dev {dev_error:.4f}")
