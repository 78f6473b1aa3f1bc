"""Train every case with PyTorch, compare with dlrun after every step and with the recording: `make oracle`.

`make oracle RECORD=--write` replaces the recording.
"""

import argparse
import sys
from itertools import pairwise

import numpy as np

from dlrun.arrays import Array
from tests.oracle import ours, rates, theirs
from tests.oracle.cases import CLASSES, EXAMPLES, FEATURES, GROUPS, HIDDEN, NEW_EXAMPLES
from tests.oracle.compare import Row, parity, rate_parity
from tests.oracle.recording import COMMITTED, Recording, fingerprint

SEED = 12


def draw_inputs() -> dict[str, Array]:
    """Draw examples, labels of every sort, and initial parameters; a single output has the first column of the last block."""
    rng = np.random.default_rng(SEED)
    x, logits = rng.standard_normal((EXAMPLES, FEATURES)), rng.standard_normal((EXAMPLES, CLASSES))
    classes = np.argmax(x[:, :CLASSES] + logits, axis=1)
    inputs: dict[str, Array] = {
        "x": x,
        "new_x": rng.standard_normal((NEW_EXAMPLES, FEATURES)),
        "classes": classes,
        "two_classes": (classes > 0).astype(np.int64),
        "targets": x[:, 0] - x[:, 1] * x[:, 2] + 0.3 * logits[:, 0],
        "probabilities": np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
    }
    widths = (FEATURES, *HIDDEN, CLASSES)
    for k, (n_in, n_out) in enumerate(pairwise(widths), start=1):
        inputs[f"W{k}"] = rng.standard_normal((n_in, n_out)) / np.sqrt(n_in)
        inputs[f"b{k}"] = inputs[f"beta{k}"] = 0.5 * rng.standard_normal(n_out)
        inputs[f"gamma{k}"] = rng.uniform(0.5, 1.5, n_out)
    return inputs


def record() -> tuple[Recording, list[Row]]:
    """Train with both, and return what PyTorch came to and how far dlrun was from it at any step.

    Beside each row stands how far PyTorch is from itself when the initial W1 is one rounding away: no agreement can be closer
    than about that, and what is large there says nothing about anybody's formulas.
    """
    inputs, ends, rows = draw_inputs(), {}, []
    nudged = inputs | {"W1": np.nextafter(inputs["W1"], np.inf)}
    for group, cases in GROUPS.items():
        paths = {case: theirs.trajectory(case, inputs) for case in cases}
        ends[group] = np.concatenate([path[-1] for path in paths.values()])
        itself = parity(group, ((case, theirs.trajectory(case, nudged), path) for case, path in paths.items()))
        rows.append(parity(group, ((case, ours.trajectory(case, inputs), path) for case, path in paths.items())))
        print(f"{rows[-1]}   (PyTorch, nudged: {itself.worst:.1e})", flush=True)
    followed = {name: theirs.rates(told) for name, told in rates.SCHEDULES.items()}
    rows.append(rate_parity((name, rates.ours(rates.SCHEDULES[name]), path) for name, path in followed.items()))
    print(rows[-1])
    return Recording(fingerprint=fingerprint(), torch=theirs.VERSION, inputs=inputs, ends=ends, rates=followed), rows


def difference(new: Recording) -> str:
    """Say how far a new recording is from the committed one; empty if it is not that far."""
    if not COMMITTED.exists():
        return "nothing has been recorded yet"
    old = Recording.read()
    if old.fingerprint != new.fingerprint:
        return "the table of cases is another one than was recorded"
    rows = [parity(g, ((c, a, b) for (c, a), (_, b) in zip(new.cases(g), old.cases(g), strict=True))) for g in GROUPS]
    worst = max(rows, key=lambda row: row.worst)
    same = "the same bytes as" if new.to_bytes() == COMMITTED.read_bytes() else f"at most {worst.worst:.1e} away from"
    print(f"this recording is {same} the committed one (PyTorch {new.torch}; then {old.torch})")
    return "; ".join(over for row in rows for over in row.over)


def main() -> int:
    """Record, compare, and write if told to; 1 when anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the committed recording")
    told = parser.parse_args()
    recording, rows = record()
    if told.write:
        COMMITTED.write_bytes(recording.to_bytes())
        print(f"wrote {COMMITTED.name}, {COMMITTED.stat().st_size:,} bytes")
    faults = [*(over for row in rows for over in row.over), *filter(None, [difference(recording)])]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
