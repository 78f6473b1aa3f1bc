"""How a run's errors went: the points of metrics.csv, read so that a row half written, or a file from others, does no harm."""

from collections.abc import Iterator, Sequence
from math import fsum, isfinite

from dlrun.errors import DlrunError
from dlrun.rundir.files import read_bytes
from dlrun.rundir.paths import RunPaths

MEASURES = ("dev_error", "train_error", "cost")  # what a curve may be of: the first that there is
LARGEST = 64 * 2**20  # bytes of metrics.csv

Points = list[tuple[float, float]]  # (completed epochs, value)


def read_curves(paths: RunPaths) -> dict[str, Points]:
    """Return of each measure its points, by epoch; none if the run has no metrics, or none that can be read."""
    curves: dict[str, Points] = {measure: [] for measure in MEASURES}
    try:
        data = read_bytes(paths.metrics, LARGEST)
    except DlrunError:
        return curves
    heading, *lines = data.decode("utf-8", "replace").split("\n")[:-1] or [""]  # what no line end follows is not whole yet
    names = heading.split(",")
    places = {measure: names.index(measure) for measure in MEASURES if measure in names}
    for cells in (line.split(",") for line in lines):
        epoch = _number(cells[names.index("epoch")]) if "epoch" in names and len(cells) == len(names) else None
        if epoch is not None and epoch >= 0:
            for measure, value in _values(cells, places):
                curves[measure].append((epoch, value))
    for points in curves.values():
        points.sort()
    return curves


def mean_curve(curves: Sequence[Points]) -> Points:
    """Return the mean of some curves at the epochs that all of them have, so that no run that ends early bends it there."""
    if len(curves) == 1:
        return curves[0]
    known = [dict(points) for points in curves]
    shared = sorted(set(known[0]).intersection(*known[1:]))
    return [(epoch, fsum(points[epoch] / len(known) for points in known)) for epoch in shared]


def _values(cells: list[str], places: dict[str, int]) -> Iterator[tuple[str, float]]:
    for measure, place in places.items():
        value = _number(cells[place])
        if value is not None:
            yield measure, value


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if isfinite(value) else None
