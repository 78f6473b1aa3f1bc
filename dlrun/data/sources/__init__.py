"""Sources: where examples come from. Each is a frozen dataclass whose `load(seed)` brings a `RawData`."""

from dlrun.data.sources.csv import Csv
from dlrun.data.sources.digits import Digits
from dlrun.data.sources.generators import Blobs, Circles, Moons, Spirals
from dlrun.data.sources.hdf5 import Hdf5
from dlrun.data.sources.npy import Npy
from dlrun.data.sources.npz import Npz
from dlrun.data.sources.parquet import Parquet
from dlrun.data.sources.temperatures import Temperatures

__all__ = [
    "Blobs", "Circles", "Csv", "Digits", "Hdf5", "Moons", "Npy", "Npz", "Parquet", "Source", "Spirals", "Temperatures",
]  # fmt: skip

# the registry: one class and its name here
Source = Digits | Csv | Parquet | Npz | Npy | Hdf5 | Moons | Circles | Spirals | Blobs | Temperatures
