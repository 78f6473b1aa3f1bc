from pathlib import Path
from typing import Any

import pytest

from dlrun.errors import InvalidInput
from dlrun.spec.extends import MAX_FILES, read_tree
from dlrun.spec.faults import ROOT
from dlrun.spec.tree import place, plain


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def read(folder: Path, name: str = "a") -> Any:
    return read_tree(folder / f"{name}.yaml", f"{name}.yaml", ROOT)


def complaint(folder: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(folder)
    return str(caught.value)


def test_a_spec_says_only_what_differs(tmp_path: Path) -> None:
    write(
        tmp_path,
        a="extends: base/b.yaml\nseed: 2\noptimizer: {eps: 1}\nlearning_rate: 0.5",
        base__b="extends: ../c.yaml\nseed: 1\ndata: {source: {path: b.csv}}",
        c="optimizer: {beta1: 0.5}\ndata: {source: {kind: csv, path: c.csv, target: y}}\nlearning_rate: {decay: exponential}",
    )
    tree, data, problems = read(tmp_path)
    assert plain(tree) == {
        "optimizer": {"kind": "adam", "beta1": 0.5, "eps": 1},
        "data": {"source": {"kind": "csv", "path": str(tmp_path / "base" / "b.csv"), "target": "y"}},
        "learning_rate": {"decay": {"kind": "exponential"}, "initial": 0.5},
        "seed": 2,
    }
    assert data == (tmp_path / "a.yaml").read_bytes()
    assert problems == []
    assert place(tree, ("seed",)).where == "a.yaml:2:7"
    assert place(tree, ("data", "source", "path")).where == "base/b.yaml:3:23"
    assert place(tree, ("data", "source", "target")).where == "c.yaml:2:49"


def test_another_kind_replaces_the_whole(tmp_path: Path) -> None:
    write(tmp_path, a="extends: b.yaml\noptimizer: momentum", b="optimizer: {beta1: 0.5}")
    assert plain(read(tmp_path)[0]) == {"optimizer": {"kind": "momentum"}}


def test_problems_of_all_files_are_collected(tmp_path: Path) -> None:
    write(tmp_path, a="extends: b.yaml\nseed: 1\nseed: 2", b="seed: !x 1")
    assert [p.where for p in read(tmp_path)[2]] == ["a.yaml:3:1", "b.yaml:1:7"]
    write(tmp_path, b="seed: [")
    assert "a.yaml:3:1" in complaint(tmp_path)
    assert "b.yaml:1:8: this is not YAML" in complaint(tmp_path)


@pytest.mark.parametrize("value", ["5", "[b.yaml]", "", "''", "{a: b}"])
def test_only_a_name_can_be_extended(tmp_path: Path, value: str) -> None:
    write(tmp_path, a=f"extends: {value}")
    assert "extends must be the name of a file" in complaint(tmp_path)


def test_cycles_end(tmp_path: Path) -> None:
    write(tmp_path, a="extends: b.yaml", b="extends: ./a.yaml")
    assert complaint(tmp_path).startswith("b.yaml:1:10: extends a file that ends in extending this one: 'a.yaml'")
    write(tmp_path, a="extends: a.yaml")
    assert complaint(tmp_path).startswith("a.yaml:1:10: extends a file")


def test_long_chains_end(tmp_path: Path) -> None:
    write(tmp_path, a="extends: b0.yaml", **{f"b{i}": f"extends: b{i + 1}.yaml" for i in range(20)})
    assert complaint(tmp_path).startswith(f"b{MAX_FILES - 2}.yaml:1:10: extends a chain of more than {MAX_FILES} files")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, a="extends: none.yaml")
    assert complaint(tmp_path).startswith("a.yaml:1:10: cannot extend 'none.yaml': there is no such file\n    1 | extends")


def test_a_spec_is_a_mapping(tmp_path: Path) -> None:
    write(tmp_path, a="- 1")
    assert complaint(tmp_path).startswith("a.yaml:1:1: a spec is a mapping")


def test_the_values_of_a_chain_are_counted_together(tmp_path: Path) -> None:
    write(
        tmp_path, a="extends: b.yaml\ntags: [" + "a," * 1600 + "]", b="extends: c.yaml\ntags: [" + "b," * 1000 + "]", c="seed: 1"
    )
    assert plain(read(tmp_path)[0])["seed"] == 1
    write(tmp_path, c="tags: [" + "c," * 400 + "]")
    assert "more than 3,000 values, too many for a spec and the files it extends" in complaint(tmp_path)
