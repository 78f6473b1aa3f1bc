"""Archives: equal bytes for equal arrays, and no way in for anything but plain arrays."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dlrun.checkpoint.archive import Damaged, read_archive, write_archive

ARRAYS: dict[str, npt.NDArray[Any]] = {
    "theta": np.arange(5, dtype=np.float32),
    "stats": np.zeros((0,)),
    "grid": np.ones((2, 3), np.float64),
}
SCALARS: dict[str, Any] = {"step": 7, "rng": {"state": 2**100}, "stop_reason": None}


def written() -> bytes:
    parts: list[bytes] = []
    write_archive(lambda data: parts.append(bytes(data)), ARRAYS, SCALARS)
    return b"".join(parts)


def test_what_is_written_comes_back() -> None:
    arrays, scalars = read_archive(written())
    assert scalars == SCALARS
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array, strict=True)
    assert written() == written()


def test_numpy_reads_it_too() -> None:
    with np.load(io.BytesIO(written()), allow_pickle=False) as file:
        np.testing.assert_array_equal(file["theta"], ARRAYS["theta"])


class Unseekable(io.RawIOBase):
    """A stream that keeps what is written on it, as a pipe would."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += bytes(data)
        return len(data)


def test_the_bytes_are_those_of_numpy() -> None:
    stream = Unseekable()
    with io.BufferedWriter(stream) as file:
        np.savez(file, scalars=np.frombuffer(json.dumps(SCALARS).encode(), np.uint8), **ARRAYS)  # type: ignore[arg-type]
        file.flush()
        assert written() == stream.data


def test_an_array_in_another_order_of_memory_comes_back() -> None:
    parts: list[bytes] = []
    grid = np.arange(12.0).reshape(3, 4)
    write_archive(lambda data: parts.append(bytes(data)), {"fortran": grid.T, "part": grid[:, ::2]}, {})
    arrays, _ = read_archive(b"".join(parts))
    np.testing.assert_array_equal(arrays["fortran"], grid.T)
    np.testing.assert_array_equal(arrays["part"], grid[:, ::2])


def test_no_array_is_copied() -> None:
    theta, n = np.zeros(2**22, np.float32), 0

    def count(data: bytes | memoryview) -> None:
        nonlocal n
        n += len(data)

    tracemalloc.start()
    try:
        write_archive(count, {"theta": theta}, {})
        assert tracemalloc.get_traced_memory()[1] < theta.nbytes / 4 < n
    finally:
        tracemalloc.stop()


def test_it_is_written_in_few_calls() -> None:
    calls: list[int] = []
    write_archive(lambda data: calls.append(len(data)), {"theta": np.zeros(2**20, np.float32)}, {})
    assert len(calls) < 12


def test_what_is_no_number_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_archive(lambda data: None, {}, {"loss": float("nan")})


def npy(array: npt.NDArray[Any], **named: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **named)
    return file.getvalue()


def header(**changes: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (5,)} | changes)
    return file.getvalue() + ARRAYS["theta"].tobytes()


def archive(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, data in (("scalars.npy", npy(np.frombuffer(json.dumps({}).encode(), np.uint8))), *members):
            made.writestr(name, data)
    return file.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "objects": lambda: archive(("theta.npy", npy(np.array([{}, print], dtype=object), allow_pickle=True))),
    "compressed": lambda: archive(("theta.npy", npy(ARRAYS["theta"])), compression=zipfile.ZIP_DEFLATED),
    "more numbers than bytes": lambda: archive(("theta.npy", header(shape=(10**12,)))),
    "fewer numbers than bytes": lambda: archive(("theta.npy", header(shape=(3,)))),
    "a negative length": lambda: archive(("theta.npy", header(shape=(-5,)))),
    "negative lengths": lambda: archive(("theta.npy", header(shape=(-5, -1)))),
    "endless dimensions": lambda: archive(("theta.npy", header(shape=(1,) * 100 + (5,)))),
    "other byte order": lambda: archive(("theta.npy", header(descr=">f4"))),
    "text": lambda: archive(("theta.npy", npy(np.array(["a"])))),
    "a record": lambda: archive(("theta.npy", npy(np.zeros(2, dtype=[("a", "f4")])))),
    "columns first": lambda: archive(("theta.npy", npy(np.asfortranarray(np.ones((2, 3)))))),
    "no array": lambda: archive(("theta.npy", b"hello")),
    "half a header": lambda: archive(("theta.npy", header()[:20])),
    "a header of another version": lambda: archive(("theta.npy", npy(ARRAYS["theta"], version=(2, 0)))),
    "no plain values": lambda: b"".join(_without_scalars()),
    "plain values that are a list": lambda: archive(("scalars", npy(np.frombuffer(b"[]", np.uint8)))),
    "nothing": lambda: b"",
    "no archive": lambda: b"PK\x03\x04" + bytes(100),
    "half of it": lambda: written()[: len(written()) // 2],
}


def _without_scalars() -> list[bytes]:
    file = io.BytesIO()
    np.savez(file, theta=ARRAYS["theta"])
    return [file.getvalue()]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_anything_else_is_damaged(name: str) -> None:
    with pytest.raises(Damaged):
        read_archive(HOSTILE[name]())
