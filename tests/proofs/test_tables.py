"""A table is read cell by cell as it is written, or refused with the place: no value in another row or column, ever."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given

from dlrun.data.raw import RawData
from dlrun.data.sources.csv import Csv
from dlrun.errors import InvalidInput
from tests.proofs.counting import RecordProperty, proof, tries
from tests.proofs.tables import GAPS, TARGET, Cells, are_numbers, files, number, read_slowly

PLACE = re.compile(r".+:[1-9]\d*:.+", re.DOTALL)  # FILE:LINE:COLUMN
SMALLEST_SHARE = 0.25  # of tables that are read: a proof about refusals only would prove nothing


@pytest.mark.proof
def test_a_table_is_read_as_it_is_written_or_refused(tmp_path: Path, record_property: RecordProperty) -> None:
    bar = f"each equals a slow reader's, cell by cell; only a fault with a place is refused; ≥ {SMALLEST_SHARE:.0%} are read"
    with proof(record_property, "a table is read as it is written, or refused", bar=bar) as row:
        accepted = 0

        @tries(10_000, 250)
        @given(file=files())
        def check(file: tuple[bytes, str]) -> None:
            nonlocal accepted
            content, delimiter = file
            path = tmp_path / ("t.csv" if delimiter == "," else "t.tsv")
            path.write_bytes(content)
            expected = read_slowly(content, delimiter)
            row.cases += 1
            try:
                raw = Csv(path=str(path), target=TARGET).load(0)
            except InvalidInput as error:
                _judge_refusal(error)
                assert expected is None or not expected.is_faultless, "nothing is wrong with it"
                return
            accepted += 1
            assert expected is not None, "it was read, but it is no text, or its quotes are broken"
            _compare(raw, expected)

        check()
        share = accepted / row.cases
        row.figure = f"0 silent shifts; {100 * share:.0f} % read, the others refused"
        assert share >= SMALLEST_SHARE, row.figure


def _judge_refusal(error: InvalidInput) -> None:
    assert error.problems
    for problem in error.problems:
        assert PLACE.fullmatch(problem.where) or problem.what.startswith("and "), problem
        assert str(problem).replace("\n", "").isprintable()


def _compare(raw: RawData, expected: Cells) -> None:
    part = raw.parts["all"]
    assert expected.is_a_table
    assert part.lines is not None
    assert part.lines.tolist() == expected.lines
    assert list(raw.columns) == [name for name in expected.header if name != TARGET]
    for k, name in enumerate(expected.header):
        cells = [row[k] for row in expected.rows]
        if name == TARGET:
            _compare_labels(part.y.tolist(), cells)
        elif name in raw.features:
            read = part.x[:, raw.features.index(name)].tolist()
            assert [repr(value + 0.0) for value in read] == [repr(number(cell) + 0.0) for cell in cells]
        else:
            assert not are_numbers(cells), f"numbers were read as words: {cells}"
            _compare_words(raw, name, cells)


def _compare_words(raw: RawData, name: str, cells: list[str]) -> None:
    codes = raw.parts["all"].codes
    assert codes is not None
    column, category = next((k, found) for k, found in enumerate(raw.categories) if found.name == name)
    read = [category.words[code] if code >= 0 else None for code in codes[:, column]]
    assert read == [None if cell.strip() in GAPS else cell.strip() for cell in cells]


def _compare_labels(read: list[object], cells: list[str]) -> None:
    """Text is the text; numbers are equal, and no two names of a class have become one."""
    texts = [cell.strip() for cell in cells]
    assert all(texts)
    if isinstance(read[0], str):
        assert read == texts
        return
    assert all(label == float(text) or math.isnan(float(text)) for label, text in zip(read, texts, strict=True))
    whole = {text for text in texts if "." not in text and "e" not in text.lower() and "n" not in text.lower()}
    assert len({float(text) for text in whole} | {None}) >= len(whole - {"-0"}), "two names of a class have become one"
