"""What a stranger can do to a run directory before handing it on: change any file, and make every checksum right again."""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dlrun.checkpoint.manifest import checksum
from tests.proofs.contents import ANSI

Forge = Callable[[Path], object]  # the run's directory, a copy of an honest one, is made hostile

BELL = f"{ANSI}\x9b31m\x7f\u202e\ud800[red]x[/][link=file:///etc/passwd]y[/link]"  # what a terminal might obey, and markup
JSON = ("run.json", "provenance.json", "preparation.json", "checks.json", "diagnosis.json", "checkpoints/manifest.json")
FILES = (
    "run.json", "spec.yaml", "resolved.yaml", "provenance.json", "preparation.json", "checks.json", "diagnosis.json",
    "metrics.csv",
    "steps.csv", "log.txt", "lock", "predictions/dev.csv", "checkpoints/manifest.json", "checkpoints/{checkpoint}",
)  # fmt: skip


def checkpoint(root: Path) -> Path:
    """Return the path of the checkpoint that holds the best parameters."""
    return min((root / "checkpoints").glob("0*.npz"))


def at(root: Path, name: str) -> Path:
    """Return the path of a file of the run."""
    return root / name.format(checkpoint=checkpoint(root).name if "{" in name else "")


def put(name: str, address: str, value: Any) -> Forge:
    """Set what stands at an address of a JSON file: `summary.errors.dev.n`, `inputs.0.columns`; the file's own root is `.`."""

    def forge(root: Path) -> None:
        path = at(root, name)
        tree = json.loads(path.read_bytes())
        *steps, last = address.split(".")
        inner = tree
        for step in steps:
            inner = inner[int(step) if step.isdecimal() else step]
        inner[int(last) if last.isdecimal() else last] = value(inner) if callable(value) else value
        path.write_text(json.dumps(tree))  # lone surrogates stay escaped

    return forge


def drop(name: str, key: str) -> Forge:
    """Remove a key at the top of a JSON file."""

    def forge(root: Path) -> None:
        tree = json.loads(at(root, name).read_bytes())
        del tree[key]
        at(root, name).write_text(json.dumps(tree))

    return forge


def replace(name: str, old: str, new: str) -> Forge:
    """Replace the first such text in a file, also by what a JSON library would not write."""

    def forge(root: Path) -> None:
        text = at(root, name).read_text(encoding="utf-8")
        assert old in text, f"{old} is not in {name}"
        at(root, name).write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogatepass"))

    return forge


def content(name: str, data: bytes | str | Callable[[], bytes]) -> Forge:
    """Write a file anew."""

    def forge(root: Path) -> None:
        written = data() if callable(data) else data
        at(root, name).write_bytes(written.encode() if isinstance(written, str) else written)

    return forge


def sparse(name: str, size: int) -> Forge:
    """Make a file long without taking room on the disk."""
    return lambda root: os.truncate(at(root, name), size)


def instead(name: str, make: Callable[[Path], object]) -> Forge:
    """Put something else in the place of a file."""

    def forge(root: Path) -> None:
        path = at(root, name)
        path.unlink()
        make(path)

    return forge


def together(*forges: Forge) -> Forge:
    """Do one after the other."""

    def forge(root: Path) -> None:
        for part in forges:
            part(root)

    return forge


def resealed(forge: Forge) -> Forge:
    """Make every checksum right again after a change: the manifest's own, those of checkpoints, the origins' fingerprints."""

    def forged(root: Path) -> None:
        forge(root)
        for part in (_seal_origins, _seal_manifest):
            with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):  # what cannot be read needs no seal
                part(root)

    return forged


def _regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 30


def _seal_origins(root: Path) -> None:
    path = root / "provenance.json"
    if not _regular(path):
        return
    tree = json.loads(path.read_bytes())
    for part, name in (("spec", "resolved.yaml"), ("preparation", "preparation.json")):
        if _regular(root / name) and isinstance(tree[part], dict):
            tree[part]["sha256"] = hashlib.sha256((root / name).read_bytes()).hexdigest()
    path.write_text(json.dumps(tree))


def _seal_manifest(root: Path) -> None:
    path = root / "checkpoints" / "manifest.json"
    if not _regular(path):
        return
    tree = json.loads(path.read_bytes())
    for entry in tree.values():
        if isinstance(entry, dict):
            name = entry.get("file")
            found = path.parent / name if isinstance(name, str) else path
            if _regular(found):
                entry["sha256"] = hashlib.sha256(found.read_bytes()).hexdigest()
    tree.pop("sha256", None)
    path.write_text(json.dumps(tree | {"sha256": checksum(tree)}))
