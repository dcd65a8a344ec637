"""Vectors of sixteen numbers as values in compiled loops.

The compiler uses vectors in plain loops over neurons.  It does not keep sums in registers over an outer loop, as a
matrix product needs, and it does not pack comparisons into bits.  Here both are written out; the compiler splits a
vector in parts where the processor's are shorter.

Nothing here checks an index.  Numba calls the functions with the types of their arguments, and the functions inside
with the values.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import register_model

from lava_ahp.slayer.kernels._compile import emitted

#: Numbers in a vector.
LANES = 16

_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_INTEGERS = ir.VectorType(ir.IntType(32), LANES)


class _Vector(types.Type):
    def __init__(self) -> None:
        super().__init__("float32x16")


_vector = _Vector()


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FLOATS)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, indices: Any, vector: Any) -> Any:
    structure = context.make_array(kind)(context, builder, array)
    item = cgutils.get_item_pointer(context, builder, kind, structure, indices, wraparound=False)
    return builder.bitcast(item, vector.as_pointer())


@emitted
def load(_context, array, row, column):
    """``array[row, column : column + 16]``, of ``float32``."""

    def build(context, builder, signature, arguments):
        return builder.load(
            _pointer(context, builder, signature.args[0], arguments[0], arguments[1:], _FLOATS), align=4
        )

    return _vector(array, types.intp, types.intp), build


@emitted
def store(_context, x, array, row, column):
    """Set ``array[row, column : column + 16]`` to ``x``."""

    def build(context, builder, signature, arguments):
        at = _pointer(context, builder, signature.args[1], arguments[1], arguments[2:], _FLOATS)
        builder.store(arguments[0], at, align=4)

    return types.void(_vector, array, types.intp, types.intp), build


@emitted
def multiply_add(_context, factor, x, y):
    """``factor * x + y``, rounded once; ``factor`` is one number."""

    def build(_, builder, _signature, arguments):
        undefined, zeros = ir.Constant(_FLOATS, ir.Undefined), ir.Constant(_INTEGERS, None)
        first = builder.insert_element(undefined, arguments[0], ir.Constant(ir.IntType(32), 0))
        factors = builder.shuffle_vector(first, undefined, zeros)
        kind = ir.FunctionType(_FLOATS, [_FLOATS] * 3)
        fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
        return builder.call(fused, [factors, arguments[1], arguments[2]])

    return _vector(types.float32, _vector, _vector), build


@emitted
def exceeding(_context, x, limit, start):
    """``x[i] > limit[i]`` for ``i`` from ``start`` to ``start + 15``, as the lowest bits of a number."""

    def build(context, builder, signature, arguments):
        some, limits = (
            builder.load(_pointer(context, builder, kind, array, arguments[2:], _INTEGERS), align=4)
            for kind, array in zip(signature.args[:2], arguments[:2], strict=True)
        )
        bits = builder.bitcast(builder.icmp_signed(">", some, limits), ir.IntType(LANES))
        return builder.zext(bits, ir.IntType(64))

    return types.uint64(x, limit, types.intp), build


@emitted
def lowest_bit(_context, bits):
    """Position of the lowest bit of a number other than zero."""

    def build(_, builder, _signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), build
