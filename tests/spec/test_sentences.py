from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from dlrun.nn.optimizers import Optimizer
from dlrun.spec.compose import compose
from dlrun.spec.schema import Form, shape_of
from dlrun.spec.sections import EarlyStopping
from dlrun.spec.sentences import allowed, wrong_value
from dlrun.spec.text import Text

SHARE = Annotated[float, Gt(0), Le(1)]
COUNT = Annotated[int, Ge(1)]

FULL = "k must be a whole number at least 1 or 'full', got the text 'fulll', did you mean 'full'?"
SHARES = "k must be a number above 0 and at most 1 or a list, each item a number above 0 and at most 1, got a mapping"


@pytest.mark.parametrize(
    ("annotation", "written", "sentence", "cure"),
    [
        (SHARE, "abc", "k must be a number above 0 and at most 1, got the text 'abc'", ""),
        (SHARE, "'0.5'", "k must be a number above 0 and at most 1, got the text '0.5'", "remove the quotes: 0.5"),
        (SHARE, "9.0", "k must be at most 1, got 9.0", ""),
        (Annotated[float, Ge(0), Lt(1)], "150%", "k must be below 1, got 150%", ""),
        (SHARE, ".inf", "k must be a finite number, got .inf", ""),
        (SHARE, "1e999", "k must be a finite number, got 1e999", ""),
        (COUNT, "0", "k must be at least 1, got 0", ""),
        (COUNT, "1e2", "k must be a whole number at least 1, got 1e2", "write it as a whole number: 100"),
        (COUNT, "1.5", "k must be a whole number at least 1, got 1.5", ""),
        (COUNT, "true", "k must be a whole number at least 1, got true", ""),
        (Annotated[int, Le(10**6)], "2000000", "k must be at most 1,000,000, got 2000000", ""),
        (Annotated[int, Le(10**6)], "x", "k must be a whole number, got the text 'x'", ""),
        (bool, "no", "k must be true or false, got the text 'no'", ""),
        (str, "5", "k must be text, got 5", "put quotes around it: '5'"),
        (str, "null", "k must be text, got null", "put quotes around it: 'null'"),
        (Annotated[str, MinLen(1)], "''", "k must be not empty, got the text ''", ""),
        (Annotated[str, MinLen(2), MaxLen(3)], "abcd", "k must be at most 3 long, got the text 'abcd'", ""),
        (COUNT | Literal["full"], "fulll", FULL, ""),
        (COUNT | Literal["full"], "0", "k must be at least 1, got 0", ""),
        (Literal["float32", "float64"], "5", "k must be 'float32' or 'float64', got 5", ""),
        (Literal[1], "2", "k must be 1, got 2", ""),
        (SHARE | tuple[SHARE, ...], "{}", SHARES, ""),
        (COUNT, "[1, 2]", "k must be a whole number at least 1, got a list of 2 items", ""),
        (Optimizer, "5", "k must be a kind (gradient_descent, momentum or adam), got 5", ""),
        (EarlyStopping | None, "5", "k must be a mapping with patience or null, got 5", ""),
        (EarlyStopping, "", "k must be a mapping with patience, got nothing", "remove the key to keep its defaults"),
        (Annotated[str, Form("'N steps'")], "x", "k must be 'N steps', got the text 'x'", ""),
    ],
)  # fmt: skip
def test_sentences(annotation: Any, written: str, sentence: str, cure: str) -> None:
    node, _ = compose(Text("a.yaml", written, Path()))
    assert wrong_value("k", shape_of(annotation), node) == (sentence, cure)


def test_bounds_on_emptiness_go_without_saying() -> None:
    assert allowed(shape_of(Annotated[str, MinLen(1)])) == "text"
