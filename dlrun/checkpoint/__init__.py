"""Checkpoints: State on disk, as arrays and JSON, never pickle.

`<step>.npz` holds a whole State and is written once; `<step>.best.npz` holds the parameters that were best on dev.
`manifest.json`, replaced last, names the last, the one before, and the best, each with its SHA-256, and carries a checksum of
its own; `manifest.copy.json` stands in for it. What no manifest names is removed only after both are on the disk.
"""

from dlrun.checkpoint.loading import Restored, Which, load_params, restore, settle
from dlrun.checkpoint.saving import keep_first, save, save_best

__all__ = ["Restored", "Which", "keep_first", "load_params", "restore", "save", "save_best", "settle"]
