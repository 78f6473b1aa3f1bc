"""The entrance to machine code: an object file, made once after an installation, then loaded in a twentieth of a second.

Importing Numba, and having it load what it has compiled, takes half a second. So all that a step needs is compiled into one
function for each type of numbers, and kept as a file: beside these sources, or in the user's cache.
"""

import ctypes
import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from dlrun.arrays import IntArray
from dlrun.kernels.compilation import compiling_begins, loading
from dlrun.kernels.playing import layout, openblas
from dlrun.kernels.sources import SOURCES

Bind = Callable[[IntArray], Callable[..., None]]  # makes of a ticket the function that carries out its order
TYPES = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
LOADED: dict[np.dtype[Any], tuple[Any, Bind]] = {}  # with what holds the code in memory
LOCK = Lock()
DIGEST = hashlib.sha256().digest_size


def is_possible(dtype: npt.DTypeLike) -> bool:
    """Say whether there can be machine code for numbers of this type, with this NumPy."""
    return np.dtype(dtype) in TYPES and bool(openblas.ADDRESSES) and layout.is_as_told() and find_spec("llvmlite") is not None


def is_kept(dtype: npt.DTypeLike) -> bool:
    """Say whether it lies on disk, or is in use already: then Numba is not needed."""
    return np.dtype(dtype) in LOADED or _kept(np.dtype(dtype)) is not None


def entrance(dtype: npt.DTypeLike) -> Bind:
    """Return what makes functions that carry out orders on numbers of this type; they let go of Python's lock meanwhile.

    Errors: ImportError if it must be made, and Numba cannot be imported.
    """
    kind = np.dtype(dtype)
    with LOCK, loading():
        if kind not in LOADED:
            LOADED[kind] = _loaded(*(_kept(kind) or _made(kind)))
        return LOADED[kind][1]


def _made(kind: np.dtype[Any]) -> tuple[list[str], bytes]:
    """Have Numba compile it, and keep it."""
    compiling_begins()
    from dlrun.kernels.numba_column.entry import machine_code

    names, code = machine_code(kind)
    _keep(kind, " ".join(names).encode() + b"\n" + code)
    return names, code


def _loaded(names: list[str], code: bytes) -> tuple[Any, Bind]:
    """Put machine code into memory where it can be called, with the routines that it calls itself."""
    entry, *never_called = names
    llvm = _llvm()
    for routine, address in openblas.ADDRESSES.items():
        llvm.add_symbol(openblas.symbol(routine), address)
    for name in never_called:
        if not llvm.address_of_symbol(name):  # else Numba is there
            llvm.add_symbol(name, ctypes.cast(ctypes.pythonapi.Py_FatalError, ctypes.c_void_p).value)
    machine = llvm.Target.from_default_triple().create_target_machine(opt=3, codemodel="jitdefault", jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    method = _Method(b"enter", engine.get_function_address(entry), METH_FASTCALL, None)
    return (engine, method), lambda ticket: NEW_FUNCTION(ctypes.byref(method), ticket, None)


class _Method(ctypes.Structure):
    """PyMethodDef: how Python is told of a function that is written in C."""

    _fields_ = (("name", ctypes.c_char_p), ("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


METH_FASTCALL = 0x80  # what it is bound to, an array of its arguments, how many they are
_NEW = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_Method), ctypes.py_object, ctypes.c_void_p)
NEW_FUNCTION: Any = _NEW(("PyCFunction_NewEx", ctypes.pythonapi))


@cache
def _llvm() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@cache
def _key() -> str:
    """Return what the code depends on beside its type: sources, processor, compiler, and how objects lie in memory."""
    llvm = _llvm()
    processor = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), llvm.get_default_triple()
    told = SOURCES, *processor, str(llvm.llvm_version_info), sys.implementation.cache_tag
    return hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:16]


def _paths(kind: np.dtype[Any]) -> list[Path]:
    """Return where the code for numbers of this kind may lie; Numba's own setting goes first."""
    cached = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    told = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(told)] if told else [Path(__file__).with_name("__pycache__"), Path(cached) / "dlrun"]
    return [place / f"{kind}-{_key()}.machine" for place in places]


def _kept(kind: np.dtype[Any]) -> tuple[list[str], bytes] | None:
    """Return names and code that lie on disk, if they are whole, and of nobody who might not put code here anyway."""
    for path in _paths(kind):
        with suppress(OSError), path.open("rb") as file:
            content = file.read()
            digest, rest = content[:DIGEST], content[DIGEST:]
            if _is_ours(os.fstat(file.fileno())) and hashlib.sha256(rest).digest() == digest:
                names, code = rest.split(b"\n", 1)
                return names.decode().split(), code
    return None


def _keep(kind: np.dtype[Any], content: bytes) -> None:
    """Write it to the first place where that is possible, at once and whole: another process may do the same."""
    for path in _paths(kind):
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, prefix=".machine-", delete=False) as file:
                file.write(hashlib.sha256(content).digest() + content)
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
            return


def _is_ours(status: os.stat_result) -> bool:
    """Say whether a file is the user's own, or the system's, and nobody else may write to it."""
    return not hasattr(os, "getuid") or (status.st_uid in (0, os.getuid()) and not status.st_mode & 0o002)
