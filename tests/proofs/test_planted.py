"""An error planted at a random place of a random spec, in a random layout, is reported on its line."""

import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.errors import InvalidInput
from dlrun.spec.model import Spec
from dlrun.spec.reading import read_spec
from tests.proofs.counting import RecordProperty, proof, tries
from tests.proofs.layout import Section, tree_of, write
from tests.proofs.planting import PLANTERS, sites
from tests.strategies import instances, seeds

SMALLEST_RATE = 0.99


@pytest.mark.proof
def test_a_planted_error_is_reported_on_its_line(tmp_path: Path, record_property: RecordProperty) -> None:
    path = tmp_path / "planted.yaml"
    tried: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    example = ""
    bar = f"the first problem on the planted line in {100 * SMALLEST_RATE:g} %"
    with proof(record_property, "an error in a spec is reported on its line", bar=bar) as row:

        @tries(10_000, 200)
        @given(spec=instances(Spec), sort=st.sampled_from(sorted(PLANTERS)), seed=seeds)
        def check(spec: Spec, sort: str, seed: int) -> None:
            nonlocal example
            random = Random(seed)
            tree = tree_of(spec, random)
            assert isinstance(tree, Section)
            planted = PLANTERS[sort](list(sites(tree)), random)
            if planted is None:
                return
            text = write(tree, random)
            path.write_text(text, encoding="utf-8")
            with pytest.raises(InvalidInput) as raised:
                read_spec(path)
            line = planted.line or min(item.line for item in tree.items)
            told = re.fullmatch(r".*:(\d+):\d+", raised.value.problems[0].where, re.DOTALL)
            tried[sort] += 1
            if not told or int(told[1]) != line:
                missed[sort] += 1
                example = f"{sort} in line {line}, told:\n{raised.value}\n{text}"

        check()
        row.cases = tried.total()
        rate = 1 - missed.total() / row.cases
        by_sort = ", ".join(f"{sort} {missed[sort]} of {tried[sort]:,}" for sort in sorted(missed)) or "none"
        row.figure = f"{100 * rate:.2f} % on the right line; missed: {by_sort}"
        assert set(tried) == set(PLANTERS), "a sort of error was never planted"
        assert rate >= SMALLEST_RATE, f"{row.figure}; the last one:\n{example}"
