"""How much memory an experiment holds while it trains: the arrays that are allocated, counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.arrays import Array
from dlrun.data.batches import Batches, shuffled_rows
from dlrun.experiment.setup import Experiment
from dlrun.kernels import LossScratch
from dlrun.memory import total_bytes
from dlrun.nn.layers.runtime import Output


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes by what they are for; `machine` is all the memory this process may have.

    buffers hold what a forward and a backward pass write, for the largest batch or chunk of an evaluation, with the mini-batch
    itself and the order of an epoch.
    """

    data: dict[str, int]
    parameters: int
    gradient: int  # with scratch
    slots: int
    best: int
    buffers: int
    rows: int  # that the buffers have room for
    machine: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.data.values()) + self.parameters + self.gradient + self.slots + self.best + self.buffers


def measure(experiment: Experiment) -> Memory:
    """Count what a run of this experiment holds; Python itself and the libraries come on top."""
    splits, network, plan = experiment.splits, experiment.network, experiment.plan
    params, state = network.params, experiment.start()
    parts = {"train": splits.train, "dev": splits.dev, "test": splits.test}
    batches = Batches(splits.train, plan.batch_size, plan.seed, smallest=plan.smallest_batch)
    order = shuffled_rows(len(splits.train), plan.seed, 0).nbytes if len(batches) > 1 else 0
    known = [*_owners([params.theta, params.grad, params.scratch, params.stats, splits.train.x, splits.train.y])]
    buffers = _bytes([*_arrays(network), *_arrays(batches), *(a for layer in network.runtime for a in _arrays(layer))], known)
    return Memory(
        data={name: part.nbytes for name, part in parts.items() if part is not None},
        parameters=params.theta.nbytes + params.stats.nbytes,
        gradient=params.grad.nbytes + params.scratch.nbytes,
        slots=sum(slot.nbytes for slot in state.slots.values()),
        best=state.best.theta.nbytes + state.best.stats.nbytes,
        buffers=buffers + order,
        rows=network.max_batch,
        machine=total_bytes(),
    )


def _arrays(holder: object) -> Iterator[Array]:
    """Yield the arrays an object holds in its attributes, also within the small records that group some."""
    for value in vars(holder).values():
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, Output | LossScratch):
            yield from _arrays(value)


def _owners(arrays: Iterable[Array]) -> Iterator[Any]:
    """Yield, for each array, the array whose memory it looks at."""
    for array in arrays:
        owner: Any = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        yield owner


def _bytes(arrays: Iterable[Array], known: Iterable[Any]) -> int:
    """Return the bytes of the memory behind these arrays, each piece once, those already known left out."""
    owners = {id(owner): owner for owner in _owners(arrays)}
    for owner in known:
        owners.pop(id(owner), None)
    return sum(owner.nbytes for owner in owners.values())
