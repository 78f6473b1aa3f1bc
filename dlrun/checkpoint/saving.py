"""Saving a State, so that any crash leaves the old one or the new one."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

from dlrun.arrays import Array
from dlrun.checkpoint.archive import write_archive
from dlrun.checkpoint.manifest import FILE, Entry, Manifest, manifests
from dlrun.errors import DlrunError, Problem
from dlrun.rundir import disk
from dlrun.rundir.files import Bytes, explained, open_regular, replacing
from dlrun.rundir.growing import Prefix
from dlrun.rundir.paths import RunPaths
from dlrun.training.state import State

SCHEMA = 2  # of what a checkpoint says beside its arrays
BLOCK_READ = 2**17  # bytes that are read at once: the same memory again and again, still in the cache when it is hashed


def save(paths: RunPaths, state: State, files: Mapping[str, Prefix]) -> None:
    """Write the State, the best parameters if they are other ones than at the last save, and then the manifest.

    files says how far the run's growing files had come; whoever calls has flushed them. A State that an update has carried out
    of the finite numbers is not written; its best parameters, found before, are.
    Errors: DlrunError if it cannot be written, or not be read back; the old manifest and all that it names are still there.
    """
    old = known(paths)
    last, previous, best = old.last, old.previous, _best(paths, state, old)
    if (last is None or last.step != state.step) and state.is_finite():
        told = {"schema": SCHEMA, "state": state.scalars(), "files": files}
        last, previous = _write(paths, f"{state.step:08d}.npz", state.step, state.arrays(), told), last
    _replace(paths, old, replace(old, last=last, previous=previous, best=best if state.best.found else last))


def keep_first(paths: RunPaths) -> None:
    """Keep the State that was saved last for good: a child run cannot be trained again without it."""
    old = known(paths)
    _replace(paths, old, replace(old, first=old.last))


def save_best(paths: RunPaths, state: State) -> None:
    """Write the best parameters alone, of a State that a failed step has left unfit to go on from."""
    old = known(paths)
    _replace(paths, old, replace(old, best=_best(paths, state, old) or old.last))


def known(paths: RunPaths) -> Manifest:
    """Return what the manifest says; of a run without one, nothing."""
    try:
        return next(manifests(paths))
    except DlrunError:
        return Manifest()


def remove_unnamed(paths: RunPaths, manifest: Manifest) -> None:
    """Remove the checkpoints that a manifest does not name; whoever calls knows that it is on the disk."""
    for path in paths.checkpoints.iterdir():
        if FILE.fullmatch(path.name) and path.name not in manifest.files:
            with suppress(OSError):  # it costs room, no more
                disk.remove(path)


def _best(paths: RunPaths, state: State, old: Manifest) -> Entry | None:
    """Return the file of the best parameters, written now if they are other ones than at the last save."""
    best = state.best
    if not best.found or (old.best and old.best.step == best.step):
        return old.best
    about = {"epoch": best.epoch, "error": best.error, "loss": best.loss}
    return _write(paths, f"{best.step:08d}.best.npz", best.step, {"theta": best.theta, "stats": best.stats}, about)


def _replace(paths: RunPaths, old: Manifest, new: Manifest) -> None:
    if new != old:
        with explained("flush", paths.checkpoints):
            disk.flush_directory(paths.checkpoints)  # the names of what it names, before its own
        new.save(paths)
        remove_unnamed(paths, new)


def _write(paths: RunPaths, name: str, step: int, arrays: Mapping[str, Array], scalars: Mapping[str, Any]) -> Entry:
    """Write a file under its final name only when it is on the disk whole, and see that it can be read back.

    The name is not flushed: whoever writes the manifest does that first.
    """
    path, written = paths.checkpoints / name, 0
    with replacing(path, flushed="bytes") as write:

        def write_on(data: Bytes) -> None:
            nonlocal written
            written = crc32(data, written)
            write(data)

        with explained("write", path):
            write_archive(write_on, arrays, scalars)
    sha256, found = _read_back(path)
    if found != written:
        raise DlrunError(Problem(what="what was written is not what can be read back: this disk is faulty", where=str(path)))
    return Entry(name, step, sha256)


def _read_back(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, and the CRC to compare with that of what was written: it takes a quarter of the time."""
    digest, found, room = hashlib.sha256(), 0, memoryview(bytearray(BLOCK_READ))
    with explained("read", path), os.fdopen(open_regular(path, os.O_RDONLY | os.O_NOFOLLOW), "rb", buffering=0) as file:
        while n := file.readinto(room):
            digest.update(room[:n])
            found = crc32(room[:n], found)
    return digest.hexdigest(), found
