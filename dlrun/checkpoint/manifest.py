"""manifest.json: which checkpoint is the last, the one before, and the best."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dlrun.errors import DlrunError, Problem
from dlrun.rundir.files import as_json, read_json, replacing, write_atomically
from dlrun.rundir.paths import RunPaths

SCHEMA = 1
FILE = re.compile(r"\d{8,12}(\.best)?\.npz", re.ASCII)  # the allow-list, so that no name leads out of the directory
LARGEST = 2**20  # bytes; ours have less than one thousand
ROLES = ("last", "previous", "best", "first")


@dataclass(frozen=True)
class Entry:
    """One file: its name, the step whose parameters it holds, and the checksum of its bytes."""

    file: str
    step: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The checkpoints there are. last and previous hold a whole State, best the parameters that were best on dev.

    first is the State that a child run began with: nothing else could make it again.
    """

    last: Entry | None = None
    previous: Entry | None = None
    best: Entry | None = None
    first: Entry | None = None

    @property
    def files(self) -> set[str]:
        """The names of all that must stay."""
        return {entry.file for role in ROLES if (entry := getattr(self, role))}

    def save(self, paths: RunPaths) -> None:
        """Replace the manifest, which decides, and is on the disk when this ends; then its copy, which need not be."""
        tree = {"schema": SCHEMA, **{role: asdict(entry) for role in ROLES if (entry := getattr(self, role))}}
        text = as_json(tree | {"sha256": checksum(tree)}) + "\n"
        write_atomically(paths.manifest, text)
        with replacing(paths.manifest_copy, flushed="nothing") as write:
            write(text.encode())

    @classmethod
    def load(cls, path: Path) -> "Manifest":
        """Read a manifest.

        Errors: DlrunError if it is missing or damaged.
        """
        tree = read_json(path, LARGEST)
        claimed, schema = tree.pop("sha256", None), tree.get("schema")
        if claimed != checksum(tree) or schema != SCHEMA or tree.keys() - {"schema", *ROLES}:
            raise DlrunError(Problem(what="the manifest is damaged, or from another version of dlrun", where=str(path)))
        return cls(**{role: _entry(tree[role], path) for role in ROLES if role in tree})


def manifests(paths: RunPaths) -> Iterator[Manifest]:
    """Yield the manifest, and its copy if that says something else; what is damaged or missing is passed over.

    Errors: DlrunError that says what is wrong with the manifest if neither can be read.
    """
    found: list[Manifest] = []
    wrong: list[DlrunError] = []
    for path in (paths.manifest, paths.manifest_copy):
        try:
            manifest = Manifest.load(path)
        except DlrunError as error:
            wrong.append(error)
            continue
        if manifest not in found:
            found.append(manifest)
            yield manifest
    if not found:
        raise wrong[0]


def damaged(paths: RunPaths) -> Iterator[str]:
    """Yield what is wrong with each manifest that cannot be read; one that is missing was never written."""
    for path in (paths.manifest, paths.manifest_copy):
        try:
            Manifest.load(path)
        except DlrunError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                yield f"{path.name} cannot be used: {error.problems[0].what}"


def checksum(tree: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest without its own."""
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()


def _entry(told: Any, path: Path) -> Entry:
    match told:
        case {"file": str(file), "step": int(step), "sha256": str(sha256)} if FILE.fullmatch(file):
            return Entry(file, step, sha256)
    raise DlrunError(Problem(what=f"the manifest names no file of a checkpoint: {told!r:.80}", where=str(path)))
