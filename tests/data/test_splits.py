from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.data.missing import Impute
from dlrun.data.preprocessing import MinMax, NoNormalization, Normalize, Standard
from dlrun.data.sources import Csv, Digits, Moons, Npz
from dlrun.data.splits import Examples, Splits, prepare
from dlrun.data.splitting import Split
from dlrun.errors import InvalidInput


def digits(split: Split | None = None, seed: int = 7) -> Splits:
    return prepare(Digits(), split or Split(), Standard(), regression=False, seed=seed, dtype="float32")


def same(a: Examples | None, b: Examples | None) -> bool:
    assert a is not None
    assert b is not None
    return all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in ("x", "y", "ids"))


def test_digits_are_ready_for_a_network() -> None:
    splits = digits()
    assert splits.sizes == {"train": 1079, "dev": 359, "test": 359}
    assert splits.classes == tuple("0123456789")
    assert splits.train.x.dtype == np.float32
    assert splits.train.y.dtype == np.int64
    assert splits.normalization.mean.shape == (1,)
    assert splits.train.x.mean() == pytest.approx(0, abs=1e-5)
    assert splits.train.x.std() == pytest.approx(1, abs=1e-5)
    assert splits.target_scale is None
    assert splits.notes == ()
    assert len(splits.train) == 1079


def test_every_example_keeps_its_inputs_label_and_id() -> None:
    raw = Digits().load(0).parts["all"]
    splits = digits()
    seen = []
    for part in (splits.train, splits.dev, splits.test):
        assert part is not None
        seen += part.ids.tolist()
        np.testing.assert_array_equal(part.y, raw.y[part.ids])
        x = (raw.x[part.ids] - splits.normalization.mean) / splits.normalization.divisor
        np.testing.assert_array_equal(part.x, x.astype(np.float32))
    assert sorted(seen) == list(range(1797))


def test_the_split_written_as_counts_chooses_the_same_rows() -> None:
    first = digits(Split(train=1000, dev=0.2))
    assert first.split == Split(train=1000, dev=359, test=359)
    assert first.notes == ("79 of 1,797 examples are left unused by data.split",)
    again = digits(first.split)
    assert same(first.train, again.train)
    assert same(first.dev, again.dev)
    assert not same(first.train, digits(Split(train=1000, dev=0.2), seed=8).train)


def test_stratify_keeps_the_proportions_of_the_classes() -> None:
    whole = np.bincount(Digits().load(0).parts["all"].y)
    strict, loose = digits(Split(stratify=True)), digits(Split(stratify=False))
    off = [np.abs(np.bincount(splits.train.y) - whole * 1079 / 1797).max() for splits in (strict, loose)]
    assert off[0] <= 1 < off[1]


def test_parts_of_size_zero_are_not_there() -> None:
    splits = digits(Split(dev=0, test=0))
    assert (splits.dev, splits.test) == (None, None)
    assert splits.sizes == {"train": 1797}


@pytest.mark.parametrize("normalize", [cls() for cls in get_args(Normalize)])
@pytest.mark.parametrize("regression", [False, True])
def test_dev_and_test_values_never_change_a_training_byte(tmp_path: Path, normalize: Any, regression: bool) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)

    def prepared(x: Any, y: Any) -> Splits:
        np.savez(tmp_path / "t.npz", x=x, y=y)
        source, split = Npz(path=str(tmp_path / "t.npz")), Split(stratify=False)
        return prepare(source, split, normalize, regression=regression, seed=1, dtype="float32")

    before = prepared(x, y)
    held_out = np.setdiff1d(np.arange(60), before.train.ids)
    x[held_out] *= 1000
    y[held_out] = 1 - y[held_out]
    after = prepared(x, y)
    assert same(before.train, after.train)
    assert before.normalization.to_json() == after.normalization.to_json()
    assert before.target_scale == after.target_scale
    assert not same(before.dev, after.dev)


def test_parts_a_file_brings_are_kept_whole(tmp_path: Path) -> None:
    x = np.arange(40.0).reshape(20, 2)
    y = np.arange(20) % 2
    np.savez(tmp_path / "t.npz", x_train=x, y_train=y, x_test=x[:3], y_test=y[:3])
    source = Npz(path=str(tmp_path / "t.npz"))
    splits = prepare(source, Split(), NoNormalization(), regression=False, seed=0, dtype="float64")
    assert splits.sizes == {"train": 16, "dev": 4, "test": 3}
    assert splits.test is not None
    np.testing.assert_array_equal(splits.test.x, x[:3])
    assert splits.test.ids.tolist() == [0, 1, 2]
    assert splits.split == Split(train=16, dev=4)
    assert same(splits.train, prepare(source, splits.split, NoNormalization(), regression=False, seed=0, dtype="float64").train)


def test_a_part_that_brings_a_class_unknown_to_training_is_an_error(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x_train=np.eye(4), y_train=[0, 1, 0, 1], x_dev=np.eye(4), y_dev=[0, 2, 1, 2])
    source = Npz(path=str(tmp_path / "t.npz"))
    with pytest.raises(InvalidInput) as caught:
        prepare(source, Split(test=0), Standard(), regression=False, seed=0, dtype="float32")
    (problem,) = caught.value.problems
    assert problem.where.endswith("t.npz:y_dev[1]")
    assert problem.what == "no training example has the label '2'; 2 such labels in all, the next at y_dev[3]"


@pytest.mark.parametrize(
    ("labels", "split", "what"),
    [
        ([0, 1, 2, 3, 4, 5], Split(train=3), "3 training examples for 6 classes: not all of them can be learned"),
        (
            [0, 0, 0, 0, 1],
            Split(train=4, stratify=False),
            "all 4 training examples are of class '0'; a classifier needs two classes",
        ),
    ],
)
def test_training_needs_its_classes(tmp_path: Path, labels: list[int], split: Split, what: str) -> None:
    np.savez(tmp_path / "t.npz", x=np.eye(len(labels)), y=labels)
    seeds = range(20)
    found = set()
    for seed in seeds:
        try:
            prepare(Npz(path=str(tmp_path / "t.npz")), split, Standard(), regression=False, seed=seed, dtype="float32")
        except InvalidInput as error:
            found |= {(problem.where, problem.what) for problem in error.problems}
    assert found == {("data.split", what)}


def test_regression_targets_are_standardized_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [(i, i**2 / 7) for i in range(50)]
    path.write_text("a,price\n" + "".join(f"{a},{y!r}\n" for a, y in rows))
    source = Csv(path=str(path), target="price")
    splits = prepare(source, Split(), Standard(), regression=True, seed=0, dtype="float64")
    assert splits.classes is None
    assert splits.target_scale is not None
    assert splits.train.y.mean() == pytest.approx(0)
    assert splits.train.y.std() == pytest.approx(1)
    assert splits.dev is not None
    np.testing.assert_allclose(splits.target_scale.original(splits.dev.y), [rows[i][1] for i in splits.dev.ids], rtol=1e-12)


def test_a_cell_too_large_is_said_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "1,2,u\n\n1,3,v\n" * 5 + "1,1e300,u\n")
    with pytest.raises(InvalidInput) as caught:
        prepare(Csv(path=str(path), target="y"), Split(dev=0, test=0), Standard(), regression=False, seed=0, dtype="float32")
    (problem,) = caught.value.problems
    assert problem.where.endswith("t.csv:17:b")
    assert problem.what == "values too large to standardize, the largest is 1e+300"
    assert problem.excerpt == ("   17 | 1,1e300,u",)


def test_parts_too_small_to_be_there_are_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=np.eye(4), y=[0, 1, 0, 1])
    source = Npz(path=str(tmp_path / "t.npz"))
    splits = prepare(source, Split(), Standard(), regression=False, seed=0, dtype="float32")
    assert splits.sizes == {"train": 4}
    assert splits.notes[0] == "no dev and no test part: what data.split leaves for it is less than one example"
    assert splits.notes[1].startswith("without a dev part there is no variance verdict")
    with pytest.raises(InvalidInput, match=r"data\.split\.dev: 10 % of 4 examples is less than one"):
        prepare(source, Split(dev=0.1), Standard(), regression=False, seed=0, dtype="float32")


@pytest.mark.parametrize("build", [Moons, Digits])
def test_a_seed_is_all_there_is_to_repeat_it(build: Callable[[], Any]) -> None:
    first, again = (prepare(build(), Split(), Standard(), regression=False, seed=5, dtype="float32") for _ in range(2))
    assert same(first.train, again.train)
    assert same(first.test, again.test)


WORDS = st.sampled_from(["red", "blue", "green", ""])
NUMBERS = st.sampled_from(["1", "-2.5", "30", ""])
ROW = st.tuples(NUMBERS, NUMBERS, WORDS, st.sampled_from("uv"))


def parts_of(directory: Path, normalize: Normalize, **parts: Sequence[tuple[str, ...]]) -> Splits:
    """Prepare a table whose parts have files of their own, imputing what is missing."""
    paths = {}
    for part, rows in parts.items():
        paths[part] = str(directory / f"{part}.csv")
        Path(paths[part]).write_text("".join(",".join(row) + "\n" for row in [("a", "b", "colour", "y"), *rows]))
    source = Csv(path=paths["train"], train_dev=paths.get("train_dev"), dev=paths.get("dev"), test=paths.get("test"), target="y")
    split = Split(dev=None if "dev" in paths else 0, test=None if "test" in paths else 0)
    return prepare(source, split, normalize, missing=Impute(), regression=False, seed=0, dtype="float32")


TAUGHT = [
    ("1", "", "red", "u"),
    ("2", "4", "red", "v"),
    ("4", "4", "blue", "u"),
    ("", "9", "blue", "v"),
    ("5", "1", "green", "u"),
]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=6), normalize=st.sampled_from([Standard(), MinMax(), NoNormalization()]))
def test_no_row_of_another_file_changes_a_training_byte(
    tmp_path: Path, rows: list[tuple[str, ...]], normalize: Normalize
) -> None:
    alone = parts_of(tmp_path, normalize, train=TAUGHT)
    ways: list[dict[str, Sequence[tuple[str, ...]]]]
    ways = [{"dev": rows}, {"dev": TAUGHT, "test": rows}, {"dev": rows, "train_dev": rows[:1], "test": TAUGHT[1:]}]
    for brought in ways:
        splits = parts_of(tmp_path, normalize, train=TAUGHT, **brought)
        assert same(alone.train, splits.train)
        assert alone.preparation.to_json() == splits.preparation.to_json()
        assert splits.sizes == {"train": 5} | {
            name: len(brought[name]) for name in ("train_dev", "dev", "test") if name in brought
        }


def test_numbers_gaps_and_words_stand_side_by_side(tmp_path: Path) -> None:
    splits = parts_of(tmp_path, NoNormalization(), train=TAUGHT, dev=[("", "3", "", "u"), ("7", "", "pink", "v")])
    assert splits.features == ("a", "b", "a=(missing)", "b=(missing)", "colour=blue", "colour=red", "colour=(other)")
    np.testing.assert_array_equal(
        splits.train.x[[0, 3, 4]], [[1, 4, 0, 1, 0, 1, 0], [3, 9, 1, 0, 1, 0, 0], [5, 1, 0, 0, 0, 0, 1]]
    )
    assert splits.dev is not None
    np.testing.assert_array_equal(splits.dev.x, [[3, 3, 1, 0, 0, 0, 0], [7, 4, 0, 1, 0, 0, 1]])
    assert splits.preparation.columns == ("a", "b", "colour")


@pytest.mark.parametrize("normalize", [Standard(per="all"), Standard(), MinMax(per="all"), NoNormalization()])
def test_a_table_may_hold_words_alone(tmp_path: Path, normalize: Normalize) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "red,x,u\nblue,y,v\n" * 6)
    splits = prepare(Csv(path=str(path), target="y"), Split(), normalize, regression=False, seed=0, dtype="float32")
    assert splits.features == ("a=blue", "a=red", "b=x", "b=y")
    assert (splits.train.x.sum(axis=1) == 2).all()


@pytest.mark.parametrize("normalize", [cls() for cls in get_args(Normalize)])
def test_constant_columns_survive(tmp_path: Path, normalize: Normalize) -> None:
    path = tmp_path / "t.csv"
    path.write_text("zero,seven,word,y\n" + "0,7,one,u\n0,7,one,v\n" * 6)
    splits = prepare(Csv(path=str(path), target="y"), Split(), normalize, regression=False, seed=0, dtype="float32")
    assert splits.features == ("zero", "seven", "word=one")
    assert np.isfinite(splits.train.x).all()


def test_a_part_held_out_of_training_takes_no_row_of_dev_and_test() -> None:
    loose = Split(stratify=False)
    without = prepare(Digits(), loose, Standard(), regression=False, seed=7, dtype="float32")
    held = prepare(Digits(), loose, Standard(), train_dev=0.05, regression=False, seed=7, dtype="float32")
    assert held.sizes == {"train": 990, "train_dev": 89, "dev": 359, "test": 359}
    assert held.train_dev is not None
    for one, other in ((without.dev, held.dev), (without.test, held.test)):
        assert one is not None
        assert other is not None
        assert one.ids.tolist() == other.ids.tolist()
    assert sorted([*held.train.ids, *held.train_dev.ids]) == without.train.ids.tolist()
    again = prepare(Digits(), held.split, Standard(), train_dev=89, regression=False, seed=7, dtype="float32")
    assert same(held.train_dev, again.train_dev)


def test_a_part_that_the_data_brings_takes_no_size(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "1,u\n2,v\n" * 5)
    source = Csv(path=str(path), train_dev=str(path), target="y")
    with pytest.raises(InvalidInput, match=r"data\.train_dev: the data brings its own train_dev part"):
        prepare(source, Split(), Standard(), train_dev=0.1, regression=False, seed=0, dtype="float32")
