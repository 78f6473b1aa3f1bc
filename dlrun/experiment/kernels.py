"""Which kernels a run uses: chosen once from shapes, steps and what is installed, never from a clock or a cache.

Numba's save time in every step, but importing Numba, and loading what it has compiled, takes most of a second first.
"""

from math import prod

from dlrun.errors import InvalidInput
from dlrun.kernels import Kernels, column, numba_is_installed
from dlrun.nn.layers import Activation
from dlrun.nn.network import Placed
from dlrun.printable import printable
from dlrun.spec import LoadedSpec

STARTING = 0.5  # seconds
# what a step saves, in seconds (benchmarks/NOTES.md): its calls, each parameter, each of its slots, each unit of each example
CALLS, PARAMETER, SLOT, UNIT = 45e-6, 0.15e-9, 0.5e-9, 0.65e-9


def choose_kernels(loaded: LoadedSpec, placed: tuple[Placed, ...], batch_size: int, steps: int) -> str:
    """Return the name of the column: the one that the spec names, or Numba's where all its steps save more than it costs.

    Errors: InvalidInput if the spec asks for Numba, and it is not installed.
    """
    asked = loaded.spec.training.kernels
    if asked == "numba" and not numba_is_installed():
        what = "training.kernels is numba, which is not installed"
        raise InvalidInput(loaded.problem("training.kernels", what, cure="pip install 'dlrun[fast]', or leave it to auto"))
    if asked != "auto":
        return asked
    saved = steps * seconds_saved(placed, batch_size, len(loaded.spec.optimizer.slots))
    return "numba" if saved > STARTING and numba_is_installed() else "numpy"


def load_kernels(loaded: LoadedSpec, name: str) -> Kernels:
    """Return the column of this name.

    Errors: InvalidInput if Numba is installed, and does not go with this NumPy or Python.
    """
    try:
        return column(name)
    except ImportError as error:
        what = f"training.kernels is {name}, which cannot be imported: {printable(str(error))}"
        raise InvalidInput(loaded.problem("training.kernels", what, cure="-s training.kernels=numpy")) from error


def seconds_saved(placed: tuple[Placed, ...], batch_size: int, slots: int) -> float:
    """Return about how much shorter a step is with Numba's kernels."""
    parameters = sum(prod(block.shape) for p in placed for block in p.layer.blocks(p.n_in))
    units = sum(p.n_out for p in placed if isinstance(p.layer, Activation))
    return CALLS + (PARAMETER + slots * SLOT) * parameters + UNIT * batch_size * units
