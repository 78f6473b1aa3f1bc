"""`dlrun show RUN --lineage`: the family of a run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.cli.options import Format

if TYPE_CHECKING:
    from dlrun.rundir.lineage import Family


def show_lineage(reference: str, runs_dir: Path, *, picture: Path | None, output: Format) -> None:
    """Print the family tree of a run, and draw its curves where a picture is wanted."""
    from dlrun.printable import printable
    from dlrun.report.lineage import print_lineage
    from dlrun.report.terminal import console
    from dlrun.rundir.files import as_json
    from dlrun.rundir.lineage import family_of
    from dlrun.rundir.record import RunRecord
    from dlrun.rundir.references import find_run

    paths = find_run(reference, runs_dir)
    RunRecord.load(paths)  # a damaged one is said to be
    family = family_of(paths)
    if picture is not None:
        _draw(family, picture)
    if output is Format.json:
        print(as_json(family.to_json()))
    else:
        print_lineage(family, console())
    for note in family.notes:
        console(stderr=True).print(printable(note), style="dim", soft_wrap=True)


def _draw(family: "Family", picture: Path) -> None:
    from dlrun.errors import InvalidInput, Problem
    from dlrun.report.lineage import frame_of, metric_of
    from dlrun.report.plots.figure import save
    from dlrun.report.plots.lineage import Drawn, draw_lineage

    percent = family.measure != "cost" and metric_of(family) == "error_rate"
    factor = 100 if percent else 1
    curves = [
        Drawn(
            label=": ".join([relative.short, *([", ".join(relative.branch.changes)] if relative.branch else [])]),
            points=[(epoch, factor * value) for epoch, value in relative.own],
            began=relative.began,
            asked=relative.asked,
        )
        for _, relative in family.members()
        if relative.own
    ]
    if not curves:
        raise InvalidInput(Problem(what="there is no curve to draw: nothing has been evaluated yet", where="--out"))
    asked = next(relative for _, relative in family.members() if relative.asked)
    y = family.measure.replace("_", " ") + (" (%)" if percent else "")
    frame = frame_of(family, width=1, height=1)
    title = f"family of {asked.id}"
    save(draw_lineage(curves, title=title, y=y, top=factor * frame.high, logarithmic=frame.logarithmic), picture)
    print(f"drawn in {picture}", file=sys.stderr)
