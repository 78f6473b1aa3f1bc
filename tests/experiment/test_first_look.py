"""The first look: what is left out and what is only said, files for parts, and what leaves nothing to train on."""

from pathlib import Path

import numpy as np
import pytest

from dlrun.data.splitting import Split
from dlrun.errors import InvalidInput
from dlrun.experiment.first_look import choose_split, look_at, look_at_digits

RNG = np.random.default_rng(0)
M = 60


def table(path: Path, target: str = "y", m: int = M, **extra: list[str]) -> str:
    """Write a table with a column of numbers, more columns, and a target of two words."""
    names = ["a", *extra, target]
    columns = [
        [f"{x:.3f}" for x in RNG.normal(size=m)],
        *extra.values(),
        [str(label) for label in RNG.permutation(["no", "yes"] * (m // 2))],
    ]
    path.write_text("\n".join([",".join(names), *(",".join(cells) for cells in zip(*columns, strict=True))]) + "\n")
    return str(path)


def test_ids_are_left_out_and_codes_are_words(tmp_path: Path) -> None:
    ids, codes = [str(k) for k in range(M)], [f"0{k % 3}" for k in range(M)]
    look = look_at({"path": table(tmp_path / "t.csv", id=ids, code=codes, same=["x"] * M)}, "y")
    assert [name for name, _ in look.left_out] == ["id", "same"]
    assert look.named("code") == ["code"]
    assert look.splits.features == ("a", "code=00", "code=01", "code=02")


def test_a_copy_is_left_out_and_a_suspicion_is_said(tmp_path: Path) -> None:
    path = Path(table(tmp_path / "t.csv"))
    rows = [line.split(",") for line in path.read_text().splitlines()]
    codes = {"y": "code", "no": "1", "yes": "2"}
    path.write_text("\n".join(",".join([a, y, codes[y], y.replace("y", "z", 1) if a == "a" else y]) for a, y in rows) + "\n")
    look = look_at({"path": str(path)}, "y")
    assert [name for name, _ in look.left_out] == ["z"]
    assert [leak.column for leak in look.suspected] == ["code"]
    assert look.splits.features[0] == "a"


def test_words_among_numbers_become_gaps(tmp_path: Path) -> None:
    look = look_at({"path": table(tmp_path / "t.csv", b=["-", "", *(f"{k}.5" for k in range(M - 2))])}, "y")
    assert look.gaps == {"b": 2}
    assert look.missing.kind == "impute"
    assert "b" in look.splits.features


def test_parts_with_files_of_their_own(tmp_path: Path) -> None:
    train, dev, test = (table(tmp_path / f"{part}.csv", m=m) for part, m in (("train", 40), ("dev", 20), ("test", 10)))
    assert look_at({"path": train, "dev": dev, "test": test}, "y").splits.sizes == {"train": 40, "dev": 20, "test": 10}
    assert look_at({"path": train, "test": test}, "y").splits.sizes == {"train": 32, "dev": 8, "test": 10}
    assert look_at({"path": train, "dev": dev}, "y").splits.sizes == {"train": 40, "dev": 20}


@pytest.mark.parametrize(
    ("header", "target", "why"),
    [("a,b,c", "c", "the last column"), ("a,Label,c", "Label", "by its name"), ("income,b,c", "income", "by its name")],
)
def test_a_target_is_guessed(tmp_path: Path, header: str, target: str, why: str) -> None:
    (tmp_path / "t.csv").write_text("\n".join([header, *(f"{k % 2},{k % 3},{k % 2}" for k in range(20))]) + "\n")
    look = look_at({"path": str(tmp_path / "t.csv")}, None)
    assert (look.target.name, look.why_target) == (target, why)


@pytest.mark.parametrize(
    ("text", "target", "says"),
    [
        ("a,label,y\n1,2,3\n", None, "which column is to be predicted\\? 'label', 'y'"),
        ("a,b\n1,2\n", "c", "no column 'c' \\(--target\\)"),
        ("a;b\n1;2\n", None, "the delimiter must be ','"),
        (
            "a,y\n" + "".join(f"{k},{k % 2}\n" for k in range(20)),
            None,
            "no column is left to predict 'y' from: 'a': it counts the rows",
        ),
        ("a,y\n1,2,3\n4,5\n", None, "the row has 3 values|every row has 3 values"),
        ("a,y\n1,\n2,x\n", None, "the label is empty"),
        ("a,y\n" + "".join(f"{k % 3},row {k}\n" for k in range(50)), None, "50 different words in 50 rows"),
        ("a,y\n1,x\n2,x\n", None, "all labels are 'x'"),
        ("", None, "the file is empty"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str, target: str | None, says: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InvalidInput, match=says):
        look_at({"path": str(tmp_path / "t.csv")}, target)


def test_arrays_say_by_themselves_what_the_labels_are(tmp_path: Path) -> None:
    path = str(tmp_path / "a.npz")
    x = RNG.integers(0, 255, (50, 4)).astype(np.uint8)
    np.savez(path, x_train=x, y_train=np.arange(50) % 3, x_test=x[:7], y_test=np.arange(7) % 3)
    look = look_at({"path": path}, None)
    assert look.splits.sizes == {"train": 40, "dev": 10, "test": 7}
    assert (look.images, look.normalize.per) == (True, "all")
    with pytest.raises(InvalidInput, match="leave --target out"):
        look_at({"path": path}, "y")
    with pytest.raises(InvalidInput, match="takes no file of its own for dev"):
        look_at({"path": path, "dev": path}, None)


def test_files_must_be_of_one_format(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 2)), y=[0, 1])
    with pytest.raises(InvalidInput, match="in one format"):
        look_at({"path": table(tmp_path / "t.csv"), "dev": str(tmp_path / "a.npz")}, None)
    (tmp_path / "t.docx").write_text("a")
    with pytest.raises(InvalidInput, match="no source reads a file of this name"):
        look_at({"path": str(tmp_path / "t.docx")}, None)


def test_the_packaged_digits_need_no_file() -> None:
    assert look_at_digits().splits.sizes == {"train": 1079, "dev": 359, "test": 359}


@pytest.mark.parametrize(
    ("m", "brought", "split"),
    [
        (100, set(), Split(train=0.6, dev=0.2, test=0.2)),
        (50_000, set(), Split(train=0.6, dev=0.2, test=0.2)),
        (60_000, set(), Split(dev=10_000, test=10_000)),
        (100, {"test"}, Split(dev=0.2)),
        (100, {"dev"}, Split(test=0)),
        (100, {"dev", "test"}, Split()),
        (4, set(), Split()),
    ],
)
def test_the_split(m: int, brought: set[str], split: Split) -> None:
    assert choose_split(m, brought) == split
