from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from PIL import Image

from dlrun.errors import DlrunError, InvalidInput
from dlrun.report.plots.figure import DOTS, LINES, SIZE, house_style, new_figure, plain, save


def picture(name: str = "y") -> Figure:
    with house_style():
        figure, axes = new_figure(title="a title", x="x", y=name)
        axes.plot([1, 2, 3], [3, 1, 2], label="three")
        axes.legend()
    return figure


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf", ".PNG"])
def test_the_same_numbers_give_the_same_bytes_and_no_date(tmp_path: Path, ending: str) -> None:
    paths = [tmp_path / f"{name}{ending}" for name in ("a", "b")]
    for path in paths:
        save(picture(), path)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert len(first) > 1000
    for word in (b"Date>", b"CreationDate", b"Software", b"Creator", b"Producer"):
        assert word not in first


def test_a_png_has_the_size_of_the_house(tmp_path: Path) -> None:
    save(picture(), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (int(SIZE[0] * DOTS), int(SIZE[1] * DOTS))
        assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 2


def test_nobodys_style_is_changed_and_nobodys_changes_ours(tmp_path: Path) -> None:
    save(picture(), tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "red", "lines.linewidth": 9.0}):
        before = dict(mpl.rcParams)
        save(picture(), tmp_path / "b.png")
        assert dict(mpl.rcParams) == before
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_no_window_system_and_no_pyplot() -> None:
    import subprocess
    import sys

    code = "import sys; from dlrun.report.plots import averages, learning_rate; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(("name", "words"), [("a.bmp", "not in '.bmp'"), ("a", "no ending"), (".png", "no ending")])
def test_an_unknown_ending_names_the_known_ones(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        save(picture(), tmp_path / name)
    assert ".png" in caught.value.problems[0].cure
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no directory"):
        save(picture(), tmp_path / "nowhere" / "a.png")
    (tmp_path / "a.png").mkdir()
    with pytest.raises(DlrunError, match="cannot write"):
        save(picture(), tmp_path / "a.png")


@pytest.mark.parametrize("name", ["$", "$x", r"$\frac{1}$", "温度", "a\x1b[31m\nb", "x" * 5000, r"\alpha_^{"])
def test_any_name_from_a_file_can_be_drawn(tmp_path: Path, name: str) -> None:
    save(picture(plain(name)), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_lines_differ_without_colour() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    looks = [(grey(colour), dashes) for colour, dashes in LINES]
    for i, (light, dashes) in enumerate(looks):
        for other, others in looks[:i]:
            assert dashes != others or abs(light - other) > 15
