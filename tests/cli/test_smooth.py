"""`dlrun smooth` as a shell sees it."""

import ast
import csv
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from dlrun.cli.app import app
from dlrun.errors import InvalidInput
from dlrun.report.chart import MARKS
from tests.cli.shell import dlrun
from tests.cli.test_app import imported_by
from tests.experiments import train_run

PACKAGE = Path(__file__).parents[2] / "dlrun"
TABLE = "city,t,u\nLondon,4,1\nParis,x,2\nRome,,3\nOslo,nan,4\n"


def test_without_a_file_it_is_the_year_of_the_course(tmp_path: Path) -> None:
    done = dlrun("smooth", cwd=tmp_path, COLUMNS="80")
    assert done.returncode == 0, done.stderr
    assert "temperature of 365 days" in done.stdout
    assert all(f"β {beta}" in done.stdout for beta in ("0.9", "0.98", "0.5"))
    assert done.stdout == dlrun("smooth", cwd=tmp_path, COLUMNS="80").stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_json_is_the_contract(tmp_path: Path) -> None:
    done = dlrun("smooth", "--beta", "0.9", "--window", "10", "--no-correction", "--format", "json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert set(told) == {"source", "column", "unit", "n", "noise", "averages"}
    one, window = told["averages"]
    shared = {"column", "memory", "keeps", "lag", "noise_left", "first", "last"}
    assert set(one) == shared | {"beta", "bias_correction"}
    assert set(window) == shared | {"window"}
    assert (one["beta"], one["bias_correction"], one["keeps"], window["keeps"]) == (0.9, False, 1, 10)
    assert set(one["lag"]) == {"theory", "measured", "within"}
    assert set(one["noise_left"]) == {"theory", "measured"}
    assert one["noise_left"]["measured"] == pytest.approx(one["noise_left"]["theory"], rel=0.1)


def test_csv_has_the_smoothed_columns(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("day,t\n1,40\n2,49\n3,45\n")
    done = dlrun("smooth", "t.csv", "--column", "t", "--beta", "0.98", "--window", "2", "--format", "csv", cwd=tmp_path)
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["index", "raw", "beta_0.98", "window_2"]
    assert [row[:2] for row in rows[1:]] == [["1", "40.0"], ["2", "49.0"], ["3", "45.0"]]
    assert float(rows[2][2]) == pytest.approx((0.0196 * 40 + 0.02 * 49) / 0.0396, rel=1e-12)  # the course's v₂, corrected
    assert [float(row[3]) for row in rows[1:]] == [40, 44.5, 47]


def test_a_picture_is_drawn_and_the_figures_stay(tmp_path: Path) -> None:
    done = dlrun("smooth", "--out", "a.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "drawn in a.png\n"
    assert "noise left" in done.stdout
    assert "┤" not in done.stdout
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1200, 675)


def test_a_run_is_smoothed_by_its_cost(tmp_path: Path) -> None:
    run, _ = train_run(tmp_path)
    done = dlrun("smooth", "@last", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["column"], told["unit"], told["n"]) == ("cost", "step", run.experiment.total_steps)
    wrong = dlrun("smooth", "@last", "--column", "const", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "did you mean 'cost'?" in wrong.stderr
    run.paths.steps.unlink()
    gone = dlrun("smooth", "@last", cwd=tmp_path)
    assert gone.returncode == 2
    assert "recorded no steps" in gone.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("t.csv", "--column", "t"), ("t.csv:3:t: 'x'", "t.csv:4:t: ", "t.csv:5:t: 'nan'")),
        (("t.csv", "--column", "v"), ("t.csv:1:1: no column 'v'", "'city', 't', 'u'")),
        (("t.csv",), ("which column?", "'city', 't', 'u'")),
        (("t.csv", "--column", "u", "--window", "5"), ("--window 5 is longer than the 4 values",)),
        (("empty.csv", "--column", "t"), ("empty.csv:1:1: the file is empty",)),
        (("nowhere.csv", "--column", "t"), ("nowhere.csv: no such file",)),
        (("nowhere",), ("there are no runs yet",)),
        (("--column", "rain"), ("no column 'rain'", "'temperature'")),
        (("--beta", "1"), ("--beta must be at least 0 and below 1, got 1",)),
        (("--beta", "-0.1", "--beta", "nan", "--window", "0"), ("got -0.1", "got nan", "--window must be")),
        (tuple(word for k in range(len(MARKS) + 1) for word in ("--beta", f"0.{k}")), ("9 averages in one picture",)),
        (("--out", "a.bmp"), ("a.bmp: pictures end in .png, .svg, .pdf",)),
        (("--out", "no/a.png"), ("there is no directory no",)),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_printed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    told: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InvalidInput) as caught:
        app(["smooth", *words], standalone_mode=False)
    assert capsys.readouterr().out == ""
    assert all(word in str(caught.value) for word in told), caught.value


def test_all_that_is_wrong_is_exit_2_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    done = dlrun("smooth", "t.csv", "--column", "t", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("3 errors, nothing has run.\n")
    assert "Traceback" not in done.stderr
    assert dlrun("smooth", "--beta", "much", cwd=tmp_path).returncode == 2


def test_only_a_picture_imports_matplotlib(tmp_path: Path) -> None:
    assert not {"matplotlib", "pandas", "scipy"} & set(imported_by("smooth", cwd=tmp_path))


def test_no_module_but_a_picture_imports_matplotlib_before_a_function_needs_it() -> None:
    """So that no command pays for it, whichever comes next."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent == PACKAGE / "report/plots":
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                line = ast.unparse(node)
                assert not any(word in line for word in ("matplotlib", "dlrun.report.plots")), f"{path}: {line}"


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/smooth.md").read_text()
    shown = page.partition("<!-- output of: dlrun smooth -->\n```text\n")[2].partition("\n```")[0]
    assert shown == dlrun("smooth", cwd=tmp_path).stdout.rstrip("\n")
