"""Random inputs for properties."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlrun.diagnosis.gates import Bound, Compared, Gate, Gates
from dlrun.diagnosis.quantities import PAIRED, QUANTITIES
from dlrun.spec.schema import Alternative, Shape, fields_of
from dlrun.spec.sections import Every

quick = settings(max_examples=50, deadline=None)  # the first example of a test pays for imports and caches

seeds = st.integers(0, 2**32 - 1)


def matrices(
    rows: st.SearchStrategy[int], columns: st.SearchStrategy[int], *, limit: float = 20.0
) -> st.SearchStrategy[npt.NDArray[np.float64]]:
    """Draw float64 matrices with entries within ±limit."""
    return st.tuples(rows, columns).flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=_within(limit)))


def vectors(n: int, *, limit: float = 20.0) -> st.SearchStrategy[npt.NDArray[np.float64]]:
    """Draw float64 vectors of n entries within ±limit."""
    return hnp.arrays(np.float64, n, elements=_within(limit))


def _within(limit: float) -> st.SearchStrategy[Any]:
    return st.floats(-limit, limit, allow_subnormal=False)


ODD_TEXTS = [
    "", "no", "null", "5", "80%", "a: b", "a #b", "- a", "1 step", "---", "...", "'", '"', "\\", "a\nb\t", "é", "{}", "~", "a ",
    " a",     "\ufeff", "a\u2028b", "a\u2029", "\ufffe", "\U0001f600", "\U000e0001", "\xa0", "a" * 200, "&a", "*a", "!a", "%a",
    "@a", "|",
    "? a",
]  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(ODD_TEXTS)


def _bound(alternative: Alternative, *types: type) -> Any:
    return next((b for b in alternative.bounds if isinstance(b, types)), None)


def _numbers(alternative: Alternative) -> st.SearchStrategy[Any]:
    low, high = _bound(alternative, Ge, Gt), _bound(alternative, Le, Lt)
    least = getattr(low, "ge", getattr(low, "gt", None))
    most = getattr(high, "le", getattr(high, "lt", None))
    if alternative.type is int:
        return st.integers(least, most)
    return st.floats(
        least, most, exclude_min=isinstance(low, Gt), exclude_max=isinstance(high, Lt), allow_nan=False, allow_infinity=False
    )


def _alternatives(alternative: Alternative, key: str) -> st.SearchStrategy[Any]:
    """Every value of one type of a key; what a new type of key would need fails here until it is added."""
    if alternative.free:
        return st.lists(gates(), max_size=4).map(Gates)
    if alternative.type is Every:
        assert alternative.form
        return st.from_regex(alternative.form.pattern, fullmatch=True, alphabet=st.characters(codec="ascii")).map(Every.parse)
    if alternative.type is Literal:
        return st.sampled_from(alternative.words)
    if alternative.item is not None:
        least, most = _bound(alternative, MinLen), _bound(alternative, MaxLen)
        items = values(Shape(tuple(_item(alternative))), key)
        sizes = least.min_length if least else 0, most.max_length if most else 4
        return st.lists(items, min_size=sizes[0], max_size=sizes[1]).map(tuple)
    if alternative.type in (int, float):
        return _numbers(alternative)
    if alternative.type is str:
        if key == "name":
            return st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", alphabet=st.characters(codec="ascii"))
        if alternative.names_a_file:
            return texts.map(lambda text: "/" + text.replace("/", "").strip(".") + "x")
        return texts.filter(bool) if _bound(alternative, MinLen) else texts
    if alternative.type is None:
        return st.none()
    return st.booleans() if alternative.type is bool else instances(alternative.type)


def gates() -> st.SearchStrategy[Gate]:
    """Every gate that a spec may hold; whether it fits the task only the data says."""
    numbers = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
    bounds = st.builds(Bound, st.sampled_from(["<", "<=", ">", ">="]), numbers, st.sampled_from(["", "%", " points"]))
    words = st.builds(Compared, st.sampled_from(["not worse", "better"]))
    runs = st.from_regex(r"\A[@./A-Za-z0-9~_-]{1,30}\Z", alphabet=st.characters(codec="ascii"))
    return st.builds(Gate, st.sampled_from(sorted(QUANTITIES)), st.just(""), bounds) | st.builds(
        Gate, st.just(PAIRED), runs, words
    )


def _item(alternative: Alternative) -> Iterator[Alternative]:
    items = Shape((alternative,)).items
    if items:
        yield from items.alternatives


def values(shape: Shape, key: str) -> st.SearchStrategy[Any]:
    """Every value that a key may hold."""
    return st.one_of([_alternatives(a, key) for a in shape.alternatives])


def instances(cls: Any) -> st.SearchStrategy[Any]:
    """Every instance of a section or component, as its types say."""
    keys = {key: values(field.shape, key) for key, field in fields_of(cls).items() if key != "kind"}
    return st.fixed_dictionaries(keys).map(lambda given: cls(**given))
