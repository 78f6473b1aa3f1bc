from hypothesis import given
from hypothesis import strategies as st

from dlrun.spec.wording import MAX_SHOWN, counted, hint, listed, quoted


def test_lists_and_counts() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed([1, 2], "and") == "1 and 2"
    assert counted(1, "layer") == "1 layer"
    assert counted(0, "layer") == "0 layers"
    assert hint("'x'") == ", did you mean 'x'?"
    assert hint("") == ""


@given(st.text())
def test_quoted_text_is_printable_and_short(text: str) -> None:
    result = quoted(text)
    assert result.isprintable()
    assert len(result) <= MAX_SHOWN + 2
    if text.isprintable() and len(text) <= MAX_SHOWN:
        assert result == f"'{text}'"
