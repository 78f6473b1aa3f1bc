"""Checks of the parts against one another: rows that stand in two of them, equal rows with unlike labels, classes, extremes.

They look at all parts, test too: at inputs and labels, never at what a network makes of them.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from dlrun.arrays import Array, BoolArray, IntArray
from dlrun.data.duplicates import ALONE, groups_of_equals, input_bytes
from dlrun.data.findings import Finding, Severity, part_name
from dlrun.data.labels import LabelArray
from dlrun.data.messages import MOST, listed, quoted
from dlrun.data.preprocessing import Normalization
from dlrun.data.raw import Selection
from dlrun.statistics.intervals import difference, wilson

LARGEST = 2**30  # bytes of inputs that are searched for equal rows: about a second
FIRST = 3  # places that are kept
MATTERS = 0.001  # of all rows, or of a target's deviation: less cannot be seen in an error
FARTHEST = 10.0  # deviations of a training column

Chosen = Mapping[str, Selection]  # by part, train first
Labels = Mapping[str, LabelArray]


def equal_rows(chosen: Chosen, labels: Labels, *, regression: bool) -> Iterator[Finding]:
    """Yield the pairs of parts that share rows, and the parts in which equal rows have unlike labels."""
    if (size := input_bytes(chosen)) > LARGEST:
        message = f"not looked for equal rows: the inputs are {size / 2**30:.1f} GiB, above the limit of {LARGEST / 2**30:.0f}"
        yield Finding(check="equal_rows", severity="warning", message=message, facts={"bytes": size})
        return
    groups = groups_of_equals(chosen)
    kinds = _numbered(labels)
    for earlier, later in combinations(chosen, 2):
        yield from _shared(chosen, groups, kinds, earlier, later)
    for part in chosen:
        yield from _conflicts(part, groups[part], kinds[part], labels[part], regression=regression)


def classes_in_parts(labels: Labels, classes: tuple[str, ...]) -> Iterator[Finding]:
    """Yield the parts with a class that train lacks, and those that lack one that train has."""
    counts = {part: np.bincount(y, minlength=len(classes)) for part, y in labels.items()}
    train = counts["train"]
    for part, here in counts.items():
        name = part_name(part)
        if unknown := [classes[k] for k in np.flatnonzero((here > 0) & (train == 0))]:
            rows = int(here[train == 0].sum())
            message = f"{rows:,} of {here.sum():,} rows of {name} are of class {listed(unknown)}, which train does not have"
            cure = "no network can be right there: bring the class to train, or leave it out"
            yield _of_classes("unknown_classes", "error", message, cure, part, unknown)
        if absent := [classes[k] for k in np.flatnonzero((here == 0) & (train > 0))]:
            message = f"no row of {name} is of class {listed(absent)}: how well that is learned is not measured"
            yield _of_classes("absent_classes", "warning", message, "", part, absent)


def extreme_values(chosen: Chosen, standard: Normalization) -> Iterator[Finding]:
    """Yield the parts with numbers that `standard`, fitted to train, carries beyond 10, and that lie outside of train's range.

    What training has seen is no surprise: a long tail reaches beyond 10 deviations in every part.
    """
    train = chosen["train"]
    n = train.examples.x.shape[1]
    low, high = (np.broadcast_to(standard.mean + sign * FARTHEST * standard.divisor, n) for sign in (-1, 1))
    for part, selection in chosen.items():
        if part != "train":
            yield from _extremes(part, selection, train, low, high)


def _numbered(labels: Labels) -> dict[str, IntArray]:
    """Return a number for each label, the same for equal labels of all parts."""
    _, numbers = np.unique(np.concatenate([*labels.values()]), return_inverse=True)
    ends = np.cumsum([len(y) for y in labels.values()])[:-1]
    return dict(zip(labels, np.split(numbers, ends), strict=True))


def _shared(
    chosen: Chosen, groups: Mapping[str, IntArray], kinds: Mapping[str, IntArray], earlier: str, later: str
) -> Iterator[Finding]:
    """Yield the rows of the later part that the earlier one holds too; an error unless its own rows repeat as often."""
    first, second = groups[earlier], groups[later]
    shared = (second != ALONE) & np.isin(second, first)
    if not shared.any():
        return
    rows, found, m = np.flatnonzero(shared), int(shared.sum()), len(second)
    alike = int(_alike(first, kinds[earlier], second[rows], kinds[later][rows]).sum())
    places = [
        (_spot(chosen[later], row), _spot(chosen[earlier], int(np.flatnonzero(first == second[row])[0]))) for row in rows[:FIRST]
    ]
    of, within, (here, there) = part_name(later), part_name(earlier), places[0]
    file = here.rpartition(":")[0]
    twins = wilson(int(_repeated(first).sum()), len(first))
    usual = twins.value > 0 and difference(wilson(found, m), twins).low <= 0
    message = (
        f"{found:,} of {m:,} rows of {of} ({_percent(found / m)}) {'stands' if found == 1 else 'stand'} in {within} too, "
        f"{alike:,} with the same label: {here} and {there.removeprefix(file)}; "
        f"{'about as often as ' if usual else ''}within {within}: {_percent(twins.value)}"
    )
    yield Finding(
        check="shared_rows",
        severity="warning" if usual else "error",
        message=message,
        cure="" if usual else f"the error on {of} flatters: leave the copies out of {within}",
        parts=(earlier, later),
        facts={
            "rows": found,
            "share": found / m,
            "same_label": alike,
            "other_label": found - alike,
            "within": twins.value,
            "first": places,
        },
    )


def _conflicts(part: str, groups: IntArray, kinds: IntArray, labels: LabelArray, *, regression: bool) -> Iterator[Finding]:
    """Yield the rows of one part whose inputs also stand under another label, and the lowest error that they allow."""
    rows = np.flatnonzero(_repeated(groups))
    _, group = np.unique(groups[rows], return_inverse=True)
    (key, counts) = np.unique(np.stack([group, kinds[rows]]), axis=1, return_counts=True)
    different = np.bincount(key[0])
    found = int((different[group] > 1).sum())
    if not found:
        return
    m = len(groups)
    if regression:
        y = labels[rows].astype(np.float64)
        means = np.bincount(group, weights=y) / np.bincount(group)
        lowest = float(np.sqrt(np.square(y - means[group]).sum() / m))
        matters = lowest >= MATTERS * float(np.std(labels, dtype=np.float64))
        bound = f"no network comes closer than an RMSE of {lowest:.3g}"
    else:
        most = np.zeros(len(different), dtype=np.int64)
        np.maximum.at(most, key[0], counts)
        lowest = float((len(rows) - most.sum()) / m)
        matters = lowest >= MATTERS
        bound = f"no network errs in less than {_percent(lowest)} of {part_name(part)}"
    of = f"{found:,} of {m:,} rows of {part_name(part)} ({_percent(found / m)})"
    yield Finding(
        check="conflicting_labels",
        severity="warning" if matters else "fine",
        message=f"{of} have the inputs of a row with another label: {bound}",
        parts=(part,),
        facts={"rows": found, "share": found / m, "lowest_error": lowest, "repeated_rows": len(rows)},
    )


def _extremes(part: str, selection: Selection, train: Selection, low: Array, high: Array) -> Iterator[Finding]:
    cells, values = _outside(selection, low, high)
    if not len(cells):
        return
    touched, place = np.unique(cells, return_inverse=True)
    seen = train.examples.x[train.rows][:, touched]
    new = (values < np.nanmin(seen, axis=0)[place]) | (values > np.nanmax(seen, axis=0)[place])
    if not (found := int(new.sum())):
        return
    features, counts = selection.raw.features, np.bincount(cells[new], minlength=len(low))
    by_column = {features[j]: int(counts[j]) for j in np.argsort(-counts, kind="stable") if counts[j]}
    columns = ", ".join(f"{quoted(name)} ({count:,})" for name, count in list(by_column.items())[:MOST])
    away = f"more than {FARTHEST:g} deviations from train's mean and outside of its range"
    yield Finding(
        check="extreme_values",
        severity="warning",
        message=f"values of {part_name(part)} that lie {away}, by column: {columns}{', …' if len(by_column) > MOST else ''}",
        parts=(part,),
        facts={"values": found, "columns": by_column},
    )


def _outside(selection: Selection, low: Array, high: Array) -> tuple[IntArray, Array]:
    """Return the columns (k,) and the values (k,) of the numbers outside of limits (n,)."""
    columns, values = [], []
    for block in selection.blocks():
        found = np.nonzero((block < low) | (block > high))
        columns.append(found[1])
        values.append(block[found])
    return np.concatenate(columns), np.concatenate(values)


def _repeated(groups: IntArray) -> BoolArray:
    """Return which rows have a twin within their own part."""
    _, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray((groups != ALONE) & (counts[place] > 1))


def _alike(groups: IntArray, kinds: IntArray, other_groups: IntArray, other_kinds: IntArray) -> BoolArray:
    """Return which of the other rows have a twin with the same label."""
    size = int(max(kinds.max(initial=0), other_kinds.max(initial=0))) + 1
    return np.isin(other_groups * size + other_kinds, (groups * size + kinds)[groups != ALONE])


def _of_classes(check: str, severity: Severity, message: str, cure: str, part: str, classes: list[str]) -> Finding:
    return Finding(check=check, severity=severity, message=message, cure=cure, parts=(part,), facts={"classes": classes})


def _spot(selection: Selection, i: int) -> str:
    return selection.raw.row_spot(selection.part, int(selection.rows[i]))


def _percent(share: float) -> str:
    """Return a share in percent, with two significant digits where it is small."""
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.2g} %"
