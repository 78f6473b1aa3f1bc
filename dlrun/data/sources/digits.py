"""The packaged data set: small, real, and there on every machine."""

import hashlib
import io
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import numpy as np

from dlrun.data.raw import RawData, RawExamples, row_numbers


@dataclass(frozen=True, kw_only=True)
class Digits:
    """1,797 handwritten digits, 8 × 8 pixels with values 0–16, classes 0–9, about 180 of each.

    Source: Alpaydin & Kaynak 1998, UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0 (see digits.LICENSE.txt).
    """

    kind: Literal["digits"] = "digits"

    def load(self, seed: int) -> RawData:
        """Read the packaged file; the seed has no effect."""
        file = resources.files("dlrun.data.sources").joinpath("digits.npz").read_bytes()
        with np.load(io.BytesIO(file), allow_pickle=False) as arrays:
            x, y = arrays["x"], arrays["y"]
        return RawData(
            name="digits",
            parts={"all": RawExamples(x=x, y=y, ids=row_numbers(len(x)), label="digit")},
            features=tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
            images=True,
            sha256=hashlib.sha256(file).hexdigest(),
        )
