"""Work: what every contender does in a round, with the same examples and the same initial weights for all of them."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

SEED = 9
TEACHER_UNITS = 16  # of the random network that labels the examples
RATES = {"gradient_descent": 0.1, "momentum": 0.1, "nesterov": 0.1, "adagrad": 0.01}  # the others: 1e-3


@dataclass(frozen=True, kw_only=True)
class Work:
    """One round: so many epochs over m examples in shuffled mini-batches; ReLU, softmax cross-entropy, float32.

    A batch of all m examples is not shuffled. keep_prob is of the hidden units, batch norm stands before each ReLU, and l2 is the
    λ of λ/(2 · batch) · Σ‖W‖². With batch norm the layers before it have no bias.
    """

    name: str
    widths: tuple[int, ...]
    batch: int
    m: int
    epochs: int = 1
    optimizer: str = "adam"
    batch_norm: bool = False
    keep_prob: float = 1.0
    l2: float = 0.0

    @property
    def steps(self) -> int:
        """How many steps a round has."""
        return self.epochs * (self.m // self.batch)

    @property
    def network(self) -> str:
        """The widths as one writes them."""
        return "-".join(map(str, self.widths))

    @property
    def rate(self) -> float:
        """The learning rate."""
        return RATES.get(self.optimizer, 1e-3)

    @property
    def decay(self) -> float:
        """What the gradient of W gets of W, under l2."""
        return self.l2 / self.batch

    @property
    def shuffled(self) -> bool:
        """Whether there is more than one batch."""
        return self.m > self.batch

    @property
    def parameters(self) -> int:
        """How many weights and biases there are."""
        return sum(n_in * n_out + n_out for n_in, n_out in pairwise(self.widths))

    def of_steps(self, steps: int) -> "Work":
        """Return the work with fewer or more examples, so that a round has this many steps."""
        return replace(self, m=steps * self.batch)

    def examples(self) -> tuple[Array, Labels]:
        """Return x (m, n_in), standard normal, and the labels (m,) that a random network of 16 hidden units gives them."""
        rng = np.random.default_rng([SEED, self.m, *self.widths])
        n_in, n_classes = self.widths[0], self.widths[-1]
        x = rng.standard_normal((self.m, n_in), dtype=np.float32)
        hidden = rng.standard_normal((n_in, TEACHER_UNITS), dtype=np.float32)
        output = rng.standard_normal((TEACHER_UNITS, n_classes), dtype=np.float32)
        return x, np.argmax(np.maximum(x @ hidden, 0) @ output, axis=1)

    def weights(self) -> list[Array]:
        """Return the initial W (n_in, n_out) of each layer: He, normal with variance 2/n_in; on the output layer 1/n_in."""
        rng = np.random.default_rng([SEED, *self.widths])
        pairs = list(pairwise(self.widths))
        gains = [2.0] * (len(pairs) - 1) + [1.0]
        return [
            rng.standard_normal(pair, dtype=np.float32) * np.float32((gain / pair[0]) ** 0.5)
            for pair, gain in zip(pairs, gains, strict=True)
        ]


def from_json(tree: dict[str, object]) -> Work:
    """Return the work that was written down as a mapping."""
    return Work(**tree | {"widths": tuple(tree["widths"])})  # type: ignore[arg-type]


def _shape(name: str, widths: tuple[int, ...], batch: int, steps: int) -> Work:
    return Work(name=name, widths=widths, batch=batch, m=batch * steps)


# A round takes about 0.3 to 1 s; from 784 inputs on, but for F, the examples do not fit into a cache of 32 MB.
SHAPES = {
    work.name: work
    for work in (
        _shape("A", (64, 64, 10), 64, 2_000),
        _shape("B", (20, 128, 64, 2), 256, 800),
        _shape("C", (784, 128, 10), 32, 1_000),
        _shape("D", (784, 128, 10), 128, 500),
        _shape("E", (784, 512, 512, 10), 128, 100),
        _shape("F", (784, 2048, 2048, 10), 1024, 5),
    )
}
