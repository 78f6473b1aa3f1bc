"""Every spec that the schema allows survives being written and read."""

from pathlib import Path

import pytest
from hypothesis import given

from dlrun.spec.effects import without_effect
from dlrun.spec.extends import read_tree
from dlrun.spec.faults import ROOT
from dlrun.spec.model import Spec
from dlrun.spec.reading import read_spec
from dlrun.spec.validation import validate
from dlrun.spec.writing import to_yaml
from tests.proofs.counting import RecordProperty, proof, tries
from tests.strategies import instances


@pytest.mark.proof
def test_every_spec_of_the_schema_is_written_and_read_back_equal(tmp_path: Path, record_property: RecordProperty) -> None:
    path = tmp_path / "written.yaml"
    read = 0
    with proof(record_property, "a spec of the schema, written and read again, is equal", bar="all equal") as row:

        @tries(10_000, 150)
        @given(spec=instances(Spec))
        def check(spec: Spec) -> None:
            nonlocal read
            text = to_yaml(spec)
            path.write_text(text, encoding="utf-8")
            if next(without_effect(spec), None):  # valid by its types, refused because a key would be ignored
                tree, _, problems = read_tree(path, str(path), ROOT)
                again = validate(tree)
                assert not problems
            else:
                again = read_spec(path).spec
                read += 1
            assert again == spec
            assert to_yaml(again) == text  # to the last bit: -0.0 equals 0.0
            row.cases += 1

        check()
        row.figure = f"all equal; {read:,} through read_spec, the others have a key without effect and are read up to there"
        assert read
