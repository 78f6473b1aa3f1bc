"""`python -m dlrun` is `dlrun`, by name too."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_usage_and_errors_call_it_dlrun(tmp_path: Path) -> None:
    def said(*words: str) -> str:
        command = [sys.executable, "-m", "dlrun", *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    assert "Usage: dlrun [OPTIONS] COMMAND" in said("--help")
    assert "Usage: dlrun train [OPTIONS]" in said("train", "--help")
    assert "Usage: dlrun train" in said("train")
    for words in (["--help"], ["train"], ["frobnicate"]):
        assert "__main__" not in said(*words)
        assert "python -m" not in said(*words)
