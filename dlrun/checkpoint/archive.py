"""Arrays and a few plain values in one .npz file: written as a stream, read with every size checked before it is believed."""

import io
import json
import math
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlrun.arrays import Array
from dlrun.rundir.files import Bytes

SCALARS = "scalars"  # the member that holds everything that is no array, as JSON text
TYPES = {"<f4", "<f8", "|u1"}
BLOCK = 2**20  # bytes that are written at once


class Damaged(ValueError):
    """The bytes are not those of an archive of ours."""


def write_archive(write: Callable[[Bytes], None], arrays: Mapping[str, Array], scalars: Mapping[str, Any]) -> None:
    """Write arrays and plain values; equal ones give equal bytes.

    Of arrays in C order, which are not copied, they are the bytes of `np.savez`.
    """
    text = np.frombuffer(json.dumps(scalars, allow_nan=False).encode(), dtype=np.uint8)
    with io.BufferedWriter(_Stream(write), BLOCK) as stream, zipfile.ZipFile(stream, "w") as archive:
        for name, array in {SCALARS: text, **arrays}.items():
            rows = np.ascontiguousarray(array)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(member, np.lib.format.header_data_from_array_1_0(rows))
                member.write(rows.data)


def read_archive(data: bytes) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays and the plain values.

    Errors: Damaged if it is not what `write_archive` writes: compressed, an array of objects, a header that promises more than
    there is, a name that comes twice.
    """
    try:
        with warnings.catch_warnings(action="error"), zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = _members(archive, len(data))
        scalars = json.loads(arrays.pop(SCALARS).tobytes())
    except _FAULTS as error:
        raise Damaged(str(error) or type(error).__name__) from error
    if not isinstance(scalars, dict):
        raise Damaged("its plain values are no object")
    return arrays, scalars


# what zipfile, NumPy's reader of headers and json raise when bytes are not what they should be
_FAULTS = (
    ValueError, TypeError, KeyError, IndexError, SyntaxError, OverflowError, RecursionError, MemoryError, EOFError, OSError,
    RuntimeError, NotImplementedError, struct.error, zipfile.BadZipFile, zipfile.LargeZipFile, Warning,
)  # fmt: skip


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, Any]:
    members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise Damaged("its arrays are compressed")
    if sum(member.file_size for member in members) > size:
        raise Damaged("its members are larger than the file")
    names = [member.filename.removesuffix(".npy") for member in members]
    if len(set(names)) < len(names):
        raise Damaged("a name comes twice")
    return {name: _array(archive.read(member)) for name, member in zip(names, members, strict=True)}


def _array(data: bytes) -> Array:
    """Return the array of an .npy file, read-only: only numbers, and just as many as there are bytes for."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise Damaged("an array has a header of another version")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.str not in TYPES or fortran_order or min(shape, default=0) < 0:
        raise Damaged(f"an array is of {dtype.str!r:.20}, or of an order, that is never written")
    if math.prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise Damaged("the header of an array promises another size")
    return np.frombuffer(data, dtype, offset=file.tell()).reshape(shape)


class _Stream(io.RawIOBase):
    """A file that can only be written on."""

    def __init__(self, write: Callable[[Bytes], None]) -> None:
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._write(data)
        return len(data)
