"""Every example spec is what its header says: it runs in seconds, and its command, errors and verdict are the ones told."""

import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
VERDICTS = {"high bias": ["high_bias"], "high variance": ["high_variance"], "neither": []}


def train(tmp_path: Path, *words: str) -> dict[str, Any]:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "dlrun",
        "train",
        *words,
        "-q",
        "--format",
        "json",
        "--runs-dir",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def header(path: Path) -> str:
    lines = path.read_text().splitlines()
    comment = lines[: next(k for k, line in enumerate(lines) if not line.startswith("#"))]
    return "\n".join(line.removeprefix("#").strip() for line in comment)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_does_what_its_header_says(path: Path, tmp_path: Path) -> None:
    told = header(path)
    assert f"dlrun train configs/{path.name}" in told
    found = train(tmp_path, str(path))
    (verdict,) = re.findall(r"verdict (high bias|high variance|neither)\b(?:,| \w|:|\.|;)", told.split("→")[0])
    assert found["verdict"] == VERDICTS[verdict]
    dev = found["errors"]["dev"]["error"]
    shown = f"{dev:.2f}" if "RMSE" in told else f"{100 * dev:.1f} %"
    assert shown in told, f"the dev error is {shown}"
    assert re.search(r"\b\d+ s in all", told)


def test_digits_over_five_seeds() -> None:
    """The bar is the mean over seeds, not one picked seed."""
    errors = []
    for seed in range(1, 6):
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as directory:
            found = train(Path(directory), "configs/digits.yaml", "-s", f"seed={seed}")
        errors.append(found["errors"]["dev"]["error"])
    print("dev errors of digits, seeds 1–5:", ", ".join(f"{100 * e:.2f} %" for e in errors), f"mean {100 * mean(errors):.2f} %")
    assert mean(errors) <= 0.032
