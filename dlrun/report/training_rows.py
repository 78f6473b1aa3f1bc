"""How a network trained, as rows and lines of text: the findings with their cures, and the health of its layers."""

from collections.abc import Iterator

from dlrun.diagnosis.findings import Finding
from dlrun.diagnosis.ladder import Diagnosis
from dlrun.diagnosis.layer_health import HIGHEST_UPDATE, LOWEST_UPDATE, MANY_DEAD, MANY_SATURATED, LayerHealth, LayerNumbers
from dlrun.statistics.thinning import spread

HEADINGS = ("layer", "output", "at last", "gradient", "at last", "update", "dead", "saturated")
MOST_ROWS = 20  # layers that are shown; of more, so many evenly spread
MOST_LINES = 3  # of findings at the end of a run


def finding_line(found: Finding) -> str:
    """Return a finding on one line."""
    return f"{found.title}: {found.words}"


def closing_lines(diagnosis: Diagnosis) -> list[str]:
    """Return the findings for the end of a run: three lines at most."""
    lines = [finding_line(found) for found in diagnosis.findings]
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more: dlrun diagnose"]


def course_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield what was measured and is no finding: how the cost went, and what became of one mini-batch alone."""
    if course := diagnosis.optimization:
        if told := course.in_words:
            yield told
        if course.one_batch:
            yield course.one_batch.words


def layer_rows(health: LayerHealth) -> list[tuple[str, ...]]:
    """Return a row for each layer, in the order of HEADINGS: numbers before the first step, then at the last evaluation."""
    return [_cells(health.layers[k]) for k in spread(len(health.layers), MOST_ROWS)]


def is_ill(heading: int, cell: str) -> bool:
    """Say whether a cell of such a row lies outside of what is healthy in any network."""
    limits = {5: (LOWEST_UPDATE, HIGHEST_UPDATE), 6: (-1.0, 100 * MANY_DEAD), 7: (-1.0, 100 * MANY_SATURATED)}.get(heading)
    if limits is None or not cell:
        return False
    return not limits[0] <= float(cell.removesuffix(" %")) <= limits[1]


def _cells(layer: LayerNumbers) -> tuple[str, ...]:
    numbers = (layer.first_activation, layer.activation, layer.first_gradient, layer.gradient, layer.update)
    shares = (layer.dead, layer.saturated)
    told = ["" if value is None else f"{value:.2g}" for value in numbers]
    return (layer.layer, *told, *("" if value is None else f"{100 * value:.0f} %" for value in shares))
