"""dlrun as a shell runs it."""

import os
import subprocess
import sys
from pathlib import Path


def dlrun(*words: str | Path, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command where `cwd` is, without colours, 120 columns wide, warnings as errors."""
    env = {k: v for k, v in os.environ.items() if k != "DLRUN_RUNS"} | {"NO_COLOR": "1", "COLUMNS": "120"} | environment
    command = [sys.executable, "-W", "error", "-m", "dlrun", *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)
