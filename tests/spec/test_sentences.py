from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import pytest
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from dlrun.nn.optimizers import Adam, GradientDescent
from dlrun.nn.stopping import EarlyStopping
from dlrun.spec.compose import compose
from dlrun.spec.schema import Form, Shorthand, shape_of
from dlrun.spec.sentences import allowed, wrong_value
from dlrun.spec.text import Text

SHARE = Annotated[float, Gt(0), Le(1)]
COUNT = Annotated[int, Ge(1)]
Stops: TypeAlias = tuple[Annotated[EarlyStopping, Shorthand("patience")], ...]

FULL = "k must be a whole number at least 1 or 'full', got the text 'fulll', did you mean 'full'?"
SHARES = "k must be a number above 0 and at most 1 or a list (each item a number above 0 and at most 1), got a mapping"
MAPPING = "a mapping with patience, watch and min_improvement"
STOPS = f"a whole number at least 1 for patience or {MAPPING}"


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
        (bool, "no", "k must be true or false, got the text 'no'", "write false"),
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
        (Annotated[tuple[str, ...], MinLen(1)], "[]", "k must be not empty, got a list of 0 items", ""),
        (tuple[str, ...], "x", "k must be a list (each item text), got the text 'x'", "write a list: [x]"),
        (tuple[str, ...], "5", "k must be a list (each item text), got 5", ""),
        (Stops, "5", f"k must be a list (each item {STOPS}), got 5", "write a list: [5]"),
        (Stops, "{}", f"k must be a list (each item {STOPS}), got a mapping", "write a list: [{…}]"),
        (Stops, "x", f"k must be a list (each item {STOPS}), got the text 'x'", ""),
        (Annotated[EarlyStopping, Shorthand("patience")], "x", f"k must be {STOPS}, got the text 'x'", ""),
        (GradientDescent | Adam, "5", "k must be a kind (gradient_descent or adam), got 5", ""),
        (bool | Adam, "5", "k must be true or false or a mapping with beta1, beta2 and eps, got 5", ""),
        (bool | GradientDescent, "5", "k must be true or false or a kind (gradient_descent), got 5", ""),
        (bool | None, "Off", "k must be true or false or null, got the text 'Off'", "write false"),
        (EarlyStopping | None, "5", f"k must be {MAPPING} or null, got 5", ""),
        (EarlyStopping, "", f"k must be {MAPPING}, got nothing", "remove the key to keep its defaults"),
        (Annotated[str, Form("'N steps'", "[0-9]+ steps")], "x", "k must be 'N steps', got the text 'x'", ""),
    ],
)  # fmt: skip
def test_sentences(annotation: Any, written: str, sentence: str, cure: str) -> None:
    node, _ = compose(Text("a.yaml", written, Path()))
    assert wrong_value("k", shape_of(annotation), node) == (sentence, cure)


def test_bounds_on_emptiness_go_without_saying() -> None:
    assert allowed(shape_of(Annotated[str, MinLen(1)])) == "text"
