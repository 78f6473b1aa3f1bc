"""Which kernels a run uses: chosen once from shapes, steps and what is installed, never from a clock or a cache.

Numba's save time in every step. Loading machine code takes a tenth of a second first; importing Numba, for networks that no tape
can hold, half a second.
"""

from math import prod

from dlrun.errors import InvalidInput
from dlrun.kernels import Kernels, column, numba_is_installed, require_numba
from dlrun.nn.layers import Activation, Identity, LeakyRelu, Relu
from dlrun.nn.network import Placed
from dlrun.printable import printable
from dlrun.spec import LoadedSpec

STARTING, WITHOUT_TAPES = 0.1, 0.5  # seconds
PLAYED = (Identity, LeakyRelu, Relu)  # the activations that tapes can hold
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
    starting = STARTING if _plays(loaded, placed) else WITHOUT_TAPES
    return "numba" if saved > starting and numba_is_installed() else "numpy"


def load_kernels(loaded: LoadedSpec, name: str, placed: tuple[Placed, ...]) -> Kernels:
    """Return the column of this name, for this network.

    Errors: InvalidInput if Numba is needed, and does not go with this NumPy or Python.
    """
    try:
        if name == "numba":
            require_numba(loaded.spec.training.dtype, layers=not _plays(loaded, placed))
        return column(name)
    except ImportError as error:
        what = f"training.kernels is {name}, which cannot be imported: {printable(str(error))}"
        raise InvalidInput(loaded.problem("training.kernels", what, cure="-s training.kernels=numpy")) from error


def _plays(loaded: LoadedSpec, placed: tuple[Placed, ...]) -> bool:
    """Say whether tapes can hold what a step of this network does."""
    loss = loaded.spec.loss
    weighted = loss != "auto" and getattr(loss, "class_weights", None) is not None
    return not weighted and all(isinstance(p.layer, PLAYED) for p in placed if isinstance(p.layer, Activation))


def seconds_saved(placed: tuple[Placed, ...], batch_size: int, slots: int) -> float:
    """Return about how much shorter a step is with Numba's kernels."""
    parameters = sum(prod(block.shape) for p in placed for block in p.layer.blocks(p.n_in))
    units = sum(p.n_out for p in placed if isinstance(p.layer, Activation))
    return CALLS + (PARAMETER + slots * SLOT) * parameters + UNIT * batch_size * units
