import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from annotated_types import Ge, Gt, Le, Lt, MinLen
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.sources import Csv, Digits
from dlrun.spec.effects import without_effect
from dlrun.spec.model import Spec
from dlrun.spec.reading import read_spec
from dlrun.spec.schema import Alternative, Shape, fields_of, kind_of
from dlrun.spec.sections import Data, Every
from dlrun.spec.writing import to_yaml

ODD_TEXTS = [
    *(
        "",
        "no",
        "null",
        "5",
        "80%",
        "a: b",
        "a #b",
        "- a",
        "1 step",
        "---",
        "...",
        "'",
        '"',
        "\\",
        "a\nb\t",
        "é",
        "{}",
        "~",
        "a ",
        " a",
    ),
    *(
        "\ufeff",
        "a\u2028b",
        "a\u2029",
        "\ufffe",
        "\U0001f600",
        "\U000e0001",
        "\xa0",
        "a" * 200,
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "|",
        "? a",
    ),
]
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(ODD_TEXTS)


def bound(alternative: Alternative, *types: type) -> Any:
    return next((b for b in alternative.bounds if isinstance(b, types)), None)


def numbers(alternative: Alternative) -> st.SearchStrategy[Any]:
    low, high = bound(alternative, Ge, Gt), bound(alternative, Le, Lt)
    least = getattr(low, "ge", getattr(low, "gt", None))
    most = getattr(high, "le", getattr(high, "lt", None))
    if alternative.type is int:
        return st.integers(least, most)
    return st.floats(
        least, most, exclude_min=isinstance(low, Gt), exclude_max=isinstance(high, Lt), allow_nan=False, allow_infinity=False
    )


def alternatives(alternative: Alternative, key: str) -> st.SearchStrategy[Any]:
    """Every value of one type of a key; what a new type of key would need fails here until it is added."""
    if alternative.type is Every:
        return st.builds(Every, st.integers(1, 10**9 - 1), st.sampled_from(["step", "epoch"]))
    if alternative.type is Literal:
        return st.sampled_from(alternative.words)
    if alternative.item is not None:
        return st.lists(values(Shape(tuple(_item(alternative))), key), max_size=4).map(tuple)
    if alternative.type in (int, float):
        return numbers(alternative)
    if alternative.type is str:
        if key == "name":
            return st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", alphabet=st.characters(codec="ascii"))
        if key == "path":
            return texts.map(lambda text: "/" + text.replace("/", "").strip(".") + "x")
        return texts.filter(bool) if bound(alternative, MinLen) else texts
    if alternative.type is None:
        return st.none()
    return st.booleans() if alternative.type is bool else instances(alternative.type)


def _item(alternative: Alternative) -> Iterator[Alternative]:
    items = Shape((alternative,)).items
    if items:
        yield from items.alternatives


def values(shape: Shape, key: str) -> st.SearchStrategy[Any]:
    return st.one_of([alternatives(a, key) for a in shape.alternatives])


def instances(cls: Any) -> st.SearchStrategy[Any]:
    """Every instance of a section or component, as its types say."""
    keys = {key: values(field.shape, key) for key, field in fields_of(cls).items() if key != "kind"}
    return st.fixed_dictionaries(keys).map(lambda given: cls(**given))


specs = instances(Spec).filter(lambda spec: not list(without_effect(spec)))


@settings(max_examples=100)
@given(spec=specs)
def test_what_is_written_reads_back_equal(spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(to_yaml(spec), encoding="utf-8")
    again = read_spec(path).spec
    assert again == spec
    assert to_yaml(again) == to_yaml(spec)  # to the last bit: -0.0 equals 0.0


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_odd_texts_read_back(text: str, tmp_path: Path) -> None:
    path = tmp_path / "written.yaml"
    path.write_text(to_yaml(Spec(data=Data(source=Digits()), notes=text, tags=(text,))), encoding="utf-8")
    spec = read_spec(path).spec
    assert (spec.notes, spec.tags) == (text, (text,))


def test_every_key_is_written_in_order() -> None:
    spec = Spec(data=Data(source=Csv(path="/data/a.csv", target="y")))
    document = yaml.safe_load(to_yaml(spec))

    def check(written: Any, value: Any) -> None:
        keys = list(fields_of(value.__class__))
        assert list(written) == keys
        for key in keys:
            if isinstance(written[key], dict):
                check(written[key], getattr(value, key))

    check(document, spec)
    assert document["data"]["source"] == {"kind": "csv", "path": "/data/a.csv", "target": "y", "drop": []}


def test_the_form_is_readable() -> None:
    text = to_yaml(Spec(name="small", data=Data(source=Digits()), notes="what: a test"))
    assert text.startswith(
        'dlrun: 1\nname: small\ntags: []\nnotes: "what: a test"\nseed: 0\n\ndata:\n  source: digits\n  split:\n'
    )
    assert "\narchitecture:\n  hidden: [64]\n  activation: relu\n  init: auto\n\nloss: auto\n\nregularization:\n" in text
    assert "  evaluate_every: 1 epoch\n" in text
    assert "    stratify: true\n" in text
    assert not re.search(r"\n\n\n|[ \t]\n", text)


def test_a_component_without_keys_is_its_kind() -> None:
    assert kind_of(Digits()) == "digits"
    assert "source: digits\n" in to_yaml(Spec(data=Data(source=Digits())))
