"""Compressed files: the bytes that were packed, or a sentence that says why not; never more than memory holds."""

import bz2
import contextlib
import gzip
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.data.sources import compressed
from dlrun.data.sources.compressed import read_content
from dlrun.errors import InvalidInput, Problem

TABLE = b"a,y\n1,u\n2,v\n"


def zipped(*names: str, content: bytes = TABLE, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name in names:
            archive.writestr(name, content)
    return packed.getvalue()


def problem_of(path: Path, content: bytes) -> Problem:
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_content(str(path))
    (problem,) = caught.value.problems
    assert problem.where.endswith(path.name)
    assert problem.cure
    return problem


def without_bytes(value: object) -> str:
    """Name a case: packed bytes hold the time of packing, which is another in every process."""
    return value if isinstance(value, str) else "packed"


@pytest.mark.parametrize(
    ("name", "packed", "inner"),
    [
        ("t.csv", TABLE, "t.csv"),
        ("t.tsv.gz", gzip.compress(TABLE), "t.tsv"),
        ("t.CSV.GZ", gzip.compress(TABLE[:5]) + gzip.compress(TABLE[5:]), "t.CSV"),
        ("t.zip", zipped("inside/t.tsv"), "inside/t.tsv"),
        ("t.csv.zip", zipped("t.csv", "__MACOSX/._t.csv", "folder/"), "t.csv"),
        ("t.zip", zipped("t.csv", method=zipfile.ZIP_LZMA), "t.csv"),
    ],
    ids=without_bytes,
)
def test_what_was_packed_comes_out(tmp_path: Path, name: str, packed: bytes, inner: str) -> None:
    path = tmp_path / name
    path.write_bytes(packed)
    content = read_content(str(path))
    assert content.data == TABLE
    assert content.name.endswith(inner)
    assert content.sha256 == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize(
    ("name", "packed", "what"),
    [
        ("t.csv.gz", gzip.compress(TABLE)[:-9], "cannot be unpacked, it is damaged or cut short"),
        ("t.csv.gz", TABLE, "cannot be unpacked, it is damaged or cut short"),
        ("t.zip", zipped("t.csv")[:-5], "cannot be unpacked, it is damaged or cut short"),
        ("t.zip", bz2.compress(TABLE), "cannot be unpacked, it is damaged or cut short"),
        ("t.zip", zipped("a.csv", "b.csv"), "the archive holds 2 files: 'a.csv', 'b.csv'"),
        ("t.zip", zipped(), "it holds no file"),
    ],
    ids=without_bytes,
)
def test_what_cannot_be_unpacked_is_said(tmp_path: Path, name: str, packed: bytes, what: str) -> None:
    assert problem_of(tmp_path / name, packed).what.startswith(what)


def test_an_encrypted_archive_is_said(tmp_path: Path) -> None:
    packed = bytearray(zipped("t.csv"))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory
    assert problem_of(tmp_path / "t.zip", bytes(packed)).what == "the archive is encrypted"


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.zip"])
def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(compressed, "LARGEST", 2**20)
    zeros = bytes(2**21)
    packed = gzip.compress(zeros) if name.endswith(".gz") else zipped("t.csv", content=zeros)
    assert problem_of(tmp_path / name, packed).what.startswith("unpacks to more than 1,048,576 bytes")
    (tmp_path / name).write_bytes(gzip.compress(zeros[: 2**20]) if name.endswith(".gz") else zipped("t", content=zeros[: 2**20]))
    assert len(read_content(str(tmp_path / name)).data) == 2**20


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gz=st.booleans(), data=st.data())
def test_any_damage_gives_bytes_or_a_sentence(tmp_path: Path, gz: bool, data: st.DataObject) -> None:
    packed = bytearray(gzip.compress(TABLE) if gz else zipped("t.csv"))
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / ("t.csv.gz" if gz else "t.zip")
    path.write_bytes(packed[: data.draw(st.integers(0, len(packed)))] if data.draw(st.booleans()) else packed)
    with contextlib.suppress(InvalidInput):
        assert isinstance(read_content(str(path)).data, bytes)
