"""The recording: what PyTorch's trajectories come to, in one small file."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlrun.arrays import Array
from tests.oracle import cases, rates
from tests.oracle.cases import GROUPS, Case

COMMITTED = Path(__file__).parent / "trajectories.npz"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Inputs by name; for every group of cases all blocks after the last step, one vector; every rate of every schedule."""

    fingerprint: str  # of the table it was made from
    torch: str  # the version that made it
    inputs: Mapping[str, Array]
    ends: Mapping[str, Array]
    rates: Mapping[str, Array]

    def to_bytes(self) -> bytes:
        """Return the file: one array a name, not compressed, so that the bytes depend on no library but NumPy."""
        parts = {"input": self.inputs, "end": self.ends, "rate": self.rates}
        arrays = {f"{part}/{name}": array for part, named in parts.items() for name, array in named.items()}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, fingerprint=np.array(self.fingerprint), torch=np.array(self.torch), **arrays)
        return file.getvalue()

    @classmethod
    def read(cls, path: Path = COMMITTED) -> "Recording":
        """Read a recording back."""
        with np.load(path, allow_pickle=False) as file:
            parts: dict[str, dict[str, Array]] = {"input": {}, "end": {}, "rate": {}}
            for key in file.files:
                part, _, name = key.partition("/")
                if name:
                    parts[part][name] = file[key]
            return cls(
                fingerprint=str(file["fingerprint"]), torch=str(file["torch"]),
                inputs=parts["input"], ends=parts["end"], rates=parts["rate"],
            )  # fmt: skip

    def cases(self, group: str) -> Iterator[tuple[Case, Array]]:
        """Yield every case of a group and its blocks after the last step, flat."""
        place = 0
        for case in GROUPS[group]:
            yield case, self.ends[group][place : place + case.size]
            place += case.size
        assert place == len(self.ends[group])


def fingerprint() -> str:
    """Return what changes when a table does, so that a recording of another table is not taken for one of this."""
    numbers = (cases.STEPS, cases.EXAMPLES, cases.RUNNING_BETA, cases.BATCH_NORM_EPS)
    blocks = [case.blocks for group in GROUPS.values() for case in group]
    table = repr(
        (
            numbers,
            blocks,
            cases.OPTIMIZERS,
            cases.ACTIVATIONS,
            cases.LOSSES,
            GROUPS,
            rates.SCHEDULES,
            rates.LOSSES,
            rates.STEPS_PER_EPOCH,
        )
    )
    return hashlib.sha256(table.encode()).hexdigest()
