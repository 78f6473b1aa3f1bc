"""Machine code is made once, kept whole, and entered by processes that never import Numba."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlrun.kernels.playing import entrance, openblas

pytestmark = pytest.mark.skipif(not openblas.ADDRESSES, reason="NumPy has another BLAS")
STEP = """
import sys
import numpy as np
from dlrun.kernels.playing import openblas
from dlrun.kernels.playing.team import Team

team = Team(2, "float32")
team.begin()
theta, grad = np.ones(40_000, np.float32), np.ones(40_000, np.float32)
team.kernels()["gradient_descent"](theta, grad, theta, 0.25)
x = np.arange(600_000, dtype=np.float32).reshape(1000, 600)
team.gather(x, np.array([7, 3]), out := np.zeros((2, 600), np.float32))
team.product(x[:100], x[:600, :200].copy(), c := np.zeros((100, 200), np.float32))
team.end()
close = np.allclose(c, x[:100] @ x[:600, :200])
print(theta.min(), theta.max(), out[1, 0], close, [name for name in sys.modules if name.startswith("numba")])
"""
DONE = "0.75 0.75 1800.0 True []"
KIND = np.dtype(np.float32)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the machine code, in a folder of its own."""
    entrance.entrance(KIND)
    found = entrance._kept(KIND)
    assert found, "it can be kept nowhere"
    names, code = found
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not entrance._kept(KIND)
    entrance._keep(KIND, " ".join(names).encode() + b"\n" + code)
    (path,) = tmp_path.iterdir()
    return path


def test_what_is_kept_is_entered_without_numba(kept: Path) -> None:
    run = subprocess.run([sys.executable, "-c", STEP], capture_output=True, text=True, check=True, env=os.environ)
    assert run.stdout.strip() == DONE
    assert run.stderr == ""


def test_code_that_is_not_whole_is_as_good_as_none(kept: Path) -> None:
    content = kept.read_bytes()
    assert entrance._kept(KIND)
    for spoilt in (content[:-1], content[:10], b"", content[:-1] + bytes([content[-1] ^ 1])):
        kept.write_bytes(spoilt)
        assert not entrance._kept(KIND)
    kept.write_bytes(content)
    assert entrance._kept(KIND)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files belong to nobody")
def test_code_that_others_may_write_is_not_entered(kept: Path) -> None:
    kept.chmod(0o666)
    assert not entrance._kept(KIND)


def test_code_is_kept_in_the_first_place_that_lets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a file").touch()
    places = [tmp_path / "a file" / "x", tmp_path / "folder" / "x"]
    monkeypatch.setattr(entrance, "_paths", lambda _: places)
    entrance._keep(KIND, b"entry numba_raise\ncode")
    assert entrance._kept(KIND) == (["entry", "numba_raise"], b"code")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a file", "folder", "x"]


def test_there_is_code_for_the_types_of_a_network_alone() -> None:
    assert entrance.is_possible("float32")
    assert entrance.is_possible("float64")
    assert not entrance.is_possible("float16")
