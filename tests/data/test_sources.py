"""Laws that hold for every source, so that a new one is tested the day it is added."""

from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dlrun.data.sources import Csv, Hdf5, Npy, Npz, Parquet, Source

SOURCES: list[Any] = list(get_args(Source))
GENERATORS = [cls for cls in SOURCES if "noise" in (names := {f.name for f in fields(cls)}) or "spread" in names]


@pytest.fixture
def files(tmp_path: Path) -> dict[type, dict[str, Any]]:
    """What the sources need that have no default."""
    table, typed, archive, arrays = (tmp_path / name for name in ("t.csv", "t.parquet", "t.npz", "t.h5"))
    inputs, labels = tmp_path / "x.npy", tmp_path / "y.npy"
    table.write_text("a,b,label\n1,2,x\n3,4.5,y\n5,6,x\n")
    pq.write_table(pa.table({"a": [1, 3], "b": [2, 4.5], "label": ["x", "y"]}), typed)
    x, y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 1, 0])
    np.savez(archive, x=x, y=y)
    np.save(inputs, x)
    np.save(labels, y)
    with h5py.File(arrays, "w") as file:
        file["x"], file["y"] = x, y
    return {
        Csv: {"path": str(table), "target": "label"},
        Parquet: {"path": str(typed), "target": "label"},
        Npz: {"path": str(archive)},
        Npy: {"path": str(inputs), "labels": str(labels)},
        Hdf5: {"path": str(arrays)},
    }


@pytest.mark.parametrize("cls", SOURCES)
def test_brings_what_it_says(cls: type, files: dict[type, dict[str, Any]]) -> None:
    source = cls(**files.get(cls, {}))
    raw = source.load(3)
    for part in raw.parts.values():
        assert part.x.shape == (len(part), len(raw.features))
        assert part.y.shape == part.ids.shape == (len(part),)
        assert part.x.flags.c_contiguous
        assert part.ids.dtype == np.int64
        assert np.isfinite(part.x).all()
    assert len(set(raw.features)) == len(raw.features)
    assert len(raw.sha256) == 64
    assert source.kind == cls.__name__.lower()


@pytest.mark.parametrize("cls", SOURCES)
def test_is_the_same_for_the_same_seed(cls: type, files: dict[type, dict[str, Any]]) -> None:
    source = cls(**files.get(cls, {}))
    first, again, other = source.load(3), source.load(3), source.load(4)
    assert first.sha256 == again.sha256
    for name, part in first.parts.items():
        assert part.x.tobytes() == again.parts[name].x.tobytes()
    assert (first.sha256 != other.sha256) == (cls in GENERATORS)
