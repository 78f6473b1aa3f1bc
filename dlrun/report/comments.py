"""Text that may stand in a YAML file: every line begins with `# `, so that a page with a spec in it is a spec."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

MARK = "# "


class Comment:
    """Something to print, as comments: it is laid out two columns narrower, and what cannot be broken stays whole."""

    def __init__(self, content: RenderableType) -> None:
        self.content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines of the content, each behind the mark."""
        inner = options.update(width=max(20, options.max_width - len(MARK)))
        for line in Segment.split_lines(console.render(self.content, inner)):
            kept = _without_trailing_space(line)
            yield Segment(MARK if kept else MARK.rstrip(), Style(dim=True))
            yield from kept
            yield Segment.line()


def print_comment(out: Console, *contents: RenderableType) -> None:
    """Print contents below one another, as comments; what cannot be broken is not cut off either."""
    for content in contents:
        out.print(Comment(content), crop=False)


def print_section(out: Console, title: str, *contents: RenderableType) -> None:
    """Print an empty line, a title, and what belongs to it."""
    out.print()
    print_comment(out, Text(title, style="bold"), *contents)


def facts(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    """Return pairs of a word and what there is to say about it, in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for word, content in rows:
        table.add_row(word, content)
    return table


def unbroken(text: str, word: str = "") -> Text:
    """Return a text that is never broken into lines, a path or a command to copy, behind a word for it."""
    return Text.assemble((word, "dim"), text, no_wrap=True, overflow="ignore")


def _without_trailing_space(line: Iterable[Segment]) -> list[Segment]:
    """Return a line without the spaces that fill a table's last column."""
    kept = list(line)
    while kept and not kept[-1].text.rstrip():
        kept.pop()
    if kept:
        last = kept[-1]
        kept[-1] = Segment(last.text.rstrip(), last.style, last.control)
    return kept
