"""What may lie in checkpoints/: archives that lie about what they hold, and a manifest that leads elsewhere."""

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.proofs.hostile_runs.forging import BELL, Forge, checkpoint, put, sparse


class _Command:
    """Unpickled, it runs a command."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("touch escaped",)


def _npy(header: str | bytes, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """Return an array file with any header."""
    text = header.encode("latin-1") if isinstance(header, str) else header
    size = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text + data


def _header(shape: object, descr: object = "<f4", order: object = False) -> str:
    return f"{{'descr': {descr!r}, 'fortran_order': {order!r}, 'shape': {shape!r}, }}\n"


def _members(root: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(checkpoint(root)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _written(members: Mapping[str, bytes] | list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", compression) as archive:
        for name, data in members.items() if isinstance(members, Mapping) else members:
            archive.writestr(name, data)
    return memory.getvalue()


def _member(name: str, data: bytes) -> Forge:
    """Put other bytes in the place of a member, or a member more."""
    return lambda root: checkpoint(root).write_bytes(_written(_members(root) | {name: data}))


def _patched(offset: int, value: bytes, *, central: bool) -> Forge:
    """Overwrite a field in the last entry of the archive: in its local header or in the central directory."""

    def forge(root: Path) -> None:
        data = bytearray(checkpoint(root).read_bytes())
        start = data.rindex(b"PK\x01\x02" if central else b"PK\x03\x04") + offset
        data[start : start + len(value)] = value
        checkpoint(root).write_bytes(data)

    return forge


def _bomb(root: Path) -> None:
    zeros = _npy(_header((200 << 20,)), bytes(800 << 20))
    checkpoint(root).write_bytes(_written(_members(root) | {"theta.npy": zeros}, zipfile.ZIP_DEFLATED))


def _overlapping(root: Path) -> None:
    """Let every entry of the directory point at the same bytes: a bomb without compression."""
    data = _written([("a.npy", _npy(_header((1 << 20,), "|u1"), bytes(1 << 20)))])
    end = data.rindex(b"PK\x05\x06")
    start = data.index(b"PK\x01\x02")
    entry, count = data[start:end], 5_000
    entries = b"".join(entry.replace(b"a.npy", f"{k:05d}"[-5:].encode()) for k in range(count))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    checkpoint(root).write_bytes(data[:start] + entries + tail)


def _twice(root: Path) -> None:
    import warnings

    members = [*_members(root).items()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a duplicate name
        checkpoint(root).write_bytes(_written([*members, *members]))


def _pickled(data: object) -> bytes:
    memory = io.BytesIO()
    np.save(memory, np.array([data], dtype=object), allow_pickle=True)
    return memory.getvalue()


def _scalars(root: Path) -> None:
    _member("scalars.npy", _npy(_header((9,), "|u1"), b"[[[[[[[[["))(root)


SHAPES: dict[str, object] = {
    "10¹²": (10**12,), "10³⁰": (10**30,), "-1": (-1,), "negative twice": (-37, -1), "0 × 10¹⁸": (0, 10**18), "of floats": (37.0,),
    "of text": ("37",), "no tuple": 37, "64 dimensions": (1,) * 64, "100 dimensions": (1,) * 100, "True": (True,) * 37,
    "scalar": (),
}  # fmt: skip
DESCRIPTIONS: dict[str, object] = {
    "objects": "|O", "big-endian floats": ">f4", "records": [("a", "<f4"), ("b", "|O")], "text of a GiB": f"<U{1 << 28}",
    "void": "|V4",
    "long doubles": "<f16", "nothing": "|V0", "nested records": [("a", [("b", [("c", "<f4")])])],
    "complex": "<c8", "times": "<M8[s]",
    "an expression": "__import__('os').system('touch escaped')", "a name in ANSI": [(BELL.replace("\ud800", ""), "<f4")],
}  # fmt: skip

MEMBERS = ("../../x.npy", "/etc/x.npy", "a\\..\\x.npy", BELL[:9], "x" * 60_000)
NAMES: tuple[Any, ...] = (
    "../run.json", "../../../secret.npz", "/etc/passwd", "", ".", "..", "a\0b", BELL, "x" * 100_000, ["a"], None, 1, {},
)  # fmt: skip
ENTRIES: dict[str, Any] = {
    "null": None, "a text": "x", "a list": [], "empty": {}, "of sha 1": {"file": "00000008.npz", "sha256": 1},
}  # fmt: skip

CHECKPOINTS: dict[str, Forge] = {
    "a checkpoint of a pickle": lambda root: checkpoint(root).write_bytes(pickle.dumps(_Command())),
    "a pickle as a member": _member("theta.npy", pickle.dumps(_Command())),
    "a pickle as a member more": _member("x.pkl", pickle.dumps(_Command())),
    "theta of pickled objects": _member("theta.npy", _pickled(_Command())),
    "scalars of pickled objects": _member("scalars.npy", _pickled(_Command())),
    "scalars that are no JSON": _scalars,
    **{f"theta of the shape {what}": _member("theta.npy", _npy(_header(shape), bytes(148))) for what, shape in SHAPES.items()},
    **{
        f"theta of {what}": _member("theta.npy", _npy(_header((37,), descr).encode("utf-8"), bytes(148), (3, 0)))
        for what, descr in DESCRIPTIONS.items()
    },
    "theta in Fortran's order": _member("theta.npy", _npy(_header((37,), order=True), bytes(148))),
    "theta in an order of text": _member("theta.npy", _npy(_header((37,), order="no"), bytes(148))),
    "theta with a header of an expression": _member("theta.npy", _npy("__import__('os').system('touch escaped')\n")),
    "theta with a deep header": _member("theta.npy", _npy("(" * 9_000 + ")" * 9_000)),
    "theta with a long header": _member("theta.npy", _npy(" " * 5_000_000 + _header((37,)), bytes(148), (2, 0))),
    "theta cut short": _member("theta.npy", _npy(_header((37,)), bytes(20))),
    "theta too long": _member("theta.npy", _npy(_header((37,)), bytes(1_000_000))),
    "theta of NaN": _member("theta.npy", _npy(_header((37,)), b"\xff" * 148)),
    "a compressed bomb": _bomb,
    "overlapping members": _overlapping,
    "every member twice": _twice,
    **{f"a member called {name[:20]!r}": _member(name, b"x") for name in MEMBERS},
    "10,000 members": lambda root: checkpoint(root).write_bytes(
        _written(_members(root) | {f"{k}.npy": b"" for k in range(10_000)})
    ),
    "a size of 4 GiB in the directory": _patched(20, b"\xfe\xff\xff\xff" * 2, central=True),
    "a size of 4 GiB in front of the member": _patched(18, b"\xfe\xff\xff\xff" * 2, central=False),
    "a small size in the directory": _patched(20, b"\x01\x00\x00\x00" * 2, central=True),
    "a member that begins beyond the end": _patched(42, b"\xf0\xff\xff\xff", central=True),
    "an encrypted member": _patched(8, b"\x01\x00", central=True),
    "an unknown compression": _patched(10, b"\x63\x00", central=True),
    "a checkpoint of 4 GiB of nothing": sparse("checkpoints/{checkpoint}", 4 << 30),
    "a checkpoint of 5 GiB of nothing": sparse("checkpoints/{checkpoint}", 5 << 30),
    "an empty checkpoint": lambda root: checkpoint(root).write_bytes(b""),
    "half a checkpoint": lambda root: checkpoint(root).write_bytes(checkpoint(root).read_bytes()[:1500]),
    **{f"manifest.json with the file {str(name)[:20]!r}": put("checkpoints/manifest.json", "best.file", name) for name in NAMES},
    **{f"manifest.json with best {what}": put("checkpoints/manifest.json", "best", value) for what, value in ENTRIES.items()},
    "manifest.json of another schema": put("checkpoints/manifest.json", "schema", BELL),
    "manifest.json with more": put("checkpoints/manifest.json", "more", {"file": "/etc/passwd"}),
}
