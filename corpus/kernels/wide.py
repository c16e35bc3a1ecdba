"""Several bytes at once: unaligned loads, byte classes of 64 bytes as bits, counts and places of bits.

Numba has no spelling for these; each is a function of plain Python, which is what runs where kernels are not
compiled, and an overload in LLVM instructions that means the same and that LLVM fits to the machine. Bytes
behind the end of the array read as zeros. Hot loops call these and pass numbers on: a helper that takes an
array counts references to it, two locked instructions a call where Numba does not see that they cancel.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

__all__ = [
    "BLOCK",
    "bit_count",
    "classes_of_64",
    "eight_bytes",
    "four_bytes",
    "highest_bit",
    "keep_branch",
    "lines_of_64",
    "lowest_bit",
    "prefetch",
    "shapes_of_64",
    "signs_of_64",
]

#: Bytes `classes_of_64` looks at.
BLOCK = 64

_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_I8, BLOCK)


def four_bytes(data: Any, at: Any) -> Any:
    """data[at:at+4] as one little-endian number, int64."""
    return int.from_bytes(data[at : at + 4].tobytes(), "little")


def eight_bytes(data: Any, at: Any) -> Any:
    """data[at:at+8] as one little-endian number, uint64."""
    return np.uint64(int.from_bytes(data[at : at + 8].tobytes(), "little"))


def lowest_bit(bits: Any) -> Any:
    """The place of the lowest bit of a uint64, int64; 64 where there is none."""
    value = int(bits)
    return (value & -value).bit_length() - 1 if value else 64


def highest_bit(bits: Any) -> Any:
    """The place of the highest bit of a uint64, int64; -1 where there is none."""
    return int(bits).bit_length() - 1


def bit_count(bits: Any) -> Any:
    """How many bits of a uint64 are set, int64."""
    return int(bits).bit_count()


def classes_of_64(data: Any, at: Any) -> Any:
    """uint64 bits over data[at:at+64]: ASCII letters and digits; apostrophes; bytes that are not ASCII."""
    block = _padded(data, at)
    lower = block | 0x20
    word = ((lower >= 0x61) & (lower <= 0x7A)) | ((block >= 0x30) & (block <= 0x39))
    return _bits(word), _bits(block == 0x27), _bits(block >= 0x80)


def lines_of_64(data: Any, at: Any) -> Any:
    """uint64 bits over data[at:at+64]: newlines; bytes that go on with a character of several bytes."""
    block = _padded(data, at)
    return _bits(block == 0x0A), _bits(block & 0xC0 == 0x80)


def shapes_of_64(data: Any, at: Any) -> Any:
    """uint64 bits over data[at:at+64], all of ASCII but the last: small letters; capitals; digits; spaces;
    newlines; tabs and returns; apostrophes; full stops; full, question and exclamation marks; what may stand
    behind these where a sentence ends (white space, quotes, closing brackets); the signs `signs_of_64` tells
    apart; other control characters and bytes that are not ASCII."""
    block = _padded(data, at)
    newline, white = block == 0x0A, (block == 0x09) | (block == 0x0D)
    stop = block == 0x2E
    sign = (block >= 0x23) & (block <= 0x26) | (block == 0x2B) | (block >= 0x3C) & (block <= 0x3E)
    sign |= (block == 0x5C) | (block >= 0x5E) & (block <= 0x60) | (block >= 0x7B) & (block <= 0x7E)
    return tuple(
        _bits(flags)
        for flags in (
            (block >= 0x61) & (block <= 0x7A),
            (block >= 0x41) & (block <= 0x5A),
            (block >= 0x30) & (block <= 0x39),
            block == 0x20,
            newline,
            white,
            block == 0x27,
            stop,
            stop | (block == 0x21) | (block == 0x3F),
            (block <= 0x20) | (block == 0x22) | (block == 0x27) | (block == 0x29) | (block == 0x5D),
            sign,
            (block < 0x20) & ~newline & ~white | (block >= 0x7F),
        )
    )


def signs_of_64(data: Any, at: Any) -> Any:
    """uint64 bits over data[at:at+64]: "#"; curly brackets; underscores; symbols of ASCII; other signs that
    may stand before the name of a placeholder."""
    block = _padded(data, at)
    brace = (block == 0x7B) | (block == 0x7D)
    dollar, less, tilde = block == 0x24, block == 0x3C, block == 0x7E
    symbol = dollar | (block == 0x2B) | less | (block == 0x3D) | (block == 0x3E) | (block == 0x5E)
    symbol |= (block == 0x60) | (block == 0x7C) | tilde
    before = dollar | (block == 0x25) | (block == 0x26) | (block == 0x7B) | less | tilde | (block == 0x5C)
    return tuple(_bits(flags) for flags in (block == 0x23, brace, block == 0x5F, symbol, before))


def prefetch(data: Any, at: Any) -> Any:
    """Asks the memory for data[at], which will be read soon; does nothing else."""
    return 0


def keep_branch() -> None:
    """Where it stands in a branch, that branch is taken or not, instead of both being computed; does nothing
    else. Right where the machine guesses the branch well and what it decides is waited for."""


def _padded(data: Any, at: int) -> Any:
    block = np.zeros(BLOCK, np.uint8)
    part = data[at : at + BLOCK]
    block[: len(part)] = part
    return block


def _bits(flags: Any) -> Any:
    return np.packbits(flags, bitorder="little").view(np.uint64)[0]


def _load(context: Any, builder: Any, signature: Any, arguments: Any, kind: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    data, at = builder.bitcast(array.data, _I8.as_pointer()), arguments[1]
    size = ir.Constant(_I64, context.get_abi_sizeof(kind))
    left = builder.sub(array.nitems, at)
    scratch = cgutils.alloca_once(builder, kind)
    source = builder.bitcast(builder.gep(data, [at]), kind.as_pointer())
    with builder.if_else(builder.icmp_signed("<=", size, left), likely=True) as (whole, cut):
        with whole:
            value = builder.load(source, align=1)
            from_whole = builder.basic_block
        with cut:
            builder.store(ir.Constant(kind, None), scratch)
            none = ir.Constant(_I64, 0)
            rest = builder.select(builder.icmp_signed("<", left, none), none, left)
            cgutils.raw_memcpy(builder, scratch, source, rest, 1)
            padded = builder.load(scratch)
            from_cut = builder.basic_block
    result = builder.phi(kind)
    result.add_incoming(value, from_whole)
    result.add_incoming(padded, from_cut)
    return result


@intrinsic
def _four_bytes(_typing, data, at):
    def generate(context, builder, signature, arguments):
        return builder.zext(_load(context, builder, signature, arguments, ir.IntType(32)), _I64)

    return types.int64(data, at), generate


@intrinsic
def _eight_bytes(_typing, data, at):
    def generate(context, builder, signature, arguments):
        return _load(context, builder, signature, arguments, _I64)

    return types.uint64(data, at), generate


@intrinsic
def _lowest_bit(_typing, bits):
    def generate(_context, builder, _signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(bits), generate


@intrinsic
def _highest_bit(_typing, bits):
    def generate(_context, builder, _signature, arguments):
        above = builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))
        return builder.sub(ir.Constant(_I64, 63), above)

    return types.int64(bits), generate


@intrinsic
def _bit_count(_typing, bits):
    def generate(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return types.int64(bits), generate


def _all_of(number: int) -> ir.Constant:
    return ir.Constant(_VECTOR, [number] * BLOCK)


def _kinds_of_64(*kinds: tuple[tuple[int, int], ...]) -> Any:
    """The intrinsic that says of 64 bytes which are in the ranges of each kind, a bit a byte."""

    @intrinsic
    def which(_typing, data, at):
        def generate(context, builder, signature, arguments):
            block = _load(context, builder, signature, arguments, _VECTOR)
            found = (_in_ranges(builder, block, ranges) for ranges in kinds)
            bits = [builder.bitcast(flags, _I64) for flags in found]
            return context.make_tuple(builder, signature.return_type, bits)

        return types.UniTuple(types.uint64, len(kinds))(data, at), generate

    return which


def _in_ranges(builder: Any, block: Any, ranges: tuple[tuple[int, int], ...]) -> Any:
    found = None
    for first, last in ranges:
        if first == last:
            inside = builder.icmp_unsigned("==", block, _all_of(first))
        else:
            inside = builder.icmp_unsigned("<", builder.sub(block, _all_of(first)), _all_of(last - first + 1))
        found = inside if found is None else builder.or_(found, inside)
    return found


_classes_of_64 = _kinds_of_64(((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)), ((0x27, 0x27),), ((0x80, 0xFF),))
_lines_of_64 = _kinds_of_64(((0x0A, 0x0A),), ((0x80, 0xBF),))
_shapes_of_64 = _kinds_of_64(
    ((0x61, 0x7A),),
    ((0x41, 0x5A),),
    ((0x30, 0x39),),
    ((0x20, 0x20),),
    ((0x0A, 0x0A),),
    ((0x09, 0x09), (0x0D, 0x0D)),
    ((0x27, 0x27),),
    ((0x2E, 0x2E),),
    ((0x2E, 0x2E), (0x21, 0x21), (0x3F, 0x3F)),
    ((0x00, 0x20), (0x22, 0x22), (0x27, 0x27), (0x29, 0x29), (0x5D, 0x5D)),
    ((0x23, 0x26), (0x2B, 0x2B), (0x3C, 0x3E), (0x5C, 0x5C), (0x5E, 0x60), (0x7B, 0x7E)),
    ((0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0xFF)),
)
_signs_of_64 = _kinds_of_64(
    ((0x23, 0x23),),
    ((0x7B, 0x7B), (0x7D, 0x7D)),
    ((0x5F, 0x5F),),
    ((0x24, 0x24), (0x2B, 0x2B), (0x3C, 0x3E), (0x5E, 0x5E), (0x60, 0x60), (0x7C, 0x7C), (0x7E, 0x7E)),
    ((0x24, 0x26), (0x3C, 0x3C), (0x5C, 0x5C), (0x7B, 0x7B), (0x7E, 0x7E)),
)


@intrinsic
def _prefetch(_typing, data, at):
    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), _I8.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [place, _I32(0), _I32(3), _I32(1)])
        return ir.Constant(_I64, 0)

    return types.int64(data, at), generate


@intrinsic
def _keep_branch(_typing):
    def generate(context, builder, _signature, _arguments):
        # No instruction, but an effect nobody knows of: the compiler may not have it happen in vain.
        builder.call(ir.InlineAsm(ir.FunctionType(ir.VoidType(), []), "", "", side_effect=True), [])
        return context.get_dummy_value()

    return types.none(), generate


@overload(four_bytes)
def _compiled_four_bytes(data, at):
    return lambda data, at: _four_bytes(data, at)


@overload(eight_bytes)
def _compiled_eight_bytes(data, at):
    return lambda data, at: _eight_bytes(data, at)


@overload(lowest_bit)
def _compiled_lowest_bit(bits):
    return lambda bits: _lowest_bit(bits)


@overload(highest_bit)
def _compiled_highest_bit(bits):
    return lambda bits: _highest_bit(bits)


@overload(prefetch)
def _compiled_prefetch(data, at):
    return lambda data, at: _prefetch(data, at)


@overload(keep_branch)
def _compiled_keep_branch():
    return lambda: _keep_branch()


@overload(bit_count)
def _compiled_bit_count(bits):
    return lambda bits: _bit_count(bits)


@overload(lines_of_64)
def _compiled_lines_of_64(data, at):
    return lambda data, at: _lines_of_64(data, at)


@overload(shapes_of_64)
def _compiled_shapes_of_64(data, at):
    return lambda data, at: _shapes_of_64(data, at)


@overload(signs_of_64)
def _compiled_signs_of_64(data, at):
    return lambda data, at: _signs_of_64(data, at)


@overload(classes_of_64)
def _compiled_classes_of_64(data, at):
    return lambda data, at: _classes_of_64(data, at)
