from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.splitting import SIZED, Split, absence_notes, split_notes
from dlrun.errors import InvalidInput


def counts(m: int, **sizes: Any) -> tuple[int, ...]:
    return tuple(Split(**sizes).counts(m).values())


def notes(m: int, **sizes: Any) -> list[str]:
    split = Split(**sizes)
    return list(split_notes(split, split.counts(m), m))


@pytest.mark.parametrize(
    ("m", "expected"),
    [
        (100, (60, 20, 20)),
        (10_000, (6_000, 2_000, 2_000)),
        (50_000, (30_000, 10_000, 10_000)),
        (1_000_000, (980_000, 10_000, 10_000)),
        (1797, (1079, 359, 359)),
        (5, (3, 1, 1)),
        (4, (4, 0, 0)),
        (1, (1, 0, 0)),
    ],
)
def test_the_default_is_a_fifth_or_ten_thousand(m: int, expected: tuple[int, ...]) -> None:
    assert counts(m) == expected


@pytest.mark.parametrize(
    ("m", "sizes", "expected"),
    [
        (1797, {"train": 0.6, "dev": 0.2, "test": 0.2}, (1079, 359, 359)),
        (1797, {"train": 0.6, "dev": 0.4}, (1079, 718, 0)),  # the default of test takes nothing that is given away
        (1797, {"train": 1000, "dev": 700}, (1000, 700, 97)),
        (1797, {"train": 1700}, (1700, 48, 48)),
        (100, {"train": 0.8}, (80, 10, 10)),
        (100, {"train": 1.0}, (100, 0, 0)),
        (100, {"train": 1}, (1, 20, 20)),
        (100, {"test": 0.9}, (90 - 85, 5, 90)),
        (100, {"dev": 0, "test": 0}, (100, 0, 0)),
        (100, {"dev": 0.0}, (80, 0, 20)),
        (100, {"train": 0.29, "dev": 0.29, "test": 0.29}, (29, 29, 29)),
        (1000, {"train": 0.7, "dev": 0.1, "test": 0.2}, (700, 100, 200)),
        (1400, {"train": 400, "dev": 100, "test": 900}, (400, 100, 900)),
    ],
)
def test_sizes_are_counts_or_fractions(m: int, sizes: dict[str, Any], expected: tuple[int, ...]) -> None:
    assert counts(m, **sizes) == expected


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"train": 0.6, "dev": 0.3, "test": 0.2}, "train 60 % + dev 30 % + test 20 % = 110 %"),
        ({"train": 90, "dev": 0.2}, "train 90 + dev 20 % is more than the 100 examples there are"),
        ({"dev": 101}, "dev 101 is more than the 100 examples"),
        ({"dev": 0.5, "test": 0.5}, "no example is left for training: 100 in all, 100 held out"),
        ({"train": 0.001}, "no example is left for training"),
    ],
)
def test_too_much_is_an_error_with_its_numbers(sizes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Split(**sizes).counts(100)
    (problem,) = caught.value.problems
    assert problem.where == "data.split"
    assert message in problem.what


def test_a_part_the_file_brings_takes_no_size() -> None:
    assert Split().counts(100, {"test"}) == {"train": 80, "dev": 20}
    assert Split(train=30).counts(100, {"dev", "test"}) == {"train": 30}
    assert Split().counts(100, {"dev", "test"}) == {"train": 100}
    with pytest.raises(InvalidInput) as caught:
        Split(dev=5, test=0).counts(100, {"dev", "test"})
    assert [problem.where for problem in caught.value.problems] == ["data.split.dev", "data.split.test"]


@pytest.mark.parametrize(
    ("m", "sizes", "what"),
    [
        (60, {"dev": 0.01}, {"data.split.dev": "1 % of 60 examples is less than one"}),
        (60, {"dev": 0.02}, {}),
        (60, {"dev": 0.0, "test": 0}, {}),
        (10, {"dev": 0.05, "test": 0.09}, {"data.split.dev": "5 % of 10 ", "data.split.test": "9 % of 10 "}),
        (3, {"train": 0.5, "test": 0.3}, {"data.split.test": "30 % of 3 examples is less than one"}),
    ],
)
def test_a_size_that_is_asked_for_is_never_silently_no_part(m: int, sizes: dict[str, Any], what: dict[str, str]) -> None:
    try:
        Split(**sizes).counts(m)
        problems: Any = ()
    except InvalidInput as error:
        problems = error.problems
    assert [problem.where for problem in problems] == list(what)
    for problem in problems:
        assert problem.what.startswith(what[problem.where])
        part = problem.where.rpartition(".")[2]
        assert f"`{part}: 1` is one example" in problem.cure


SIZES = st.none() | st.integers(1, 60) | st.floats(0.01, 1)


@given(
    m=st.integers(1, 200), train=SIZES, dev=SIZES, test=SIZES, held=st.just(0) | SIZES.filter(bool),
    brought=st.sets(st.sampled_from(["dev", "test"])),
)  # fmt: skip
def test_counts_are_possible_and_choose_the_same_when_written_again(
    m: int, train: Any, dev: Any, test: Any, held: Any, brought: set[str]
) -> None:
    split = Split(train=train, dev=dev, test=test)
    try:
        chosen = split.counts(m, brought, held)
    except InvalidInput:
        return
    assert sum(chosen.values()) <= m
    assert chosen["train"] >= 1
    assert set(chosen) == set(SIZED) - brought | ({"train_dev"} if held else set())
    assert split.resolved(chosen).counts(m, brought, chosen.get("train_dev", 0)) == chosen
    for part, size in (("train", train), ("dev", dev), ("test", test), ("train_dev", held or None)):
        if isinstance(size, int):
            assert chosen[part] == size
        elif size is not None and part != "train":
            assert 1 <= chosen[part] <= size * m + 1e-6 < chosen[part] + 1 + 2e-6


def test_unused_rows_are_said() -> None:
    assert notes(1797, train=1000, dev=0.4, test=0) == ["79 of 1,797 examples are left unused by data.split"]
    assert notes(100) == []


@pytest.mark.parametrize(
    ("m", "sizes", "expected"),
    [
        (4, {}, ["no dev and no test part: what data.split leaves for it is less than one example"]),
        (4, {"dev": 1}, ["no test part: what data.split leaves for it is less than one example"]),
        (4, {"dev": 0, "test": 0}, []),
        (100, {"train": 0.6, "dev": 0.4}, []),  # who gives all away wants no test part
        (100, {"train": 100}, []),
    ],
)
def test_a_default_part_without_examples_is_said(m: int, sizes: dict[str, Any], expected: list[str]) -> None:
    assert notes(m, **sizes) == expected


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"train", "dev", "test"}, []),
        ({"train", "dev"}, ["train/development practice: dev chooses, so its error is not unbiased"]),
        ({"train", "test"}, ["no variance verdict"]),
        ({"train"}, ["no variance verdict"]),
    ],
)
def test_what_it_means_that_a_part_is_not_there_is_said(parts: set[str], said: list[str]) -> None:
    told = list(absence_notes(parts))
    assert len(told) == len(said)
    assert all(words in note for words, note in zip(said, told, strict=True))
