"""What threads tell each other by: whole numbers of 64 bits in memory, read and changed at once, in one order for all.

Each is given by its address. What was written before a number is published is seen by whoever has read it.
"""

import platform
from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WORD = ir.IntType(64)
HAS_PAUSE = platform.machine().lower() in {"x86_64", "amd64"}  # an instruction for those who wait for another thread

yield_core: Any = types.ExternalFunction("sched_yield", types.int32())
sleep_us: Any = types.ExternalFunction("usleep", types.int32(types.uint32))


def inlined(generator: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that compiled code calls, made of instructions; it is called without the context."""
    return cast(Callable[..., Any], intrinsic(generator))


def _word(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, WORD.as_pointer())


@inlined
def load(typing_context: Any, address: Any) -> Any:
    """Return the number at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_word(builder, arguments[0]), "seq_cst", align=8)

    return types.int64(types.int64), generate


@inlined
def store(typing_context: Any, address: Any, number: Any) -> Any:
    """Publish a number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[1], _word(builder, arguments[0]), "seq_cst", align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@inlined
def increment(typing_context: Any, address: Any) -> Any:
    """Add one to a number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.atomic_rmw("add", _word(builder, arguments[0]), WORD(1), "seq_cst")
        return context.get_dummy_value()

    return types.void(types.int64), generate


@inlined
def exchange(typing_context: Any, address: Any, expected: Any, number: Any) -> Any:
    """Put a number in the place of the expected one; say whether that is what was there, otherwise it stays."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.cmpxchg(_word(builder, arguments[0]), arguments[1], arguments[2], "seq_cst", "seq_cst")
        return builder.extract_value(found, 1)

    return types.boolean(types.int64, types.int64, types.int64), generate


@inlined
def pause(typing_context: Any) -> Any:
    """Tell the processor that this thread waits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if HAS_PAUSE:
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", fnty=ir.FunctionType(ir.VoidType(), [])), [])
        return context.get_dummy_value()

    return types.void(), generate


@inlined
def prefetch(typing_context: Any, address: Any) -> Any:
    """Ask for the memory at an address, which will be read soon."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [memory, flag, flag, flag])
        function = builder.module.declare_intrinsic("llvm.prefetch", [memory], kind)
        to_read, as_near_as_can_be, data = flag(0), flag(3), flag(1)
        builder.call(function, [builder.inttoptr(arguments[0], memory), to_read, as_near_as_can_be, data])
        return context.get_dummy_value()

    return types.void(types.int64), generate
