"""A little memory on the stack of a compiled function, for sums: there is nothing to be asked for, and so nothing to fail."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from dlrun.kernels.numba_column.atomics import inlined

ROOM = 256  # numbers of 64 bits


@inlined
def room(typing_context: Any) -> Any:
    """Return the address of room for so many numbers, which lasts as long as the function that asks."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = cgutils.alloca_once(builder, ir.ArrayType(ir.DoubleType(), ROOM))  # type: ignore[no-untyped-call]
        return builder.ptrtoint(place, ir.IntType(64))

    return types.int64(), generate
