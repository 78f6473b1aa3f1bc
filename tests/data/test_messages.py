import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data.messages import Findings, did_you_mean, limited, listed, quoted, shown, yaml_word
from dlrun.errors import InvalidInput, Problem


@given(text=st.text(), at=st.integers(0, 200), width=st.integers(2, 50))
def test_shown_text_is_printable_and_short(text: str, at: int, width: int) -> None:
    safe = shown(text, at, width)
    assert safe.isprintable()
    assert len(safe) <= 10 * width + 2  # \U0001f600 is the longest escape
    assert text != safe or len(text) <= width


def test_shown_text_is_cut_around_the_place() -> None:
    assert shown("0123456789", at=5, width=4) == "…3456…"
    assert shown("0123456789", at=0, width=4) == "0123…"
    assert shown("0123456789", at=9, width=4) == "…6789"
    assert shown("a\tb\x1b") == "a\\tb\\x1b"
    assert quoted("it") == "'it'"


@given(text=st.text() | st.from_regex(r"[ -~]{0,6}", fullmatch=True) | st.sampled_from(["null", "True", "1e3", "-", "~", "012"]))
def test_a_word_of_yaml_is_safe_to_print_and_reads_back(text: str) -> None:
    word = yaml_word(text)
    assert word.isprintable()
    assert yaml.safe_load(f"[{word}]") == [text] or text.lower() in {"yes", "no", "on", "off", "y", "n"}  # YAML 1.1's


def test_plain_words_stay_plain() -> None:
    assert [yaml_word(text) for text in ("x1", "petal width", "größe", "1", "a, b", "\x1b[31mx2")] == [
        "x1", "petal width", "größe", '"1"', '"a, b"', '"\\x1b[31mx2"'
    ]  # fmt: skip


def test_only_ten_names_are_listed() -> None:
    assert listed("ab") == "'a', 'b'"
    assert listed(str(i) for i in range(1012)).endswith("'9', and 1,002 more")


def test_suggestions_look_past_case_and_spaces() -> None:
    assert did_you_mean("Specie", [" species", "width"]) == "did you mean ' species'?"
    assert did_you_mean("zzz", ["a", "b"]) == "there are 'a', 'b'"
    assert did_you_mean("zzz", []) == ""


def test_ten_problems_and_the_count_of_the_others() -> None:
    problems = [Problem(what=str(i)) for i in range(12)]
    assert limited(problems[:10], 10) == problems[:10]
    assert limited(problems, 1200)[10:] == [Problem(what="and 1,190 more like these", stands_for=1190)]


def test_findings_are_told_in_the_order_of_lines() -> None:
    findings = Findings()
    findings.raise_all()
    assert not findings
    for line in (7, 2, 5):
        findings.add(line, Problem(what=f"line {line}"))
    findings.others = 4
    assert findings
    with pytest.raises(InvalidInput) as caught:
        findings.raise_all()
    assert [p.what for p in caught.value.problems] == ["line 2", "line 5", "line 7", "and 4 more like these"]
