"""Any text gives a spec, or problems with places: pieces of YAML, real specs with random edits, random characters and bytes."""

import re
import resource
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.errors import InvalidInput
from dlrun.spec.reading import read_spec
from tests.proofs.counting import RecordProperty, proof, tries

SPECS = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))]
PLACE = re.compile(r".+:[1-9]\d*:[1-9]\d*", re.DOTALL)  # FILE:LINE:COLUMN
MOST_SECONDS = 0.5  # of the processor, for one text

PIECES = st.sampled_from([
    "\n", "  ", "{", "}", "[", "]", ": ", ", ", "'", '"', "null", "5", "-1", "1e999", "80%", "adam", "kind: ", "&x ",
    "*x", "!t ", "é", "data: ", "extends: a.yaml\n", "- ", "? ", "#", "\t", "|", ">-", "true", "path: /\n", "<<: ",
    "\x1b", "hidden: ", "[" * 40, '"\\UFFFFFFFF"', "%YAML 1.2\n", "---\n", "...\n", "\\x", "\\U", "\x85", "\u2028", "\ufeff",
    "\x00", "\ud800", "9" * 400, "0x1f", ".inf", ".nan", "source: digits\n", "units: 3", "training:\n  ", "keep_prob: ",
    "learning_rate: {", "decay: manual", "rates: ", "~", "@", "`",
])  # fmt: skip
LETTERS = st.characters() | st.sampled_from("\n :{}[],'\"&*!#-?|>%@\\\t\x00\x1b\ud800\ufeff")


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a real spec with a few lines or characters deleted, doubled, exchanged, or put in."""
    parts = draw(st.sampled_from(SPECS)).splitlines(keepends=True)
    for by_lines in draw(st.sampled_from([(True,), (False,), (True, False), (False,) * 4])):
        parts = parts if by_lines else list("".join(parts))
        for _ in range(draw(st.integers(1, 4))):
            here = draw(st.integers(0, max(0, len(parts) - 1)))
            there = draw(st.integers(0, max(0, len(parts) - 1)))
            match draw(st.sampled_from(["delete", "double", "exchange", "insert"])):
                case "delete":
                    del parts[here : here + draw(st.integers(1, 8))]
                case "double":
                    parts[there:there] = parts[here : here + draw(st.integers(1, 8))]
                case "exchange" if parts:
                    parts[here], parts[there] = parts[there], parts[here]
                case _:
                    parts.insert(here, draw(PIECES | LETTERS))
            if not parts:
                break
    return "".join(parts)


texts = mutated() | st.lists(PIECES, max_size=40).map("".join) | st.text(LETTERS, max_size=200)
contents = st.one_of(texts, texts, texts).map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=300)


@pytest.mark.proof
def test_any_text_gives_a_spec_or_problems_with_places(tmp_path: Path, record_property: RecordProperty) -> None:
    path = tmp_path / "random.yaml"
    slowest = 0.0
    bar = f"a spec, or InvalidInput whose every problem has a place and is printable; < {MOST_SECONDS:g} s each"
    with proof(record_property, "any text is read as a spec, or refused with the place", bar=bar) as row:

        @tries(10_000, 250)
        @given(content=contents)
        def check(content: bytes) -> None:
            nonlocal slowest
            path.write_bytes(content)
            seconds = _read(path)
            if seconds > MOST_SECONDS / 10:  # once more: the first time may have paid for somebody else's garbage
                seconds = min(seconds, _read(path))
            row.cases += 1
            slowest = max(slowest, seconds)

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        check()
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        row.figure = f"0 other exceptions, {1000 * slowest:.0f} ms at most, memory grew by {grown:.0f} MB in all"
        assert slowest < MOST_SECONDS


def _read(path: Path) -> float:
    """Read a text, judge what is said of it, and return the seconds that took."""
    start = time.process_time()
    try:
        read_spec(path)
    except InvalidInput as error:
        _judge(error)
    return time.process_time() - start


def _judge(error: InvalidInput) -> None:
    assert error.problems
    for problem in error.problems:
        assert PLACE.fullmatch(problem.where) or problem.what.startswith("and "), problem
        assert str(problem).replace("\n", "").isprintable()
