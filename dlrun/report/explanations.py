"""What keys and kinds mean, for the terminal: one topic in full, many as a list."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dlrun.report.terminal import table_of
from dlrun.spec.docstrings import is_laid_out
from dlrun.spec.explanation import Key, Kind, Topic

FEW = 4  # topics shown in full


def print_topics(topics: Sequence[Topic], out: Console) -> None:
    """Print a few topics in full, one below the other, or many as a list."""
    if len(topics) > FEW:
        out.print(_key_table([topic for topic in topics if isinstance(topic, Key)]))
        return
    for number, topic in enumerate(topics):
        if number:
            out.print()
        if isinstance(topic, Key):
            _print_key(topic, out)
        else:
            _print_kind(topic, out)


def print_overview(keys: Sequence[Key], out: Console) -> None:
    """Print the sections and what stands in them, and what else can be asked."""
    out.print(_key_table([key for key in keys if key.section.count(".") == 0 and not key.kinds]))
    out.print()
    out.print(Text("dlrun explain KEY says more: learning_rate.decay, adam, lambda, dropout, variance, …", style="dim"))


def topic_to_json(topic: Topic) -> dict[str, Any]:
    """Return a topic as plain data."""
    remark = {"remark": topic.remark} if topic.remark else {}
    if isinstance(topic, Kind):
        lesson, keys = list(topic.prose.paragraphs), [key.path for key in topic.keys]
        return {"key": topic.path, "kind": topic.name, "what": topic.prose.summary, "lesson": lesson, "keys": keys, **remark}
    return {
        "key": topic.path,
        "of_kinds": list(topic.kinds),
        "what": topic.summary,
        "lesson": list(topic.lesson),
        "allowed": topic.allowed,
        "default": topic.default,
        "purposes": list(topic.purposes),
        "keys": [key.path for key in topic.keys],
        "kinds": [kind.name for kind in topic.components],
        **remark,
    }


def _print_key(key: Key, out: Console) -> None:
    of = f"  ({', '.join(key.kinds)})" if key.kinds else ""
    out.print(Text.assemble((key.path, "bold"), of, "  ", (" · ".join(key.purposes), "cyan")))
    _print_prose(key.remark, key.summary, key.lesson, out)
    facts = Table.grid(padding=(0, 2))
    facts.add_row(Text("allowed", style="dim"), Text(key.allowed))
    if key.default:
        facts.add_row(Text("default", style="dim"), Text(key.default))
    out.print()
    out.print(_indented(facts))
    if key.keys:
        out.print()
        out.print(_indented(_key_table(key.keys)))
    if len(key.components) > 1:
        out.print()
        out.print(_indented(_kind_table(key.components)))
        if theirs := list(dict.fromkeys(own for kind in key.components for own in kind.keys)):
            out.print()
            out.print(_indented(_key_table(theirs, of_kinds=True)))


def _print_kind(kind: Kind, out: Console) -> None:
    is_default = "  the default" if kind.is_default else ""
    out.print(Text.assemble((kind.title, "bold"), (is_default, "dim")))
    _print_prose(kind.remark, kind.prose.summary, kind.prose.paragraphs, out)
    if kind.keys:
        out.print()
        out.print(_indented(_key_table(kind.keys)))


def _print_prose(remark: str, summary: str, paragraphs: Sequence[str], out: Console) -> None:
    if remark:
        out.print(_indented(Text(remark, style="yellow")))
    out.print(_indented(Text(summary)))
    for paragraph in paragraphs:
        text = Text(paragraph, style="italic" if is_laid_out(paragraph) else "", no_wrap=is_laid_out(paragraph), overflow="fold")
        out.print()
        out.print(_indented(text))


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)


def _key_table(keys: Sequence[Key], *, of_kinds: bool = False) -> Table:
    table = table_of("key", *(["of"] if of_kinds else []), "default", "what it does", right=())
    for key in keys:
        kinds = [Text(", ".join(key.kinds))] if of_kinds else []
        table.add_row(Text(key.path, no_wrap=True), *kinds, Text(key.default), Text(key.brief))
    return table


def _kind_table(kinds: Sequence[Kind]) -> Table:
    table = table_of("kind", "", "what it is", right=())
    for kind in kinds:
        table.add_row(
            Text(kind.name, no_wrap=True), Text("default" if kind.is_default else "", style="dim"), Text(kind.prose.summary)
        )
    return table
