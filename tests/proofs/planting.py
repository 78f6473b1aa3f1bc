"""One error of a known sort at a random place of a valid spec."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from annotated_types import Ge, Gt, Le, Lt

from dlrun.spec.faults import ROOT
from dlrun.spec.schema import REQUIRED, Shape, fields_of
from tests.proofs.layout import Item, Section


@dataclass(frozen=True)
class Site:
    """A mapping in the tree: the item whose value it is (None: the spec itself), what may stand there, and its kind."""

    section: Section
    owner: Item | None
    shape: Shape
    kind: str | None
    in_list: bool = False

    def allowed(self) -> set[str]:
        """Return the keys that may stand here."""
        return {key for cls in self.shape.candidates(self.kind) for key in fields_of(cls)}


@dataclass(frozen=True)
class Planted:
    """Where the error is: at a key, or at a value; for what is missing, at the key above."""

    item: Item | None
    at_value: bool = False

    @property
    def line(self) -> int | None:
        """Return the line, once the tree is written; None: the first of the spec."""
        if self.item is None:
            return None
        return self.item.value_line if self.at_value else self.item.line


Planter = Callable[[list[Site], Random], Planted | None]


def sites(section: Section, shape: Shape = ROOT, owner: Item | None = None, *, in_list: bool = False) -> Iterator[Site]:
    """Yield every mapping of the tree with what may stand there."""
    if section.is_list:
        for item in section.items:
            if isinstance(item.value, Section) and shape.items:
                yield from sites(item.value, shape.items, item, in_list=True)
        return
    kind = next((item.value for item in section.items if item.key == "kind" and isinstance(item.value, str)), None)
    yield Site(section, owner, shape, kind, in_list)
    for item in section.items:
        field = shape.at(item.key, kind)
        if isinstance(item.value, Section) and field:
            yield from sites(item.value, field.shape, item)


def unknown_key(found: list[Site], random: Random) -> Planted | None:
    """A word that no key is near to."""
    return _put_in(random.choice(found), random.choice(["zzz", "qqqq", "xxyzzy", "Wwww", "0"]), random)


def misspelt_key(found: list[Site], random: Random) -> Planted | None:
    """A key with one letter wrong."""
    site = random.choice([site for site in found if site.section.items])
    item = random.choice(site.section.items)
    place = random.randrange(len(item.key))
    wrong = item.key[:place] + random.choice(["", "x", item.key[place] * 2]) + item.key[place + 1 :]
    if wrong in site.allowed() or not wrong or (not site.owner and wrong == "extends"):
        return None
    item.key = wrong
    return Planted(item)


def key_of_another_kind(found: list[Site], random: Random) -> Planted | None:
    """A key that another kind of the same component has."""
    choices = [
        (site, key) for site in found for cls in site.shape.kinds.values() for key in sorted(set(fields_of(cls)) - site.allowed())
    ]
    return _put_in(*random.choice(choices), random) if choices else None


def duplicate_key(found: list[Site], random: Random) -> Planted | None:
    """A key again, anywhere behind the first."""
    site = random.choice([site for site in found if site.section.items])
    first = random.randrange(len(site.section.items))
    again = Item(site.section.items[first].key, "1")
    site.section.items.insert(random.randint(first + 1, len(site.section.items)), again)
    return Planted(again)


def unknown_kind(found: list[Site], random: Random) -> Planted | None:
    """A kind there is not."""
    choices = [item for site in found if site.shape.kinds for item in site.section.items if item.key == "kind"]
    return _replace(choices, random, lambda item: random.choice(["zzz", "adamm", "qq-qq"]))


def wrong_type(found: list[Site], random: Random) -> Planted | None:
    """A value of a type that the key does not take."""
    choices = [(item, words) for site in found for item, shape in _leaves(site) if (words := list(_of_no_type(shape)))]
    if not choices:
        return None
    item, words = random.choice(choices)
    return _replace([item], random, lambda item: random.choice(words))


def out_of_bound(found: list[Site], random: Random) -> Planted | None:
    """A number beyond what the key allows."""
    choices = [(item, number) for site in found for item, shape in _leaves(site) if (number := _beyond(shape))]
    if not choices:
        return None
    item, number = random.choice(choices)
    return _replace([item], random, lambda item: number)


def missing_key(found: list[Site], random: Random) -> Planted | None:
    """A key that has no default, left out: the error stands at the section."""
    choices = [
        (site, item)
        for site in found
        for item in site.section.items
        if item.key != "kind" and (field := site.shape.at(item.key, site.kind)) and field.default is REQUIRED
    ]
    if not choices:
        return None
    site, item = random.choice(choices)
    site.section.items.remove(item)
    return Planted(site.owner)


PLANTERS: dict[str, Planter] = {
    planter.__name__.replace("_", " "): planter
    for planter in (
        unknown_key, misspelt_key, key_of_another_kind, duplicate_key, unknown_kind, wrong_type, out_of_bound, missing_key,
    )
}  # fmt: skip


def _put_in(site: Site, key: str, random: Random) -> Planted | None:
    item = Item(key, "1")
    first = 1 if site.kind else 0  # the kind stays first, as people write it
    site.section.items.insert(random.randint(first, len(site.section.items)), item)
    return Planted(item)


def _replace(choices: list[Item], random: Random, word: Callable[[Item], str]) -> Planted | None:
    if not choices:
        return None
    item = random.choice(choices)
    item.value = word(item)
    return Planted(item, at_value=True)


def _leaves(site: Site) -> Iterator[tuple[Item, Shape]]:
    """Yield the scalars of a mapping with what may stand there."""
    for item in site.section.items:
        field = site.shape.at(item.key, site.kind)
        if isinstance(item.value, str) and item.key != "kind" and field and not field.shape.kinds:
            yield item, field.shape


def _of_no_type(shape: Shape) -> Iterator[str]:
    types = {a.type for a in shape.alternatives}
    has_form = any(a.form for a in shape.alternatives)
    if str not in types and not has_form:
        yield from ("zzz zzz", "'5'")
    if bool not in types:
        yield "true"
    if not types & {int, float} and not shape.shorthand and not any(isinstance(word, int) for word in shape.words):
        yield "1.5"
    if None not in types:
        yield "null"
    if shape.items is None:
        yield "[zzz]"


def _beyond(shape: Shape) -> str | None:
    """Return a number that breaks a bound of every alternative that takes numbers."""
    numeric = [a for a in shape.alternatives if a.type in (int, float)]
    if not numeric or shape.shorthand:
        return None
    for number in (-1, 10**19):
        if all(any(_breaks(bound, number) for bound in a.bounds) for a in numeric):
            return str(number)
    return None


def _breaks(bound: object, number: int) -> bool:
    match bound:
        case Ge(ge=low):
            return bool(number < low)  # type: ignore[operator]
        case Gt(gt=low):
            return bool(number <= low)  # type: ignore[operator]
        case Le(le=high):
            return bool(number > high)  # type: ignore[operator]
        case Lt(lt=high):
            return bool(number >= high)  # type: ignore[operator]
        case _:
            return False
