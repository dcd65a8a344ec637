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

#: Neurons in a vector of 16-bit numbers, and bits of :func:`exceeding`.
SHORTS = 64

#: Largest state.
_MOST = 2**23 - 1

_ONE_BIT, _WORD = ir.IntType(1), ir.IntType(64)


class _Vector(types.Type):
    def __init__(self, number: types.Type, emitted_number: ir.Type, lanes: int) -> None:
        super().__init__(f"{number}x{lanes}")
        self.emitted = ir.VectorType(emitted_number, lanes)


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _Vector) -> None:
        super().__init__(manager, kind, kind.emitted)


_FLOATS = _Vector(types.float32, ir.FloatType(), LANES)
_INTEGERS = _Vector(types.int32, ir.IntType(32), LANES)
_SHORTS = _Vector(types.int16, ir.IntType(16), SHORTS)
_OF_NUMBER = {types.float32: _FLOATS, types.int32: _INTEGERS, types.int16: _SHORTS}


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index_kind: Any, index: Any, vector: ir.Type) -> Any:
    several = isinstance(index_kind, types.BaseTuple)
    each, kinds = (cgutils.unpack_tuple(builder, index), index_kind.types) if several else ([index], [index_kind])
    indices = [context.cast(builder, i, i_kind, types.intp) for i, i_kind in zip(each, kinds, strict=True)]
    structure = context.make_array(kind)(context, builder, array)
    item = cgutils.get_item_pointer(context, builder, kind, structure, indices, wraparound=False)
    return builder.bitcast(item, vector.as_pointer())


def _zeros(vector: _Vector) -> ir.Constant:
    return ir.Constant(vector.emitted, None)


def _each(number: int) -> ir.Constant:
    return ir.Constant(_INTEGERS.emitted, [number] * LANES)


@emitted
def load(_context, array, index):
    """The vector that begins at ``array[index]``."""
    vector = _OF_NUMBER[array.dtype]

    def build(context, builder, signature, arguments):
        kind, index_kind = signature.args
        at = _pointer(context, builder, kind, arguments[0], index_kind, arguments[1], vector.emitted)
        return builder.load(at, align=array.dtype.bitwidth // 8)

    return vector(array, index), build


@emitted
def store(_context, x, array, index):
    """Write a vector of the array's numbers, of which the first goes to ``array[index]``."""

    def build(context, builder, signature, arguments):
        _, kind, index_kind = signature.args
        at = _pointer(context, builder, kind, arguments[1], index_kind, arguments[2], x.emitted)
        builder.store(arguments[0], at, align=array.dtype.bitwidth // 8)

    return types.void(x, array, index), build


@emitted
def no_integers(_context):
    """A vector of ``int32`` zeros."""
    return _INTEGERS(), lambda *_: _zeros(_INTEGERS)


@emitted
def no_shorts(_context):
    """A vector of ``int16`` zeros."""
    return _SHORTS(), lambda *_: _zeros(_SHORTS)


@emitted
def add(_context, x, y):
    """``x + y`` of vectors of integers; it wraps."""
    return x(x, y), lambda _context, builder, _signature, arguments: builder.add(*arguments)


@emitted
def add_to(_context, x, array, index):
    """Add a vector of ``int16`` to numbers of ``int32``, of which the first is ``array[index]``."""
    wide = ir.VectorType(ir.IntType(32), SHORTS)

    def build(context, builder, signature, arguments):
        _, kind, index_kind = signature.args
        at = _pointer(context, builder, kind, arguments[1], index_kind, arguments[2], wide)
        builder.store(builder.add(builder.load(at, align=4), builder.sext(arguments[0], wide)), at, align=4)

    return types.void(x, array, index), build


@emitted
def multiply(_context, x, y):
    """``x * y`` of vectors of the same numbers; that of integers wraps."""

    def build(_, builder, _signature, arguments):
        return builder.fmul(*arguments) if x is _FLOATS else builder.mul(*arguments)

    return x(x, y), build


@emitted
def decayed(_context, x, factor):
    """``x * factor / 4096``, rounded toward zero; both ``int32``, ``x`` of 24 bits and ``factor`` in 0..4096."""

    def build(_, builder, _signature, arguments):
        state, factors = arguments
        fraction = _each(2**12 - 1)
        high = builder.mul(builder.ashr(state, _each(12)), factors)
        low = builder.mul(builder.and_(state, fraction), factors)
        # Shifts round down: below zero, adding what is just less than 1 rounds up.
        up = builder.and_(builder.ashr(state, _each(31)), fraction)
        return builder.add(high, builder.ashr(builder.add(low, up), _each(12)))

    return x(x, factor), build


@emitted
def wrapped(_context, x):
    """``int32`` wrapped to 24 bits, as ``u`` is."""

    def build(_, builder, _signature, arguments):
        shifted = builder.add(arguments[0], _each(_MOST))
        return builder.sub(builder.and_(shifted, _each(2**24 - 1)), _each(_MOST))

    return x(x), build


@emitted
def saturated(_context, x):
    """``int32`` clipped to 24 bits, as ``v`` is."""

    def build(_, builder, _signature, arguments):
        (value,) = arguments
        value = builder.select(builder.icmp_signed("<", value, _each(-_MOST)), _each(-_MOST), value)
        return builder.select(builder.icmp_signed(">", value, _each(_MOST)), _each(_MOST), value)

    return x(x), build


@emitted
def multiply_add(_context, factor, x, y):
    """``factor * x + y`` of vectors of ``float32``, rounded once; ``factor`` is a vector or one number."""
    vector = _FLOATS.emitted

    def build(_, builder, _signature, arguments):
        factors, *others = arguments
        if factor is not _FLOATS:
            undefined = ir.Constant(vector, ir.Undefined)
            first = builder.insert_element(undefined, factors, ir.Constant(ir.IntType(32), 0))
            factors = builder.shuffle_vector(first, undefined, _zeros(_INTEGERS))
        kind = ir.FunctionType(vector, [vector] * 3)
        fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
        return builder.call(fused, [factors, *others])

    return _FLOATS(factor, x, y), build


@emitted
def below(_context, reach, x, center):
    """``max(reach - abs(x - center), 0)`` in ``float32``; ``x`` and ``center`` are ``int32``."""

    def build(_, builder, _signature, arguments):
        reaches, some, centers = arguments
        difference = builder.sub(some, centers)
        negative = builder.icmp_signed("<", difference, _zeros(_INTEGERS))
        distance = builder.select(negative, builder.neg(difference), difference)
        height = builder.fsub(reaches, builder.sitofp(distance, _FLOATS.emitted))
        return builder.select(builder.fcmp_ordered(">", height, _zeros(_FLOATS)), height, _zeros(_FLOATS))

    return _FLOATS(reach, x, center), build


@emitted
def zero_above(_context, y, x, limit):
    """``y``, and 0 where ``x > limit``; ``x`` and ``limit`` are ``int32``."""

    def build(_, builder, _signature, arguments):
        values, some, limits = arguments
        return builder.select(builder.icmp_signed(">", some, limits), _zeros(y), values)

    return y(y, x, limit), build


@emitted
def exceeding(_context, x, limit, start):
    """``x[i] > limit[i]`` for the 64 ``i`` from ``start`` on, as bits; both ``int32``."""
    vector = ir.VectorType(ir.IntType(32), SHORTS)

    def build(context, builder, signature, arguments):
        some, limits = (
            builder.load(_pointer(context, builder, kind, array, types.intp, arguments[2], vector), align=4)
            for kind, array in zip(signature.args[:2], arguments[:2], strict=True)
        )
        return builder.bitcast(builder.icmp_signed(">", some, limits), _WORD)

    return types.uint64(x, limit, types.intp), build


@emitted
def lowest_bit(_context, bits):
    """Position of the lowest bit of a number other than zero."""

    def build(_, builder, _signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(_ONE_BIT, 1))

    return types.int64(types.uint64), build
