"""Loading what was saved: the newest State that is whole, or the parameters of the best."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from dlrun.arrays import Array
from dlrun.checkpoint.archive import Damaged, read_archive
from dlrun.checkpoint.manifest import Entry, Manifest, damaged, manifests
from dlrun.checkpoint.saving import SCHEMA, known, remove_unnamed
from dlrun.errors import DlrunError, Problem
from dlrun.nn.params import Params
from dlrun.rundir.files import read_bytes
from dlrun.rundir.growing import Prefix, begins_with
from dlrun.rundir.own import own_folder
from dlrun.rundir.paths import RunPaths
from dlrun.training.state import State

COPIES = 8  # of the parameters, more than a checkpoint holds: theta, the best, what the optimizer keeps
BESIDE = 4 * 2**20  # bytes of a checkpoint that are no parameters

Which = Literal["last", "best"]
Contents = tuple[dict[str, Array], dict[str, Any]]


@dataclass(frozen=True)
class Restored:
    """What a State was restored from (None: nothing could be), how far the growing files had come, and what was passed over.

    spoiled are the growing files for which alone checkpoints that are whole were passed over.
    """

    entry: Entry | None
    files: dict[str, Prefix]
    passed_over: tuple[str, ...]
    spoiled: tuple[str, ...] = ()


def restore(paths: RunPaths, state: State, until: int | None = None) -> Restored:
    """Fill a state with the newest one that is whole, or leave it as it is if there is none.

    Whole means: its bytes are those the manifest names, it fits the network, and the run's growing files begin as they did.
    until is a number of completed epochs; states beyond it are none.
    Errors: none; a manifest or a checkpoint that cannot be used is passed over, and the reason is told.
    """
    wrong, spoiled = list(damaged(paths)), dict[str, None]()
    for entry in _candidates(paths):
        try:
            arrays, scalars = _read(paths, entry, state.params)
            files = _files(paths, scalars)
            if until is not None and _progress(scalars["state"]) > (until, 0):
                continue
            lost = [name for name, prefix in files.items() if not begins_with(paths.root / name, prefix)]
            if not lost:
                state.restore(arrays, scalars["state"])
                return Restored(entry, files, tuple(wrong), tuple(spoiled))
            spoiled.update(dict.fromkeys(lost))
            wrong.append(f"{entry.file} cannot be used: {', '.join(lost)} has lost what it held then")
        except (DlrunError, ValueError) as error:
            wrong.append(_in_a_line(entry, error))
    return Restored(None, {}, tuple(wrong), tuple(spoiled))


def settle(paths: RunPaths, restored: Restored, state: State) -> None:
    """Let the manifest name what a run goes on from, and nothing that it passed over; remove what no manifest names."""
    old, last = known(paths), restored.entry
    previous = old.previous if last == old.last else None
    best = old.best if last and old.best and _is_whole(paths, old.best, state.params) else None
    new = Manifest(last=last, previous=previous, best=best, first=old.first)
    if new != old or restored.passed_over:
        new.save(paths)
    remove_unnamed(paths, new)


def load_params(paths: RunPaths, which: Which, params: Params) -> None:
    """Fill a network's parameters, and what it saves beside them, with stored ones.

    Damaged ones are looked for in the other files: a State holds the best parameters too.
    Errors: DlrunError if none can be used, with what is wrong with the first.
    """
    wrong: list[DlrunError] = []
    for entry, prefix in _places(paths, which):
        try:
            _fill(params, paths, entry, prefix)
        except DlrunError as error:
            wrong.append(error)
        else:
            return
    raise wrong[0] if wrong else DlrunError(Problem(what=f"there is no checkpoint called {which}", where=str(paths.manifest)))


def _candidates(paths: RunPaths) -> Iterator[Entry]:
    """Yield the files that hold a State, the newest first."""
    seen = set()
    for manifest in _known(paths):
        for entry in (manifest.last, manifest.previous, manifest.first):
            if entry and entry not in seen:
                seen.add(entry)
                yield entry


def _known(paths: RunPaths) -> list[Manifest]:
    try:
        return list(manifests(paths))
    except DlrunError:
        return []


def _places(paths: RunPaths, which: Which) -> Iterator[tuple[Entry, str]]:
    """Yield where the parameters lie, and the beginning of their names there."""
    for manifest in manifests(paths):
        if which == "last" and manifest.last:
            yield manifest.last, ""
        if which == "best" and manifest.best:
            yield manifest.best, ""
            held = (entry for entry in (manifest.last, manifest.previous) if entry and entry.step >= manifest.best.step)
            yield from ((entry, "best_") for entry in held)


def _fill(params: Params, paths: RunPaths, entry: Entry, prefix: str) -> None:
    arrays, _ = _read(paths, entry, params)
    pairs = [(arrays.get(prefix + name), array) for name, array in (("theta", params.theta), ("stats", params.stats))]
    for stored, array in pairs:
        if stored is None or stored.shape != array.shape or stored.dtype != array.dtype:
            what = "the stored parameters are not those of this network"
            raise DlrunError(Problem(what=what, where=str(paths.checkpoints / entry.file)))
    for stored, array in pairs:
        array[...] = stored


def _read(paths: RunPaths, entry: Entry, params: Params) -> Contents:
    """Return what a file holds, unless it is larger than any checkpoint of this network: it may come from others."""
    path = own_folder(paths.checkpoints) / entry.file
    data = read_bytes(path, COPIES * (params.theta.nbytes + params.stats.nbytes) + BESIDE)
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise DlrunError(Problem(what="the checkpoint is damaged: its checksum is not the manifest's", where=str(path)))
    try:
        return read_archive(data)
    except Damaged as error:
        raise DlrunError(Problem(what=f"this is no checkpoint: {error}", where=str(path))) from error


def _files(paths: RunPaths, scalars: dict[str, Any]) -> dict[str, Prefix]:
    """Return how far the growing files had come; ValueError if that is not said."""
    if scalars.get("schema") != SCHEMA or not isinstance(scalars.get("state"), dict):
        raise ValueError("another version of dlrun wrote it")
    try:
        files = {str(name): Prefix(int(size), str(sha256)) for name, (size, sha256) in scalars["files"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"it does not say how far the run's files had come: {error}") from error
    if unknown := files.keys() - set(paths.growing):
        raise ValueError(f"it speaks of a file that no run has: {unknown.pop()!r:.40}")
    return files


def _progress(scalars: dict[str, Any]) -> tuple[int, int]:
    """Return how far a state has come: completed epochs, and the examples of the next one."""
    try:
        return int(scalars["epoch"]), int(scalars["position"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"it does not say how far it had come: {error}") from error


def _is_whole(paths: RunPaths, entry: Entry, params: Params) -> bool:
    try:
        _read(paths, entry, params)
    except DlrunError:
        return False
    return True


def _in_a_line(entry: Entry, error: DlrunError | ValueError) -> str:
    what = error.problems[0].what if isinstance(error, DlrunError) else str(error)
    return f"{entry.file} cannot be used: {what}"
