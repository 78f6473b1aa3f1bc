"""Checkpoints: State on disk, as arrays and JSON, never pickle.

`<step>.npz` is written once; `manifest.json`, replaced last, maps `last` and `best` to a file with its step and SHA-256, and
carries a checksum of its own. `last` holds the whole State, `best` the parameters that were best on dev.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dlrun.arrays import Array
from dlrun.errors import DlrunError, Problem
from dlrun.nn.params import Params
from dlrun.rundir.files import read_bytes, read_json, write_atomically, write_json
from dlrun.rundir.paths import RunPaths
from dlrun.training.state import State

SCHEMA = 1
LARGEST = 4 * 2**30  # bytes
SCALARS = "scalars"  # the array that holds everything else of a State, as JSON text

Which = Literal["last", "best"]


def save(paths: RunPaths, state: State) -> None:
    """Write the state as `last`, the best parameters as `best`, and then the manifest that names them.

    A state that an update has carried out of the finite numbers is not written; its best parameters, found before, are.
    """
    best, entries = state.best, {}
    if all(np.isfinite(array).all() for array in state.arrays().values()):
        entries["last"] = entries["best"] = _write(paths, state.step, state.arrays(), state.scalars())
    if best.found and best.step != state.step:
        found = {"epoch": best.epoch, "step": best.step, "error": best.error, "loss": best.loss}
        entries["best"] = _write(paths, best.step, {"theta": best.theta, "stats": best.stats}, found)
    if not entries:
        return
    manifest = {"schema": SCHEMA, **entries}
    write_json(paths.manifest, manifest | {"sha256": checksum(manifest)})


def load_params(paths: RunPaths, which: Which, params: Params) -> None:
    """Fill a network's parameters, and what it saves beside them, with stored ones.

    Errors: DlrunError if the manifest or the file is damaged, or if the parameters are not this network's.
    """
    stored = _read(paths, which)
    for name, array in {"theta": params.theta, "stats": params.stats}.items():
        if name not in stored or stored[name].shape != array.shape or stored[name].dtype != array.dtype:
            raise DlrunError(Problem(what="the stored parameters are not those of this network", where=str(paths.manifest)))
        array[...] = stored[name]


def load_state(paths: RunPaths, state: State) -> None:
    """Fill a state with the last one saved."""
    arrays = _read(paths, "last")
    scalars = json.loads(arrays.pop(SCALARS).tobytes())
    state.restore(arrays, scalars)


def _write(paths: RunPaths, step: int, arrays: Mapping[str, Array], scalars: Mapping[str, Any]) -> dict[str, Any]:
    memory = io.BytesIO()
    text = np.frombuffer(json.dumps(scalars).encode(), dtype=np.uint8)
    np.savez(memory, **{SCALARS: text}, **arrays)  # type: ignore[arg-type]
    data = memory.getvalue()
    name = f"{step:08d}.npz"
    write_atomically(paths.checkpoints / name, data)
    return {"file": name, "step": step, "sha256": hashlib.sha256(data).hexdigest()}


def _read(paths: RunPaths, which: Which) -> dict[str, Any]:
    manifest = read_json(paths.manifest)
    claimed = manifest.pop("sha256", None)
    if claimed != checksum(manifest) or manifest.get("schema") != SCHEMA:
        raise DlrunError(Problem(what="the manifest is damaged, or from another version of dlrun", where=str(paths.manifest)))
    try:
        name, sha256 = Path(manifest[which]["file"]).name, manifest[which]["sha256"]  # a name: no way out of the directory
    except (KeyError, TypeError) as error:
        raise DlrunError(Problem(what=f"there is no checkpoint called {which}", where=str(paths.manifest))) from error
    path = paths.checkpoints / name
    data = read_bytes(path, LARGEST)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DlrunError(Problem(what="the checkpoint is damaged: its checksum is not the manifest's", where=str(path)))
    try:
        return _arrays(data)
    except (ValueError, OSError, EOFError, MemoryError, zipfile.BadZipFile) as error:
        raise DlrunError(Problem(what=f"this is no checkpoint: {error}", where=str(path))) from error


def _arrays(data: bytes) -> dict[str, Any]:
    """Return the arrays of an .npz file; a compressed one is none of ours, and might unpack without end."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise ValueError("its arrays are compressed")
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def checksum(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest without its own."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
