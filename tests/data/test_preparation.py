"""A preparation on disk is the one that was fitted, to the bit; anything else is refused in a sentence."""

import json
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.encoding import Encoding
from dlrun.data.missing import Imputation
from dlrun.data.preparation import Classes, Preparation
from dlrun.data.preprocessing import Normalization, Standard, TargetScale
from dlrun.data.raw import RawData, RawExamples, row_numbers
from dlrun.data.sources import Source
from dlrun.data.sources.digits import Digits
from dlrun.data.splits import prepare
from dlrun.data.splitting import Split
from dlrun.errors import InvalidInput
from tests.strategies import quick

numbers = st.floats(-1e300, 1e300, allow_nan=False)
positive = st.floats(1e-300, 1e300)
GOOD: dict[str, Any] = {
    "schema": 1,
    "dtype": "float32",
    "columns": ["c", "a", "b"],
    "inputs": [
        {"kind": "numbers", "images": False, "columns": ["a", "b"], "fill": [0.5, 2.0], "flagged": [1]},
        {"kind": "words", "name": "c", "words": ["x", "y"], "other": True, "gap": False},
    ],
    "normalization": {"mean": [1.0, 2.0], "divisor": [3.0, 4.0], "held": [], "constant": []},
    "target": {"kind": "classes", "labels": "integer", "names": ["0", "1"]},
}


@st.composite
def preparations(draw: st.DrawFn) -> Preparation:
    n = draw(st.integers(0, 5))
    columns = draw(st.sampled_from([1, n]))
    held = tuple(f"x{k}" for k in range(n))
    encodings = tuple(
        Encoding(name=f"w{k}", words=tuple(draw(st.lists(st.text(), unique=True, max_size=3))), other=other, gap=gap)
        for k, (other, gap) in enumerate(draw(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=3)))
    )
    fills = st.lists(numbers, min_size=n, max_size=n).map(np.array)
    flags = st.lists(st.integers(0, n - 1), unique=True).map(sorted).map(tuple) if n else st.just(())
    names = st.lists(st.text(), min_size=2, max_size=4, unique=True).map(tuple)
    classes = draw(st.none() | st.builds(Classes, names=names, labels=st.just("text")))
    scale = None if classes else draw(st.builds(TargetScale, mean=numbers, deviation=positive))
    mean, divisor = (np.array(draw(st.lists(of, min_size=columns, max_size=columns))) for of in (numbers, positive))
    return Preparation(
        columns=tuple(draw(st.permutations([*held, *(encoding.name for encoding in encodings)]))),
        numbers=held, images=draw(st.booleans()), encodings=encodings,
        imputation=draw(st.none() | st.builds(Imputation, fill=fills, flagged=flags)),
        dtype=draw(st.sampled_from(["float32", "float64"])),
        normalization=Normalization(mean=mean, divisor=divisor), classes=classes, target_scale=scale,
    )  # fmt: skip


@quick
@given(preparation=preparations())
def test_what_is_written_reads_back_to_the_same_bits(preparation: Preparation) -> None:
    back = Preparation.from_json(json.loads(json.dumps(preparation.to_json())))
    for name in ("mean", "divisor"):
        assert getattr(back.normalization, name).tobytes() == getattr(preparation.normalization, name).tobytes()
    for name in ("columns", "numbers", "features", "images", "dtype", "encodings"):
        assert getattr(back, name) == getattr(preparation, name)
    assert (back.imputation is None) == (preparation.imputation is None)
    if back.imputation and preparation.imputation:
        assert back.imputation.fill.tobytes() == preparation.imputation.fill.tobytes()
        assert back.imputation.flagged == preparation.imputation.flagged
    assert (back.classes, back.target_scale) == (preparation.classes, preparation.target_scale)


def labels_of(y: Any) -> Classes:
    class Given:
        def load(self, seed: int) -> RawData:
            x = np.arange(len(y), dtype=np.float64)[:, None]
            examples = RawExamples(x=x, y=np.asarray(y), ids=row_numbers(len(y)), label="y")
            return RawData(name="given", parts={"all": examples}, features=("x",), images=False, sha256="")

    source: Source = Given()  # type: ignore[assignment]
    normalize = Standard()
    found = prepare(source, Split(dev=0, test=0), normalize, regression=False, seed=0, dtype="float32").preparation.classes
    assert found
    return found


@pytest.mark.parametrize(
    ("y", "values"),
    [
        ([3, 1, 3, 1], np.array([1, 3])),
        ([2.0, 1.0, 2.0], np.array([1, 2])),
        (np.array([7, 200], dtype=np.uint8), np.array([7, 200])),
        (np.array([2**63 + 1, 2**63 + 5], dtype=np.uint64), np.array([2**63 + 1, 2**63 + 5], dtype=np.uint64)),
        ([True, False, True], np.array([False, True])),
        (["no", "yes", "no"], np.array(["no", "yes"])),
        (["007", "1"], np.array(["007", "1"])),
    ],
)
def test_classes_come_back_as_the_labels_were(y: Any, values: Any) -> None:
    found = labels_of(y).values()
    np.testing.assert_array_equal(found, values)
    assert found.dtype.kind == values.dtype.kind


def test_pixels_are_known_as_such() -> None:
    splits = prepare(Digits(), Split(), Standard(), regression=False, seed=0, dtype="float64")
    assert splits.preparation.images
    assert splits.preparation.dtype == "float64"
    assert splits.preparation.classes == Classes(names=tuple("0123456789"), labels="integer")


def changed(*path: Any, to: Any) -> Any:
    tree = deepcopy(GOOD)
    place: Any = tree
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return tree


@pytest.mark.parametrize(
    "tree",
    [
        3, {}, [], None,
        changed("schema", to=2), changed("dtype", to="float16"), changed("dtype", to=["float32"]),
        changed("inputs", to=[]), changed("inputs", to=GOOD["inputs"] * 2), changed("inputs", 0, "kind", to="category"),
        changed("inputs", 0, "images", to=1), changed("inputs", 0, "columns", to=["a"]), changed("inputs", 0, "columns", to="ab"),
        changed("columns", to=["a", "b"]), changed("columns", to=["a", "b", "c", "c"]), changed("columns", to=None),
        changed("inputs", 0, "fill", to=[1.0]), changed("inputs", 0, "fill", to=[1.0, None]),
        changed("inputs", 0, "fill", to="ab"), changed("inputs", 0, "flagged", to=[2]), changed("inputs", 0, "flagged", to=[-1]),
        changed("inputs", 0, "flagged", to=[1, 1]), changed("inputs", 0, "flagged", to=[True]),
        changed("inputs", 0, "flagged", to=[1, 0]),
        changed("inputs", 1, "kind", to="numbers"), changed("inputs", 1, "name", to="d"), changed("inputs", 1, "name", to=3),
        changed("inputs", 1, "words", to=["x", "x"]), changed("inputs", 1, "words", to="xy"), changed("inputs", 1, "gap", to=0),
        changed("inputs", to=GOOD["inputs"][::-1]), changed("inputs", to=GOOD["inputs"] + GOOD["inputs"][1:]),
        changed("inputs", 0, "columns", to=["a", "a"]), changed("inputs", 0, "columns", to=["a", 1]),
        changed("inputs", 0, "columns", to=[]),
        changed("normalization", to={}), changed("normalization", "mean", to=[1.0]), changed("normalization", "mean", 0, to=None),
        changed("normalization", "divisor", 0, to=0.0), changed("normalization", "mean", to=[[1.0, 2.0]]),
        changed("target", to={"kind": "other"}), changed("target", "names", to=["0"]), changed("target", "names", to=["a", "b"]),
        changed("target", "names", to=["1", "9" * 400]), changed("target", "names", to=["1", "9" * 5000]),
        changed("target", "labels", to="boolean"), changed("target", "labels", to="float"),
        changed("target", "names", to=[["0"], "1"]),
        changed("target", to={"kind": "number", "mean": 0.0, "deviation": 0}),
        changed("target", to={"kind": "number", "mean": None, "deviation": 1}),
        changed("target", to={"kind": "number", "mean": 10**400, "deviation": 1}),
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_a_sentence(tree: Any) -> None:
    with pytest.raises(InvalidInput) as raised:
        Preparation.from_json(tree)
    assert len(str(raised.value)) < 400


def test_the_good_tree_is_good() -> None:
    assert Preparation.from_json(GOOD).to_json() == GOOD
