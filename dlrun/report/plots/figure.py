"""The one style of all pictures, and how they reach the disk: the same numbers give the same bytes.

Every picture is drawn inside `house_style`, which nobody's matplotlibrc changes and which changes nobody's.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dlrun.data.messages import shown
from dlrun.errors import InvalidInput, Problem
from dlrun.rundir.files import write_atomically

SIZE = (8.0, 4.5)  # inches
DOTS = 150  # an inch

# Black, blue and orange differ in grey as well; later lines are dashed. Source: Okabe & Ito 2008, "Color universal design".
LINES = (
    ("#000000", "-"),
    ("#0072B2", "-"),
    ("#E69F00", "-"),
    ("#D55E00", "--"),
    ("#CC79A7", "--"),
    ("#009E73", "-."),
    ("#56B4E9", "-."),
    ("#666666", ":"),
)
RAW = "#B0B0B0"  # what is behind the lines: single values

STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so it is the same everywhere
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,  # its words stay readable where lines pass below
    "figure.facecolor": "white",
    "svg.hashsalt": "dlrun",  # the ids inside an SVG are otherwise random
    "svg.fonttype": "path",
}
UNDATED: dict[str, dict[str, None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house's style, from matplotlib's own defaults, and leave everything as it was."""
    with mpl.style.context(["default", STYLE]):
        yield


def new_figure(*, title: str, x: str, y: str) -> tuple[Figure, Axes]:
    """Return a figure of one pair of axes with their names; no window, no pyplot, no global list of figures."""
    figure = Figure(figsize=SIZE, dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    return figure, axes


def plain(text: str) -> str:
    """Return a name from a user's file as it can be drawn: short, printable, and no formula in spite of a dollar sign."""
    return shown(text, width=40).replace("$", r"\$")


def save(figure: Figure, path: Path) -> None:
    """Write a figure as .png, .svg or .pdf; the file is whole or not there, and holds no date and no name of a program.

    Errors: InvalidInput for another ending or a directory that is not there; DlrunError if it cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in UNDATED:
        what = f"pictures end in {', '.join(UNDATED)}, not in {path.suffix!r}" if path.suffix else "this name has no ending"
        raise InvalidInput(Problem(what=what, where=str(path), cure=f"write {path.stem or 'picture'}.png"))
    if not path.parent.is_dir():
        raise InvalidInput(Problem(what=f"there is no directory {path.parent}", where=str(path), cure="make it first"))
    content = io.BytesIO()
    with house_style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a name in a script the font lacks: boxes are no reason to fail
        figure.savefig(content, format=ending[1:], metadata=UNDATED[ending])
    write_atomically(path, content.getvalue())
