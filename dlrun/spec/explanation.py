"""What every key and every kind of the spec means, told by the classes themselves; and what a word may mean.

A key that several kinds share is one topic where they say the same of it, several where they do not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from dlrun.errors import InvalidInput, Problem
from dlrun.purposes import Purpose
from dlrun.spec.docstrings import Prose, prose_of, prose_of_key
from dlrun.spec.model import Spec
from dlrun.spec.schema import Field, fields_of, kind_of
from dlrun.spec.sentences import allowed
from dlrun.spec.suggestions import closest, kinds_meant, meanings_of
from dlrun.spec.wording import quoted
from dlrun.spec.writing import default_text

PURPOSES = {
    "bias": Purpose.FIT,
    "fit": Purpose.FIT,
    "variance": Purpose.VARIANCE,
    "mismatch": Purpose.REALITY,
    "speed": Purpose.SPEED,
}  # the words people have for them


@dataclass(frozen=True)
class Kind:
    """One kind of a component: `adam` at `optimizer`. A remark says how the word that led here differs from it."""

    path: str
    name: str
    prose: Prose
    key_names: tuple[str, ...]
    is_default: bool
    remark: str = ""

    @property
    def title(self) -> str:
        """Return `optimizer: adam`, as a spec writes it."""
        return f"{self.path}: {self.name}"

    @property
    def keys(self) -> tuple["Key", ...]:
        """Return the keys this kind has, in its own order."""
        own = (key for key in keys() if key.section == self.path and self.name in key.kinds)
        return tuple(sorted(own, key=lambda key: self.key_names.index(key.name)))


@dataclass(frozen=True)
class Key:
    """One key: the kinds it belongs to (none: it stands in a section), and the components that may stand at it."""

    path: str
    kinds: tuple[str, ...]
    summary: str
    lesson: tuple[str, ...]
    allowed: str
    default: str
    purposes: tuple[Purpose, ...]
    components: tuple[Kind, ...]
    remark: str = ""

    @property
    def title(self) -> str:
        """Return the address."""
        return self.path

    @property
    def name(self) -> str:
        """Return the last word of the address."""
        return self.path.rpartition(".")[2]

    @property
    def brief(self) -> str:
        """Return the first sentence about it."""
        return re.split(r"(?<=\.) (?=[A-Z`])", self.summary, maxsplit=1)[0]

    @property
    def section(self) -> str:
        """Return the address of what it stands in; the top level has none."""
        return self.path.rpartition(".")[0]

    @property
    def keys(self) -> tuple["Key", ...]:
        """Return the keys of the section that stands here; those of components belong to their kinds."""
        return tuple(key for key in keys() if key.section == self.path and not key.kinds)


Topic = Key | Kind


@cache
def keys() -> tuple[Key, ...]:
    """Return every key of the spec in its order, those of one address together."""
    told = list(_keys(Spec))
    places = {key.path: place for place, key in reversed(list(enumerate(told)))}
    shared: dict[Key, list[str]] = {}
    for key in sorted(told, key=lambda key: places[key.path]):
        shared.setdefault(replace(key, kinds=()), []).extend(key.kinds)
    return tuple(replace(key, kinds=tuple(kinds)) for key, kinds in shared.items())


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every kind of every component."""
    return tuple(kind for key in keys() for kind in key.components)


def topics(word: str) -> tuple[Topic, ...]:
    """Return what a word may mean: an address, a key's or a kind's own name, a purpose, a word of the course or of other tools.

    Errors: InvalidInput with the nearest name if it means nothing here.
    """
    everything: tuple[Topic, ...] = (*keys(), *kinds())
    word, written = "_".join(word.lower().split()), word
    if exact := tuple(topic for topic in everything if _addresses(topic) & {word, written}):
        return exact
    if purpose := PURPOSES.get(word):
        return tuple(key for key in keys() if purpose in key.purposes)
    found: list[Topic] = [kind for kind in kinds() if kind.name == word]
    for meaning in meanings_of(word):
        found += [replace(key, remark=meaning.remark) for key in keys() if key.path == meaning.key]
    found += [key for key in keys() if key.name == word and key.path not in {topic.path for topic in found}]
    found += [kind for kind in kinds() if kind.name in kinds_meant(word) and kind not in found]
    if not found:
        raise InvalidInput(_unknown(word, [name for topic in everything for name in (topic.path, topic.name)]))
    return tuple(found)


def _unknown(word: str, names: list[str]) -> Problem:
    near = closest(word, dict.fromkeys(names))
    cure = f"did you mean {quoted(near)}?" if near else "all of them: dlrun explain"
    return Problem(what=f"{quoted(word)} is no key of the spec, no kind, and no word for one", cure=cure)


def _addresses(topic: Topic) -> set[str]:
    """Return how a topic is written in full: `optimizer.beta1`; `optimizer.adam`, `optimizer=adam`, `optimizer: adam`."""
    return {topic.path} if isinstance(topic, Key) else {f"{topic.path}{sep}{topic.name}" for sep in (".", "=", ": ")}


def _keys(cls: type, above: str = "", purposes: tuple[Purpose, ...] = (), *, in_list: bool = False) -> Iterator[Key]:
    """Yield the keys of a class and of all below; what says no purpose has that of the section it stands in.

    What may stand at a key of a list's item is not followed: a layer's components are explained where they stand for all.
    """
    for name, field in fields_of(cls).items():
        if name == "kind":
            continue
        key = _key(cls, name, f"{above}{name}", field, field.purposes or purposes)
        yield replace(key, components=()) if in_list else key
        for inner in field.shape.classes if not in_list else ():
            yield from _keys(inner, f"{key.path}.", key.purposes)
        for inner in field.shape.items.classes if field.shape.items else ():
            yield from _keys(inner, f"{key.path}.", key.purposes, in_list=True)


def _key(cls: type, name: str, path: str, field: Field, purposes: tuple[Purpose, ...]) -> Key:
    kind, shape, prose = kind_of(cls), field.shape, prose_of_key(cls, name)
    behind = prose_of(shape.section).paragraphs if shape.section else ()
    default = field.default_kind
    return Key(
        path=path,
        kinds=(kind,) if kind else (),
        summary=prose.summary,
        lesson=(*prose.paragraphs, *behind),
        allowed=allowed(shape),
        default=default_text(field),
        purposes=purposes,
        components=tuple(Kind(path, of, prose_of(cls), tuple(fields_of(cls)), of == default) for of, cls in shape.kinds.items()),
    )
