"""Sources: where examples come from. Each is a frozen dataclass whose `load(seed)` brings a `RawData`."""

from dlrun.data.sources.csv import Csv
from dlrun.data.sources.digits import Digits
from dlrun.data.sources.generators import Blobs, Circles, Moons, Spirals
from dlrun.data.sources.npz import Npz
from dlrun.data.sources.temperatures import Temperatures

__all__ = ["Blobs", "Circles", "Csv", "Digits", "Moons", "Npz", "Source", "Spirals", "Temperatures"]

Source = Digits | Csv | Npz | Moons | Circles | Spirals | Blobs | Temperatures  # the registry: one class and its name here
