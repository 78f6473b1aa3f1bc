"""A changed byte or a cut in any file of a run's checkpoints never becomes other numbers: it is named, or does no harm.

Each byte has a bit flipped, is set to zero, is deleted; each file is cut off at every length. Two runs: one whose best parameters
lie in two files, and one, as after a divergence, whose best lie in a single file and can be lost.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlrun import checkpoint
from dlrun.errors import DlrunError
from dlrun.rundir.paths import RunPaths
from dlrun.training.state import State
from tests.checkpoint.states import advance, equal, fresh, made, names, trained
from tests.proofs.counting import FULL, RecordProperty, proof

MANIFESTS = ("manifest.json", "manifest.copy.json")
LAST, PREVIOUS = "00000009.npz", "00000007.npz"
STRIDE = 1 if FULL else 23  # no divisor of what repeats in these files


def two_checkpoints(paths: RunPaths) -> State:
    """Save a run at step 7 and at step 9; its best is of step 3."""
    state = trained()
    checkpoint.save(paths, state, {})
    checkpoint.save(paths, advance(state, 2), {})
    return state


def a_best_of_its_own(paths: RunPaths) -> State:
    """Save the same, and the parameters of step 10, the best, before the run diverges."""
    two_checkpoints(paths)
    state = advance(trained(), 3, best_at=10)
    checkpoint.save_best(paths, state)
    return state


def damages(whole: bytes) -> Iterator[bytes]:
    """Yield everything that may become of a file, at every place or every STRIDEth."""
    for place in range(0, len(whole), STRIDE):
        before, byte, after = whole[:place], whole[place], whole[place + 1 :]
        yield before + bytes([byte ^ 1 << place % 8]) + after
        if byte:
            yield before + b"\0" + after
        yield before + after
        yield before


@pytest.mark.proof
@pytest.mark.parametrize("lay", [two_checkpoints, a_best_of_its_own], ids=lambda lay: lay.__name__)
def test_no_changed_byte_becomes_other_numbers(
    lay: Callable[[RunPaths], State], tmp_path: Path, record_property: RecordProperty
) -> None:
    paths = made(tmp_path / "run")
    saved = lay(paths)
    files = [*names(paths), *MANIFESTS]
    assert len(files) == 5
    bar = "0 silent; the newest whole checkpoint is taken, a damaged one named"
    with proof(record_property, f"a damaged file of a checkpoint is named or does no harm ({lay.__name__})", bar=bar) as row:
        found = Counter[str]()
        for name in files:
            path = paths.checkpoints / name
            whole = path.read_bytes()
            for damaged in damages(whole):
                row.cases += 1
                path.write_bytes(damaged)
                found[judged(paths, name, saved)] += 1
            path.write_bytes(whole)
        assert judged(paths, "", saved) == "harmless"
        named, harmless, lost = found["named"], found["harmless"], found["lost"]
        row.figure = f"{named:,} named, {harmless:,} harmless, 0 silent; {lost:,} cost the best parameters, in words"
        assert (lost > 0) == (saved.best.step == 10)


def judged(paths: RunPaths, name: str, saved: State) -> str:
    """Load all there is while one file is damaged, and compare it to the bit; say whether that was named, or did no harm."""
    back, params = fresh(), fresh().params
    restored = checkpoint.restore(paths, back)
    assert restored.entry
    assert restored.entry.file == (PREVIOUS if name == LAST else LAST), name
    assert equal(back, trained() if name == LAST else advance(trained(), 2)), name
    told = " ".join(restored.passed_over)
    try:
        checkpoint.load_params(paths, "best", params)
    except DlrunError as error:
        told = str(error)
        assert name == "00000010.best.npz"
        assert name in told
        return "lost"
    assert params.theta.tobytes() + params.stats.tobytes() == saved.best.theta.tobytes() + saved.best.stats.tobytes(), name
    if name == LAST or (name in MANIFESTS and not says_the_same(paths)):
        assert told.startswith(f"{name} cannot be used: "), told
        return "named"
    assert not told
    return "harmless"


def says_the_same(paths: RunPaths) -> bool:
    """Say whether a change of a manifest was one between words, where JSON does not care."""
    one, other = (path.read_bytes() for path in (paths.manifest, paths.manifest_copy))
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
