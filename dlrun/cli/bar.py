"""A bar for work that may take long: on a terminal, on stderr, gone when it is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic

from dlrun.cli.progress import REDRAW


@contextmanager
def bar(doing: str, *, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield what draws (doing, done, of); nothing is drawn where nobody looks."""
    from dlrun.report.terminal import console

    out = console(stderr=True)
    if quiet or not out.is_terminal:
        yield lambda doing, done, of: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True, auto_refresh=False) as progress:
        task = progress.add_task(doing, total=None)
        drawn = 0.0

        def draw(doing: str, done: int, of: int) -> None:
            nonlocal drawn
            if monotonic() - drawn >= REDRAW:
                drawn = monotonic()
                progress.update(task, description=doing, completed=done, total=of)
                with suppress(OSError):
                    progress.refresh()

        yield draw
