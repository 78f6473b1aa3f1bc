"""Every example spec is what its header says: it runs in seconds, and its command, errors and verdict are the ones told."""

import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema

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


@pytest.mark.slow
def test_all_of_them_are_a_batch_whose_gates_a_ci_server_can_read(tmp_path: Path) -> None:
    written = tmp_path / "out.xml"
    command = [sys.executable, "-W", "error", "-m", "dlrun", "batch", "configs/", "-j", "2", "--junit", str(written)]
    done = subprocess.run(
        [*command, "--format", "md", "--runs-dir", str(tmp_path / "runs")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"**{len(CONFIGS)} of {len(CONFIGS)} specs are complete**")
    xmlschema.XMLSchema(ROOT / "tests/report/junit.xsd").validate(written)
    suites = list(ElementTree.parse(written).getroot())
    specs = [value.get("value") for suite in suites for value in suite.iter("property") if value.get("name") == "spec"]
    assert specs == [f"configs/{path.name}" for path in CONFIGS]
    assert not [suite for suite in suites for wrong in ("failure", "error", "skipped") if list(suite.iter(wrong))]
    (gates,) = (suite for suite in suites if suite.get("name") == "gates")
    assert gates.get("tests") == "7"  # the run and its six gates


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
