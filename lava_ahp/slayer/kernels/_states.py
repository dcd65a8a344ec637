"""Vectors of states: decay, wrap, clip, reset and surrogate derivative, and comparisons as bits.

See :mod:`_vectors`.  States are ``int32`` that hold 24 bits.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels._compile import emitted
from lava_ahp.slayer.kernels._vectors import FLOATS, INTEGERS, LANES, ONE_BIT, SHORTS, WORD, pointer, zeros_of


def _each(number: int) -> ir.Constant:
    return ir.Constant(INTEGERS.emitted, [number] * LANES)


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
        shifted = builder.add(arguments[0], _each(fx.STATE_MAX))
        return builder.sub(builder.and_(shifted, _each(2**24 - 1)), _each(fx.STATE_MAX))

    return x(x), build


@emitted
def saturated(_context, x):
    """``int32`` clipped to 24 bits, as ``v`` is."""

    def build(_, builder, _signature, arguments):
        (value,) = arguments
        value = builder.select(builder.icmp_signed("<", value, _each(-fx.STATE_MAX)), _each(-fx.STATE_MAX), value)
        return builder.select(builder.icmp_signed(">", value, _each(fx.STATE_MAX)), _each(fx.STATE_MAX), value)

    return x(x), build


@emitted
def below(_context, reach, x, center):
    """``max(reach - abs(x - center), 0)`` in ``float32``; ``x`` and ``center`` are ``int32``."""

    def build(_, builder, _signature, arguments):
        reaches, some, centers = arguments
        difference = builder.sub(some, centers)
        negative = builder.icmp_signed("<", difference, zeros_of(INTEGERS))
        distance = builder.select(negative, builder.neg(difference), difference)
        height = builder.fsub(reaches, builder.sitofp(distance, FLOATS.emitted))
        return builder.select(builder.fcmp_ordered(">", height, zeros_of(FLOATS)), height, zeros_of(FLOATS))

    return FLOATS(reach, x, center), build


@emitted
def zero_above(_context, y, x, limit):
    """``y``, and 0 where ``x > limit``; ``x`` and ``limit`` are ``int32``."""

    def build(_, builder, _signature, arguments):
        values, some, limits = arguments
        return builder.select(builder.icmp_signed(">", some, limits), zeros_of(y), values)

    return y(y, x, limit), build


@emitted
def zero_up_to(_context, y, x, limit):
    """``y``, and 0 where ``x <= limit``; ``x`` and ``limit`` are ``int32``."""

    def build(_, builder, _signature, arguments):
        values, some, limits = arguments
        return builder.select(builder.icmp_signed(">", some, limits), values, zeros_of(y))

    return y(y, x, limit), build


@emitted
def above(_context, x, limit):
    """1 where ``x > limit``, else 0; all ``int32``."""

    def build(_, builder, _signature, arguments):
        return builder.zext(builder.icmp_signed(">", *arguments), INTEGERS.emitted)

    return x(x, limit), build


@emitted
def exceeding(_context, x, index, limit, start):
    """Whether the 64 numbers from ``x[index]`` on exceed those from ``limit[start]`` on, as bits; all ``int32``."""
    vector = ir.VectorType(ir.IntType(32), SHORTS)

    def build(context, builder, signature, arguments):
        x_kind, index_kind, limit_kind, start_kind = signature.args
        x_at = pointer(context, builder, x_kind, arguments[0], index_kind, arguments[1], vector)
        limit_at = pointer(context, builder, limit_kind, arguments[2], start_kind, arguments[3], vector)
        some, limits = builder.load(x_at, align=4), builder.load(limit_at, align=4)
        return builder.bitcast(builder.icmp_signed(">", some, limits), WORD)

    return types.uint64(x, index, limit, start), build


@emitted
def nonzero(_context, x, index):
    """Whether each of the 64 numbers from ``x[index]`` on, ``float32``, differs from zero, as bits."""
    vector = ir.VectorType(ir.FloatType(), SHORTS)

    def build(context, builder, signature, arguments):
        x_kind, index_kind = signature.args
        at = pointer(context, builder, x_kind, arguments[0], index_kind, arguments[1], vector)
        return builder.bitcast(builder.fcmp_unordered("!=", builder.load(at, align=4), ir.Constant(vector, None)), WORD)

    return types.uint64(x, index), build


@emitted
def lowest_bit(_context, bits):
    """Position of the lowest bit of a number other than zero."""

    def build(_, builder, _signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ONE_BIT, 1))

    return types.int64(types.uint64), build
