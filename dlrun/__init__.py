"""dlrun: one YAML file is one experiment; train it, see what is wrong, know what to try next.

    import dlrun

    run = dlrun.train("digits.yaml")     # or dlrun.load("@last")
    run.diagnosis.headline               # what is wrong with it
    run.predict(X)                       # labels, as the data names them

Importing it imports nothing else: what a name needs is loaded when the name is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlrun.api.run import Run as Run
    from dlrun.api.run import load as load
    from dlrun.api.training import resume as resume
    from dlrun.api.training import train as train
    from dlrun.errors import Diverged as Diverged
    from dlrun.errors import DlrunError as DlrunError
    from dlrun.errors import InvalidInput as InvalidInput

__version__ = "0.1.0"

_HOMES = {
    "Run": "dlrun.api.run",
    "load": "dlrun.api.run",
    "resume": "dlrun.api.training",
    "train": "dlrun.api.training",
    "Diverged": "dlrun.errors",
    "DlrunError": "dlrun.errors",
    "InvalidInput": "dlrun.errors",
}

__all__ = ["Diverged", "DlrunError", "InvalidInput", "Run", "__version__", "load", "resume", "train"]

if not TYPE_CHECKING:  # a type checker that saw this would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Return a public name, imported now."""
        if name not in _HOMES:
            raise AttributeError(f"module 'dlrun' has no attribute {name!r}")
        from importlib import import_module

        globals()[name] = found = getattr(import_module(_HOMES[name]), name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
