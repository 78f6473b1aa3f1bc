import pytest

from dlrun.report.figures import ago, size_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "now"),
        (59, "now"),
        (60, "1 min ago"),
        (7199, "119 min ago"),
        (7200, "2 h ago"),
        (2 * 86_400 - 1, "47 h ago"),
        (2 * 86_400, "2 d ago"),
        (4000 * 86_400, "4,000 d ago"),
    ],
)
def test_how_long_ago(seconds: float, text: str) -> None:
    assert ago(seconds) == text


@pytest.mark.parametrize(("size", "text"), [(0, "0 KiB"), (60_500, "59 KiB"), (2**20, "1.0 MiB"), (5 * 2**30, "5,120.0 MiB")])
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text
