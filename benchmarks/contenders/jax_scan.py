"""JAX: the whole epoch in one compiled scan, which gathers its batches itself; what it carries is donated."""

import os
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.contenders import jax_updates
from benchmarks.work import Work

Layers = list[dict[str, Any]]  # W, b; with batch norm gamma, beta
BETA, EPS = 0.9, 1e-5  # of batch norm


class Contender:
    """The fastest way to train a small network with JAX: one call an epoch, the order of the examples drawn by NumPy."""

    def __init__(self, work: Work, threads: int) -> None:
        use_threads(threads)
        import jax

        self.work, self.threads = work, threads
        self.rng = np.random.default_rng(0)
        self.x, self.y = map(jax.numpy.asarray, work.examples())
        layers = initial(work)
        leaves, tree = jax.tree.flatten(layers)
        slots = [[jax.numpy.zeros_like(leaf) for _ in range(jax_updates.SLOTS[work.optimizer])] for leaf in leaves]
        stats = [(jax.numpy.zeros(n), jax.numpy.ones(n)) for n in work.widths[1:-1] if work.batch_norm]
        self.carried = (leaves, slots, stats, jax.numpy.zeros((), "int32"), jax.random.key(0))
        self.epoch = jax.jit(partial(epoch, work, tree), donate_argnums=0)

    def train(self) -> float:
        """Train the epochs of one round."""
        loss = None
        for _ in range(self.work.epochs):
            order = self.rng.permutation(self.work.m) if self.work.shuffled else np.arange(self.work.m)
            rows = order.astype(np.int32).reshape(-1, self.work.batch)
            self.carried, loss = self.epoch(self.carried, self.x, self.y, rows)
        return float(loss)  # waits until it is there


def use_threads(threads: int) -> None:
    """Hold JAX, which is not imported yet, at one thread if there is to be one: no flag of its own is enough."""
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def initial(work: Work) -> Layers:
    """Return the parameters at their start."""
    import jax.numpy as jnp

    layers = []
    for k, ((_, n_out), W) in enumerate(zip(pairwise(work.widths), work.weights(), strict=True)):
        normed = work.batch_norm and k < len(work.widths) - 2
        rest = {"gamma": jnp.ones(n_out), "beta": jnp.zeros(n_out)} if normed else {"b": jnp.zeros(n_out)}
        layers.append({"W": jnp.asarray(W), **rest})
    return layers


def epoch(work: Work, tree: Any, carried: Any, x: Any, y: Any, rows: Any) -> tuple[Any, Any]:
    """Take a step for each batch of rows (steps, batch); return what is carried on, and the mean loss."""
    import jax

    update = jax_updates.UPDATES[work.optimizer]

    def step(carried: Any, rows: Any) -> tuple[Any, Any]:
        leaves, slots, stats, t, key = carried
        t, key_now = t + 1, jax.random.fold_in(key, t)
        batch = (x, y) if not work.shuffled else (x[rows], y[rows])
        (loss, stats), grads = jax.value_and_grad(partial(loss_of, work), has_aux=True)(
            jax.tree.unflatten(tree, leaves), stats, *batch, key_now
        )
        if work.l2:
            layers = jax.tree.unflatten(tree, leaves)
            grads = [g | {"W": g["W"] + work.decay * layer["W"]} for g, layer in zip(grads, layers, strict=True)]
        made = [update(p, g, s, t, work.rate) for p, g, s in zip(leaves, jax.tree.leaves(grads), slots, strict=True)]
        return ([p for p, _ in made], [s for _, s in made], stats, t, key), loss

    carried, losses = jax.lax.scan(step, carried, rows)
    return carried, losses.mean()


def loss_of(work: Work, layers: Layers, stats: Any, x: Any, y: Any, key: Any) -> tuple[Any, Any]:
    """Return the mean loss of a batch, and the running averages of batch norm."""
    import jax
    import jax.numpy as jnp

    a, running = x, []
    for k, layer in enumerate(layers):
        a = a @ layer["W"]
        if "gamma" in layer:
            mean, var = a.mean(0), a.var(0)
            running.append(tuple(BETA * old + (1 - BETA) * new for old, new in zip(stats[k], (mean, var), strict=True)))
            a = layer["gamma"] * (a - mean) * jax.lax.rsqrt(var + EPS) + layer["beta"]
        else:
            a = a + layer["b"]
        if k < len(layers) - 1:
            a = jax.nn.relu(a)
            if work.keep_prob < 1:
                kept = jax.random.bernoulli(jax.random.fold_in(key, k), work.keep_prob, a.shape)
                a = jnp.where(kept, a / work.keep_prob, 0)
    log_p = jax.nn.log_softmax(a)
    return -jnp.take_along_axis(log_p, y[:, None], axis=1).mean(), running
