"""What stands in the place of a file or a folder of a run: links out of it, pipes, sockets, folders; and odd names."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from tests.proofs.contents import ANSI
from tests.proofs.hostile_runs.forging import FILES, Forge, at, content, instead, together

ODD_NAMES = {"ANSI": ANSI, "a line end": "a\nb", "C1 controls": "a\x9b31mb\x7f", "markup": "[red]a[link=x]b"}


def _linked_to(target: str) -> Forge:
    """Put links to the same in the place of all files."""

    def forge(root: Path) -> None:
        for path in [at(root, name) for name in FILES]:
            path.unlink()
            path.symlink_to(target)

    return forge


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _moved_away(name: str) -> Forge:
    """Move a file or folder beside the runs, and leave a link to it: what it holds is all right, where it lies is not."""

    def forge(root: Path) -> None:
        path = at(root, name)
        beside = root.parent.parent / "beside" / path.name
        beside.parent.mkdir(exist_ok=True)
        shutil.move(path, beside)
        path.symlink_to(beside)

    return forge


def _many_entries(root: Path) -> None:
    for number in range(10_000):
        (root / f"{number:08d}.npz").touch()
        (root / "checkpoints" / f"{number:08d}").touch()


def _renamed(name: str) -> Forge:
    return lambda root: root.rename(root.with_name(name))


def _file_for_folder(root: Path) -> None:
    shutil.rmtree(root / "checkpoints")
    (root / "checkpoints").touch()


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


ODD: dict[str, Callable[[Path], object]] = {"a FIFO": os.mkfifo, "a socket": _socket, "a folder": Path.mkdir}
FOLDERS = ("checkpoints", "predictions")

PLACES: dict[str, Forge] = {
    **{f"every file a link to {target}": _linked_to(target) for target in ("/etc/passwd", "/dev/zero", "/nowhere", "..")},
    **{f"{name} a link to itself elsewhere": _moved_away(name) for name in (*FILES, *FOLDERS)},
    "every file a link to itself": together(*(instead(name, _link_to_itself) for name in FILES)),
    **{f"{name} is {what}": instead(name, make) for name in FILES for what, make in ODD.items()},
    "the folder of checkpoints is a file": _file_for_folder,
    "10,000 entries more": _many_entries,
    **{f"the directory is called {what}": _renamed(name) for what, name in ODD_NAMES.items()},
    "log of ANSI, and a lock of it": together(content("log.txt", ANSI * 1000), content("lock", ANSI)),
}
