"""How many examples of each class go to each part, when parts are to look like the whole."""

import numpy as np

from dlrun.arrays import IntArray


def apportion(class_sizes: IntArray, part_sizes: IntArray) -> IntArray:
    """Return a table (classes, parts) with these row and column sums, every entry less than or just 1 from proportional.

    Both kinds of sums must have the same total m; part 0 is the training part. The proportional share
    class_size · part_size / m is rounded down everywhere; each class then has 0 to parts − 1 examples left, which go to
    the parts that miss most (the construction in Gale 1957 and Ryser 1957: it always comes out even). At last,
    exchanges bring a class without a training example one, as far as that keeps all of the above.
    """
    total = max(int(part_sizes.sum()), 1)
    products = np.multiply.outer(class_sizes, part_sizes)  # integers: no rounding decides who gets an example
    table, remainders = products // total, products % total
    left = class_sizes - table.sum(axis=1)
    missing = part_sizes - table.sum(axis=0)
    extra = np.zeros_like(table)
    for row in np.argsort(-left, kind="stable"):
        # Most missing first; among equals the part with the larger remainder.
        chosen = np.lexsort((-remainders[row], -missing))[: left[row]]
        extra[row, chosen] = 1
        missing[chosen] -= 1
    _bring_every_class_to_training(table, extra)
    return np.asarray(table + extra)


def _bring_every_class_to_training(table: IntArray, extra: IntArray) -> None:
    """Exchange extra examples between a class without a training example and one that can spare its extra one."""
    for row in np.flatnonzero(table[:, 0] + extra[:, 0] == 0):
        for part in np.flatnonzero(extra[row]):
            spare = np.flatnonzero((table[:, 0] > 0) & (extra[:, 0] == 1) & (extra[:, part] == 0))
            if spare.size:
                extra[row, 0], extra[row, part] = 1, 0
                extra[spare[0], 0], extra[spare[0], part] = 0, 1
                break
