"""The entry: one function that is asked for everything a step needs, compiled for one type of numbers into one object file.

Python calls it as it calls those of its own that are written in C: with what the function is bound to, and its arguments. What it
is bound to is an array that says what is asked for, and where the desk is.
"""

from typing import Any

import llvmlite.binding as llvm
import numpy as np
import numpy.typing as npt
from numba import cfunc, from_dtype, types

from dlrun.arrays import Array, IntArray
from dlrun.kernels.numba_column import crew
from dlrun.kernels.numba_column.addresses import matrix_at, vector_at
from dlrun.kernels.numba_column.compiling import compiled
from dlrun.kernels.numba_column.player import play
from dlrun.kernels.playing import calls
from dlrun.kernels.playing.desk import DESK, FIGURES, GATHER, HELP, LOOKING, PLAY, PRODUCT, TURNED
from dlrun.kernels.playing.layout import ARRAY, DATA, DIMENSIONS, STRIDES
from dlrun.kernels.playing.ticket import DONE, ORDER, PLACE, TICKET, VECTORS

save_thread: Any = types.ExternalFunction("PyEval_SaveThread", types.int64())
restore_thread: Any = types.ExternalFunction("PyEval_RestoreThread", types.void(types.int64))
as_double: Any = types.ExternalFunction("PyFloat_AsDouble", types.float64(types.int64))
refuse: Any = types.ExternalFunction("PyErr_BadArgument", types.int32())
count_reference: Any = types.ExternalFunction("Py_IncRef", types.void(types.int64))


def machine_code(dtype: npt.DTypeLike) -> tuple[list[str], bytes]:
    """Return the object file that the entry for numbers of this type is in, and before it names.

    The entry's own, then those of functions of Numba's that it calls where it gives memory back or raises an error: nowhere.
    """
    real = from_dtype(np.dtype(dtype))

    @cfunc(types.int64(*[types.int64] * 3), error_model="numpy")
    def enter(bound: int, arguments: int, count: int) -> int:
        ticket, told = vector_at(_data(bound), types.int64, TICKET), vector_at(arguments, types.int64, count)
        place, order = ticket[PLACE], ticket[ORDER]
        desk, figures = vector_at(place, types.int64, DESK), vector_at(place + 8 * DESK, types.float64, FIGURES)
        kind = vector_at(place, real, 0)
        if order in (PRODUCT, GATHER, HELP, PLAY, LOOKING):
            thread = save_thread()
            if order == HELP:
                crew.help_out(desk, figures, kind)
            elif order == PRODUCT:
                _product(desk, figures, kind, told[0], told[1], told[2])
            elif order == GATHER:
                _gather(desk, figures, kind, told[0], told[1], told[2])
            else:
                _play(desk, figures, kind, vector_at(_data(told[0]), types.int64, calls.PAGE), told[1], told[2], order == LOOKING)
            restore_thread(thread)
        elif not _update(desk, figures, kind, order, told, ticket[VECTORS]):
            refuse()
            return 0
        nothing = ticket[DONE]
        count_reference(nothing)
        return nothing  # type: ignore[no-any-return]

    module = llvm.parse_assembly(enter.inspect_llvm())
    target, cpu = llvm.Target.from_default_triple(), llvm.get_host_cpu_name()
    features = llvm.get_host_cpu_features().flatten()
    machine = target.create_target_machine(cpu=cpu, features=features, opt=3, codemodel="jitdefault", jit=True)
    of_numba = [function.name for function in module.functions if function.name.startswith(("NRT_", "numba_"))]
    return [enter.native_name, *of_numba], machine.emit_object(module)


@compiled
def _product(desk: IntArray, figures: Array, kind: Array, a: int, b: int, out: int) -> None:
    m, n, k = _length(out, 0), _length(out, 1), _length(a, 1)
    crew.product(desk, figures, kind, _data(a), _data(b), _data(out), m, n, k, desk[TURNED])


@compiled
def _gather(desk: IntArray, figures: Array, kind: Array, x: int, rows: int, out: int) -> None:
    m, n = _length(out, 0), _length(out, 1)
    crew.gather(desk, figures, kind, _data(x), _data(rows), _data(out), m, n, _length(x, 0))


@compiled
def _update(desk: IntArray, figures: Array, kind: Array, order: int, told: IntArray, vectors: int) -> bool:
    """Make the step if all the vectors are as long as the first, and of the network's type without gaps; say whether they are.

    Behind them comes scratch, which is not needed, and the hyperparameters.
    """
    n = _length(told[0], 0)
    for v in range(vectors):
        if (
            _length(told[v], 0) != n
            or vector_at(vector_at(told[v], types.int64, ARRAY)[STRIDES], types.int64, 1)[0] != kind.itemsize
        ):
            return False
    for f in range(told.size - vectors - 1):
        figures[f] = as_double(told[vectors + 1 + f])
    third, fourth = _data(told[2]) if vectors > 2 else 0, _data(told[3]) if vectors > 3 else 0
    thread = save_thread()
    crew.update(desk, figures, kind, order, _data(told[0]), _data(told[1]), third, fourth, n)
    restore_thread(thread)
    return True


@compiled
def _play(desk: IntArray, figures: Array, kind: Array, page: IntArray, x: int, y: int, look: bool) -> None:
    """Play the tape of this page on the mini-batch x, y, if it is of the size that was noted."""
    rows = matrix_at(page[calls.ROWS], types.int64, page[calls.CALLS], calls.ROW)
    numbers = vector_at(page[calls.NUMBERS], types.float64, page[calls.CALLS])
    addresses = vector_at(page[calls.ADDRESSES], types.int64, page[calls.PLACES])
    results = vector_at(page[calls.RESULTS], types.float64, 4)
    m = page[calls.EXAMPLES]
    if _length(x, 0) != m or _length(y, 0) != m or _length(x, 1) != page[calls.INPUTS]:
        results[calls.FINITE] = calls.MISFIT
        return
    addresses[0], addresses[1] = _data(x), _data(y)
    loss, errors, norm, finite = play(rows, numbers, addresses, kind, look, desk, figures)
    results[calls.LOSS], results[calls.ERRORS], results[calls.NORM] = loss, errors, norm
    results[calls.FINITE] = 1.0 if finite else 0.0


@compiled
def _data(array: int) -> Any:
    """Return where the numbers of an array begin."""
    return vector_at(array, types.int64, ARRAY)[DATA]


@compiled
def _length(array: int, axis: int) -> Any:
    """Return how long an array is along an axis."""
    return vector_at(vector_at(array, types.int64, ARRAY)[DIMENSIONS], types.int64, 2)[axis]
