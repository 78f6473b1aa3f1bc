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


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"), (5_000_000_000, "5.0 GB")]
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text
