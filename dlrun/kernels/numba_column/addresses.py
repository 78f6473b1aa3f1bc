"""Arrays that are known by their address: what a tape notes, and what threads tell each other."""

from typing import Any

from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

from dlrun.kernels.numba_column.compiling import compiled


@intrinsic
def _pointer(typing_context: Any, address: Any, kind: Any) -> Any:
    """Make an address a pointer to numbers of a type: that of an array, or a type itself."""
    made: Any = types.CPointer(kind.dtype)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(made))

    return made(types.int64, kind), generate


@compiled
def matrix_at(address: int, kind: Any, m: int, n: int) -> Any:
    """Return the array (m, n) that is at this address."""
    return carray(_pointer(address, kind), (m, n))  # type: ignore[call-arg]


@compiled
def vector_at(address: int, kind: Any, n: int) -> Any:
    """Return the array (n,) that is at this address."""
    return carray(_pointer(address, kind), n)  # type: ignore[call-arg]
