"""PyTorch: eager with a fused optimizer, or with the forward and backward pass compiled."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.work import Work

AT_ONCE = 1e6  # momentum_decay: the schedule of NAdam's β₁ is at its end with the first step


class Contender:
    """A loop as one writes it: batches by index_select, the loss summed as a tensor."""

    def __init__(self, work: Work, threads: int, *, compiled: bool = False) -> None:
        self.work, self.threads = work, threads
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.x, self.y = map(torch.from_numpy, work.examples())
        self.model = network(work)
        self.optimizer = optimizer_of(work, self.model)
        self.loss = torch.compile(self.loss_of) if compiled else self.loss_of

    def loss_of(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of a batch."""
        return cross_entropy(self.model(x), y)

    def train(self) -> float:
        """Take the steps of one round."""
        total = torch.zeros(())
        for _ in range(self.work.epochs):
            order = torch.randperm(self.work.m).split(self.work.batch) if self.work.shuffled else [None]
            for rows in order:
                x, y = (self.x, self.y) if rows is None else (self.x.index_select(0, rows), self.y.index_select(0, rows))
                loss = self.loss(x, y)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.detach()
        return float(total) / self.work.steps


def network(work: Work) -> nn.Sequential:
    """Return the model at the initial weights."""
    layers: list[nn.Module] = []
    last = len(work.widths) - 2
    for k, ((n_in, n_out), W) in enumerate(zip(pairwise(work.widths), work.weights(), strict=True)):
        dense = nn.Linear(n_in, n_out, bias=k == last or not work.batch_norm)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(W.T))
            if dense.bias is not None:
                dense.bias.zero_()
        layers.append(dense)
        if k < last:
            layers += [nn.BatchNorm1d(n_out)] if work.batch_norm else []
            layers += [nn.ReLU()]
            layers += [nn.Dropout(1 - work.keep_prob)] if work.keep_prob < 1 else []
    return nn.Sequential(*layers)


def optimizer_of(work: Work, model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer with dlrun's defaults, fused where PyTorch has it so; λ is for the weights of dense layers alone."""
    weights = [m.weight for m in model.modules() if isinstance(m, nn.Linear)]
    others = [p for p in model.parameters() if all(p is not w for w in weights)]
    groups = [{"params": weights, "weight_decay": work.decay}, {"params": others}] if work.l2 else model.parameters()
    lr, optim = work.rate, torch.optim
    match work.optimizer:
        case "gradient_descent":
            return optim.SGD(groups, lr, fused=True)
        case "momentum":
            return optim.SGD(groups, lr * 0.1, momentum=0.9, fused=True)  # its v has no factor 1 − β
        case "nesterov":
            return optim.SGD(groups, lr * 0.1, momentum=0.9, nesterov=True, fused=True)
        case "adagrad":
            return optim.Adagrad(groups, lr, fused=True)
        case "rmsprop":
            return optim.RMSprop(groups, lr, alpha=0.9, foreach=True)
        case "adam":
            return optim.Adam(groups, lr, fused=True)
        case "adamw":
            return optim.AdamW(groups, lr, weight_decay=0.01, fused=True)
        case "nadam":
            return optim.NAdam(groups, lr, momentum_decay=AT_ONCE, foreach=True)
    raise ValueError(work.optimizer)
