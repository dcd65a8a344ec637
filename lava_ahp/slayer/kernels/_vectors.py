"""Vectors of 32 neurons as values in compiled loops, of ``float32`` or ``int32``; those of ``int16`` have 64.

The compiler uses vectors in plain loops over neurons.  It does not keep them in registers over an outer loop, such as
one over time or over the rows of a matrix, and it does not pack comparisons into bits.  Here both are written out.
The processor's vectors are shorter, so the compiler takes several; they also fill the time that one waits for another.

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

#: Neurons in a vector of 32-bit numbers.
LANES = 32

#: Neurons in a vector of 16-bit numbers, and bits of a word.
SHORTS = 64

#: Types that the compiler knows of a word and a bit of it.
WORD, ONE_BIT = ir.IntType(64), ir.IntType(1)


class _Vector(types.Type):
    def __init__(self, number: types.Type, emitted_number: ir.Type, lanes: int) -> None:
        super().__init__(f"{number}x{lanes}")
        self.emitted = ir.VectorType(emitted_number, lanes)


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _Vector) -> None:
        super().__init__(manager, kind, kind.emitted)


FLOATS = _Vector(types.float32, ir.FloatType(), LANES)
INTEGERS = _Vector(types.int32, ir.IntType(32), LANES)
_SHORTS = _Vector(types.int16, ir.IntType(16), SHORTS)
_OF_NUMBER = {types.float32: FLOATS, types.int32: INTEGERS, types.int16: _SHORTS}


def pointer(context: Any, builder: Any, kind: Any, array: Any, index_kind: Any, index: Any, vector: ir.Type) -> Any:
    """Where the vector that begins at ``array[index]`` lies; the index is a number, or one for each axis."""
    several = isinstance(index_kind, types.BaseTuple)
    each, kinds = (cgutils.unpack_tuple(builder, index), index_kind.types) if several else ([index], [index_kind])
    indices = [context.cast(builder, i, i_kind, types.intp) for i, i_kind in zip(each, kinds, strict=True)]
    structure = context.make_array(kind)(context, builder, array)
    item = cgutils.get_item_pointer(context, builder, kind, structure, indices, wraparound=False)
    return builder.bitcast(item, vector.as_pointer())


def zeros_of(vector: _Vector) -> ir.Constant:
    """Zeros as a constant of the compiler."""
    return ir.Constant(vector.emitted, None)


@emitted
def load(_context, array, index):
    """The vector that begins at ``array[index]``."""
    vector = _OF_NUMBER[array.dtype]

    def build(context, builder, signature, arguments):
        kind, index_kind = signature.args
        at = pointer(context, builder, kind, arguments[0], index_kind, arguments[1], vector.emitted)
        return builder.load(at, align=array.dtype.bitwidth // 8)

    return vector(array, index), build


@emitted
def store(_context, x, array, index):
    """Write a vector of the array's numbers, of which the first goes to ``array[index]``."""

    def build(context, builder, signature, arguments):
        _, kind, index_kind = signature.args
        at = pointer(context, builder, kind, arguments[1], index_kind, arguments[2], x.emitted)
        builder.store(arguments[0], at, align=array.dtype.bitwidth // 8)

    return types.void(x, array, index), build


@emitted
def no_integers(_context):
    """A vector of ``int32`` zeros."""
    return INTEGERS(), lambda *_: zeros_of(INTEGERS)


@emitted
def no_floats(_context):
    """A vector of ``float32`` zeros."""
    return FLOATS(), lambda *_: zeros_of(FLOATS)


@emitted
def none_of(_context, array):
    """A vector of zeros of the numbers of an array."""
    vector = _OF_NUMBER[array.dtype]
    return vector(array), lambda *_: zeros_of(vector)


@emitted
def lanes_of(_context, array):
    """How many numbers of an array a vector has."""
    lanes = _OF_NUMBER[array.dtype].emitted.count
    return types.intp(array), lambda *_: ir.Constant(WORD, lanes)


@emitted
def add(_context, x, y):
    """``x + y`` of vectors of the same numbers; that of integers wraps."""

    def build(_, builder, _signature, arguments):
        return builder.fadd(*arguments) if x is FLOATS else builder.add(*arguments)

    return x(x, y), build


@emitted
def subtract(_context, x, y):
    """``x - y`` of vectors of the same numbers; that of integers wraps."""

    def build(_, builder, _signature, arguments):
        return builder.fsub(*arguments) if x is FLOATS else builder.sub(*arguments)

    return x(x, y), build


@emitted
def add_to(_context, x, array, index):
    """Add a vector of integers to numbers of ``int32``, of which the first is ``array[index]``."""
    wide = ir.VectorType(ir.IntType(32), x.emitted.count)

    def build(context, builder, signature, arguments):
        _, kind, index_kind = signature.args
        at = pointer(context, builder, kind, arguments[1], index_kind, arguments[2], wide)
        more = arguments[0] if x is INTEGERS else builder.sext(arguments[0], wide)
        builder.store(builder.add(builder.load(at, align=4), more), at, align=4)

    return types.void(x, array, index), build


@emitted
def multiply(_context, x, y):
    """``x * y`` of vectors of the same numbers; that of integers wraps."""

    def build(_, builder, _signature, arguments):
        return builder.fmul(*arguments) if x is FLOATS else builder.mul(*arguments)

    return x(x, y), build


@emitted
def multiply_add(_context, factor, x, y):
    """``factor * x + y`` of vectors of ``float32``, rounded once; ``factor`` is a vector or one number."""
    vector = FLOATS.emitted

    def build(_, builder, _signature, arguments):
        factors, *others = arguments
        if factor is not FLOATS:
            undefined = ir.Constant(vector, ir.Undefined)
            first = builder.insert_element(undefined, factors, ir.Constant(ir.IntType(32), 0))
            factors = builder.shuffle_vector(first, undefined, zeros_of(INTEGERS))
        kind = ir.FunctionType(vector, [vector] * 3)
        fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
        return builder.call(fused, [factors, *others])

    return FLOATS(factor, x, y), build


@emitted
def to_float(_context, x):
    """``int32`` as ``float32``."""
    return FLOATS(x), lambda _context, builder, _signature, arguments: builder.sitofp(arguments[0], FLOATS.emitted)


@emitted
def total_of(_context, x):
    """Sum of a vector of ``float32``, in any order."""

    def build(_, builder, _signature, arguments):
        kind = ir.FunctionType(ir.FloatType(), [ir.FloatType(), FLOATS.emitted])
        reduce = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{LANES}f32")
        return builder.call(reduce, [ir.Constant(ir.FloatType(), 0), arguments[0]], fastmath=("reassoc",))

    return types.float32(x), build
