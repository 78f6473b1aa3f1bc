"""The reference of the spec as Markdown: a page for each section, made from the classes that define it."""

from collections.abc import Iterable, Iterator, Sequence

from dlrun.report.markdown_table import table
from dlrun.spec.docstrings import is_laid_out
from dlrun.spec.explanation import Key, Kind, Topic, keys

COLUMNS = ("key", "default", "allowed", "purpose", "what it does")


def page(word: str, topics: Sequence[Topic]) -> str:
    """Return the Markdown of what a word leads to, with all that stands below it."""
    made_by = f"<!-- dlrun explain {word} --format md -->"
    return "\n".join([made_by, "", *(line for topic in topics for line in _topic(topic))]).rstrip() + "\n"


def contents() -> str:
    """Return the page of what stands at the top level of a spec."""
    top = [key for key in keys() if not key.section]
    return "\n".join(["<!-- dlrun explain --format md -->", "", "# An experiment", "", *_key_table(top)]) + "\n"


def _topic(topic: Topic) -> Iterator[str]:
    if isinstance(topic, Kind):
        yield from _kind(topic, level=1)
        return
    below = [key for key in keys() if key.path.startswith(f"{topic.path}.") and not key.kinds]
    yield from (f"# {topic.path}", "", topic.summary, "", *_paragraphs(topic.lesson))
    yield from (*_key_table(below if topic.keys else [topic, *below]), "")
    for key in below:
        if key.lesson and not key.components:
            yield from (f"**`{key.path}`**", "", *_paragraphs(key.lesson))
    for key in [topic, *below]:
        if key.components:
            yield from _components(key, with_lesson=key is not topic)


def _components(key: Key, *, with_lesson: bool) -> Iterator[str]:
    yield from (f"## The kinds of {key.path}", "", *(_paragraphs(key.lesson) if with_lesson else ()))
    for kind in key.components:
        yield from _kind(kind, level=3)


def _kind(kind: Kind, *, level: int) -> Iterator[str]:
    yield from (f"{'#' * level} `{kind.name}`{' (the default)' if kind.is_default else ''}", "")
    yield from (kind.prose.summary, "", *_paragraphs(kind.prose.paragraphs))
    if kind.keys:
        yield from (*_key_table(kind.keys), "")


def _paragraphs(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield from (("```text", paragraph, "```", "") if is_laid_out(paragraph) else (paragraph, ""))


def _key_table(told: Iterable[Key]) -> list[str]:
    rows = [
        (f"`{key.path}`", f"`{key.default}`" if key.default else "", key.allowed, " · ".join(key.purposes), key.summary)
        for key in told
    ]
    return table(COLUMNS, rows)
