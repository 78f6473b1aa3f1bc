"""Specs that somebody wrote to hurt the reader: as long as a file may be, unreadable, endless, or asking for too much.

A case is a name and a function that lays its files into a folder and returns the arguments of `dlrun validate`.
"""

import os
from collections.abc import Callable
from pathlib import Path

from tests.proofs.contents import ANSI, ENCODED, GREEDY, REPEATED, START, WITHIN, filled

Case = Callable[[Path], list[str]]

MIB = 1 << 20


EXTENDING = {
    "itself": "extends: a.yaml",
    "itself by another way": "extends: ./x/../a.yaml",
    "a chain of itself by links": "extends: link.yaml",
    "a device": "extends: /dev/zero",
    "a random device": "extends: /dev/urandom",
    "the terminal": "extends: /dev/tty",
    "standard input": "extends: /dev/stdin",
    "a FIFO": "extends: fifo",
    "a directory": "extends: .",
    "nothing": "extends: ''",
    "null": "extends:",
    "a list": "extends: [a.yaml, b.yaml]",
    "what is not there": "extends: none.yaml",
    "a loop of links": "extends: loop",
    "a file that may not be read": "extends: closed.yaml",
    "a name with NUL": 'extends: "a\\0b"',
    "a name with ANSI": 'extends: "\\e[31mred\\e[0m.yaml"',
    "a name with a line end": 'extends: "a\\nb.yaml"',
    "a long name": "extends: " + "a" * 60_000,
    "a long path": "extends: " + "../" * 20_000 + "etc/passwd",
    "the passwords": "extends: /etc/passwd",
    "memory": "extends: /proc/self/mem",
    "an endless file of the kernel": "extends: /proc/kmsg",
    "a URL": "extends: https://example.org/a.yaml",
    "the home": "extends: ~",
    "a chain of 20": "extends: chain0.yaml",
    "a chain of seven large ones": "extends: large1.yaml",
    "twice": "extends: a.yaml\nextends: b.yaml",
}


DATA = {
    f"{kind} {name}": f"data: {{source: {{kind: {kind}, path: {path}{', target: y' * (kind == 'csv')}}}}}"
    for kind in ("csv", "npz")
    for name, path in {
        "a device": "/dev/zero", "an endless file of the kernel": "/proc/kmsg", "memory": "/proc/self/mem", "a directory": ".",
        "itself": "a.yaml", "nothing there": "none", "NUL": '"a\\0b"', "ANSI": '"\\e[31mred"', "the passwords": "/etc/passwd",
        "a FIFO": "fifo", "a loop of links": "loop", "100 GiB of nothing": "sparse",
    }.items()
}  # fmt: skip


def cases() -> dict[str, Case]:
    """Return every case by its name."""
    found: dict[str, Case] = {}
    found |= {f"as much of {piece!r} as fits": _file(filled(piece)) for piece in REPEATED}
    found |= {f"1 MiB of {piece!r}": _file(filled(piece, size=MIB)) for piece in REPEATED[::7]}
    found |= {name: _file(content) for name, content in (WITHIN | ENCODED).items()}
    found |= {f"asks for {name}": _file((START * ("data" not in text) + text).encode()) for name, text in GREEDY.items()}
    found |= {f"extends {name}": _extending(text) for name, text in EXTENDING.items()}
    found |= {f"data from {name}": _extending(text) for name, text in DATA.items()}
    found |= {f"SPEC is {name}": case for name, case in SPECIAL.items()}
    found |= {f"-s {name}": case for name, case in OVERRIDING.items()}
    return found


def _file(content: bytes) -> Case:
    def lay(folder: Path) -> list[str]:
        (folder / "a.yaml").write_bytes(content)
        return [str(folder / "a.yaml")]

    return lay


def _extending(text: str) -> Case:
    def lay(folder: Path) -> list[str]:
        os.mkfifo(folder / "fifo")
        (folder / "link.yaml").symlink_to("a.yaml")
        (folder / "loop").symlink_to("loop")
        _sparse(folder / "sparse")
        _closed(folder / "closed.yaml")
        for k in range(20):
            (folder / f"chain{k}.yaml").write_text(f"extends: chain{k + 1}.yaml")
        for k in range(8):
            (folder / f"large{k}.yaml").write_text(f"{'extends' if k < 7 else 'name'}: large{k + 1}.yaml\ntags: [{'a,' * 2_900}]")
        return _file(text.encode())(folder)

    return lay


def _closed(path: Path) -> None:
    path.write_text(START)
    path.chmod(0)


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 100 << 30)


def _special(make: Callable[[Path], object]) -> Case:
    def lay(folder: Path) -> list[str]:
        path = folder / "a.yaml"
        make(path)
        return [str(path)]

    return lay


SPECIAL: dict[str, Case] = {
    "a directory": _special(Path.mkdir),
    "a FIFO": _special(os.mkfifo),
    "missing": _special(lambda path: None),
    "a loop of links": _special(lambda path: path.symlink_to(path.name)),
    "a link to a device": _special(lambda path: path.symlink_to("/dev/zero")),
    "a link to a directory": _special(lambda path: path.symlink_to(path.parent)),
    "a file that may not be read": _special(_closed),
    "a device": lambda folder: ["/dev/zero"],
    "/dev/full": lambda folder: ["/dev/full"],
    "memory": lambda folder: ["/proc/self/mem"],
    "the empty name": lambda folder: [""],
    "a hyphen": lambda folder: ["-"],
    "a name with ANSI": lambda folder: [str(folder / ANSI)],
    "a name with line ends": lambda folder: [str(folder / "a\nb\rc")],
    "a name that is not UTF-8": lambda folder: [os.fsdecode(bytes(folder) + b"/\xff\xfe")],
    "a name of 5,000 characters": lambda folder: [str(folder / ("a" * 5_000))],
    "a name of 100,000 characters": lambda folder: [str(folder / ("a" * 100_000))],
    "100 GiB of nothing": _special(_sparse),
    "an endless file of the kernel": lambda folder: ["/proc/kmsg"],
    "the same one ten times": lambda folder: _file(START.encode())(folder) * 10,
}


def _overriding(*written: str) -> Case:
    def lay(folder: Path) -> list[str]:
        return [*_file(START.encode())(folder), *(word for text in written for word in ("-s", text))]

    return lay


OVERRIDING: dict[str, Case] = {
    "a long value": _overriding("seed=" + "9" * 100_000),
    "a long list": _overriding("tags=[" + "a," * 2_900 + "]"),
    "a deep value": _overriding("tags=" + "[" * 100_000),
    "a long key": _overriding("a" * 100_000 + "=1"),
    "a key of many steps": _overriding("a." * 50_000 + "a=1"),
    "a key of dots": _overriding("." * 100_000 + "=1"),
    "no equals sign": _overriding("a" * 100_000),
    "ANSI": _overriding(f"{ANSI}=1", f"seed={ANSI}", f"notes={ANSI}"),
    "bytes that are no UTF-8": _overriding(os.fsdecode(b"notes=\xff\xfe"), os.fsdecode(b"\xff=1")),
    "an alias": _overriding("tags=&a [*a]"),
    "a tag": _overriding("tags=!!python/object/apply:os.system [ls]"),
    "a file to extend": _overriding("extends=/dev/zero"),
    "a far item": _overriding("architecture.hidden.999999999999999999999=1", "architecture.hidden.-1=1"),
    "an unknown key 200 times": _overriding(*["optimizer.betta=1"] * 200),
    "1,000 times": _overriding(*["seed=1"] * 1_000),
    "documents": _overriding("seed=1\n---\n2"),
    "nothing": _overriding("", "=", "seed", "seed="),
}
