"""Machine code is kept on disk, and made anew when any source it came from has changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dlrun

HERE = Path(dlrun.__file__).parent
CODE = """
import numpy as np
from dlrun.kernels.numba_column import NUMBA
db = np.empty(1)
NUMBA.relu_backward(np.ones((3, 1)), np.ones((3, 1), np.bool_), db)
print(db[0])
"""


def test_a_kernel_follows_what_it_calls_in_another_file(tmp_path: Path) -> None:
    """relu_backward is in activations.py and sums by layers.bias_gradient."""
    shutil.copytree(HERE / "kernels", tmp_path / "dlrun/kernels", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "arrays.py"):
        shutil.copy(HERE / name, tmp_path / "dlrun")
    layers = tmp_path / "dlrun/kernels/numba_column/layers.py"

    def summed() -> float:
        env = os.environ | {"PYTHONPATH": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", CODE], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        return float(done.stdout)

    def kept() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in layers.parent.glob("__pycache__/*.nbc")}

    assert summed() == 3
    assert (before := kept())
    assert summed() == 3
    assert kept() == before
    layers.write_text(layers.read_text().replace("db[first + j] = sums[j]", "db[first + j] = 2 * sums[j]"))
    assert summed() == 6
