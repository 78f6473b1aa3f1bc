import weakref
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.data.choosing import choose
from dlrun.data.deferred import DeferredInputs
from dlrun.data.encoding import OneHot
from dlrun.data.missing import RefuseMissing
from dlrun.data.preprocessing import Normalization, Standard
from dlrun.data.raw import BLOCK, RawArray, RawData, RawExamples, Selection, feature_names, row_numbers
from dlrun.data.sources import Npz
from dlrun.data.splits import prepared
from dlrun.data.splitting import Split
from dlrun.errors import InvalidInput
from dlrun.experiment.stored import evaluate_part
from tests.experiments import train_run
from tests.laws import peak_bytes

IDENTITY = Normalization(mean=np.zeros(1), divisor=np.ones(1))
FITTING = [
    (np.uint8, "float32"), (np.int8, "float32"), (np.uint16, "float32"), (np.int32, "float32"),
    (np.uint8, "float64"), (np.int16, "float64"), (np.int64, "float64"), (np.dtype(">i2"), "float32"),
]  # fmt: skip


def select(x: RawArray, rows: Any) -> Selection:
    examples = RawExamples(x=x, y=np.zeros(len(x)), ids=row_numbers(len(x)), label="y")
    raw = RawData(name="t", parts={"all": examples}, features=feature_names(x.shape[1]), images=False, sha256="")
    return Selection(raw=raw, part="all", rows=np.asarray(rows))


def random_rows(m: int, n: int, raw: Any) -> Selection:
    """Return two thirds of m rows, in any order, with the extreme values of their type."""
    rng, limits = np.random.default_rng(0), np.iinfo(raw)
    x = rng.integers(limits.min, limits.max, size=(m, n), dtype=np.dtype(raw).newbyteorder("="), endpoint=True).astype(raw)
    x[0], x[1] = limits.min, limits.max
    return select(x, np.concatenate([[0, 1], 2 + rng.permutation(m - 2)[: 2 * m // 3]]))


def write_parts(path: Path, dtype: Any, *, largest: float = 0) -> Path:
    """Write train and test, whose first test value may be of any size."""
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part, m in (("train", 90), ("test", 30)):
        arrays[f"x_{part}"] = rng.integers(0, 100, size=(m, 5)).astype(dtype)
        arrays[f"y_{part}"] = np.arange(m) % 2
    arrays["x_test"][0, 0] = largest
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(("raw", "dtype"), FITTING, ids=str)
@pytest.mark.parametrize("per", ["column", "all"])
@pytest.mark.parametrize(("m", "n"), [(3 * BLOCK // 40, 40), (20, 1), (5, BLOCK + 3)])
def test_it_makes_the_same_bits_in_the_place_of_the_raw_values(raw: Any, dtype: str, per: Any, m: int, n: int) -> None:
    rows = random_rows(m, n, raw)
    fitted = Standard(per=per).fit(rows)
    before = rows.examples.x.copy()
    assert DeferredInputs.possible(rows, fitted, dtype)
    later = DeferredInputs(rows, fitted, dtype)
    x = later.made()
    assert x.tobytes() == fitted.apply(rows, dtype).tobytes()
    assert (x.dtype.name, x.ctypes.data % 64, x.nbytes) == (dtype, 0, later.nbytes)
    assert later.made() is x
    assert rows.examples.x.tobytes() == before.tobytes()


@pytest.mark.parametrize(
    ("raw", "dtype"), [(np.int64, "float32"), (np.float32, "float32"), (np.float16, "float64"), (bool, "float32")]
)
def test_what_is_larger_or_no_integer_is_not_deferred(raw: Any, dtype: str) -> None:
    assert not DeferredInputs.possible(select(np.ones((4, 2), raw), [0, 1]), IDENTITY, dtype)


@pytest.mark.parametrize("divisor", [[1e-40, 1.0], [1.0, 1e-320]])
def test_nor_are_values_that_may_be_too_large_once_they_are_normalized(divisor: list[float]) -> None:
    rows = select(np.ones((4, 2), np.uint8), [0, 1])
    assert not DeferredInputs.possible(rows, Normalization(mean=np.zeros(2), divisor=np.array(divisor)), "float32")


def test_making_takes_no_memory_but_a_few_blocks() -> None:
    later = DeferredInputs(random_rows(40_000, 100, np.uint8), IDENTITY, "float32")
    assert peak_bytes(later.made) < 3 * 8 * BLOCK < later.nbytes / 3


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("place", ["before a block is normalized", "when it has been written"])
def test_after_an_interruption_the_rest_is_made(at: int, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = random_rows(6 * BLOCK // 40, 40, np.uint8)
    fitted = Standard().fit(rows)
    later, counted, normalized = DeferredInputs(rows, fitted, "float32"), count(1), Normalization.normalized

    def normalize(self: Normalization, block: Any) -> Any:
        interrupt()
        return normalized(self, block)

    def note(self: DeferredInputs, made: int) -> None:
        interrupt()
        vars(self)["_rows"] = made

    def interrupt() -> None:
        if next(counted) == at:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        if place == "when it has been written":
            patched.setattr(DeferredInputs, "_rows", property(lambda self: vars(self)["_rows"], note), raising=False)
        else:
            patched.setattr(Normalization, "normalized", normalize)
        later.made()
    assert later.made().tobytes() == fitted.apply(rows, "float32").tobytes()


def test_nothing_holds_the_raw_values_of_the_source(tmp_path: Path) -> None:
    source = Npz(path=str(write_parts(tmp_path / "t.npz", np.uint8)))
    chosen = choose(source, Split(dev=10), RefuseMissing(), train_dev=0, label_noise=None, regression=False, seed=0)
    raw = [weakref.ref(part.x) for part in chosen.raw.parts.values()]
    splits = prepared(chosen, Standard(), RefuseMissing(), OneHot(), "float32")
    assert all(array() is not None for array in raw)
    del chosen
    assert [array() for array in raw] == [None, None]
    assert splits.train.x.dtype == np.float32


def test_training_never_makes_the_inputs_of_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parts(tmp_path / "parts.npz", np.uint8)
    made: set[int] = set()
    make = DeferredInputs.made

    def noted(self: DeferredInputs) -> Any:
        made.add(self.nbytes // (5 * 4))
        return make(self)

    monkeypatch.setattr(DeferredInputs, "made", noted)
    spec = """
        data: {source: {kind: npz, path: parts.npz}, split: {dev: 20}}
        architecture: {hidden: [4]}
        training: {epochs: 1}
    """
    run, _ = train_run(tmp_path, spec)
    splits = run.experiment.splits
    assert splits.sizes == {"train": 70, "dev": 20, "test": 30}
    assert made == {70, 20}
    assert splits.test is not None
    assert splits.test.nbytes == 30 * (5 * 4 + 8 + 8)
    evaluate_part(run.paths, "test")
    assert 30 in made


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_value_of_test_that_is_too_large_is_said_at_once(tmp_path: Path, dtype: Any) -> None:
    source = Npz(path=str(write_parts(tmp_path / "t.npz", dtype, largest=3e38)))
    chosen = choose(source, Split(dev=0), RefuseMissing(), train_dev=0, label_noise=None, regression=False, seed=0)
    with pytest.raises(InvalidInput, match="too large for float32") as caught:
        prepared(chosen, TenTimes(), RefuseMissing(), OneHot(), "float32")  # type: ignore[arg-type]
    assert caught.value.problems[0].where.endswith("t.npz:x_test[0, 0]")


class TenTimes:
    def fit(self, train: Selection) -> Normalization:
        return Normalization(mean=np.zeros(1), divisor=np.full(1, 0.1))
