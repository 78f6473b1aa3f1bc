import ctypes
import os
import platform
import resource
from pathlib import Path

import pytest

from dlrun import memory
from dlrun.errors import InvalidInput


def test_a_machine_has_some_memory() -> None:
    assert 2**27 < memory.total_bytes() < 2**50


@pytest.mark.parametrize(("written", "total"), [("1048576\n", 2**20), ("9" * 19, 2**34), ("max\n", 2**34)])
def test_a_control_group_may_have_less(written: str, total: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text(written)
    monkeypatch.setattr(memory, "GROUP_LIMITS", (tmp_path / "none", tmp_path / "memory.max"))
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 2**22, "SC_PAGE_SIZE": 2**12}.__getitem__)
    assert memory.total_bytes() == total


def test_so_may_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (2**21, 2**22) if which == resource.RLIMIT_AS else None)
    assert memory.total_bytes() == 2**21


def test_too_much_is_refused_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "total_bytes", lambda: 2**31)
    memory.require(2**31, "10 rows", "data.source.examples", "draw fewer")
    with pytest.raises(InvalidInput) as raised:
        memory.require(2**31 + 1, "10 rows", "data.source.examples", "draw fewer")
    assert str(raised.value) == (
        "data.source.examples: does not fit into memory: 10 rows need about 2.0 GiB, this machine has 2.0 GiB\n  → draw fewer"
    )


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_what_the_c_library_keeps_is_given_back() -> None:
    pieces = [bytearray(100_000) for _ in range(600)]
    pins = pieces[::20]
    pieces.clear()
    before = resident()
    memory.give_back()
    assert before - resident() > 30_000_000
    assert len(pins) == 30


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_other_c_libraries_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    memory.give_back()
