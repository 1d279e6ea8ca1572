"""Long rows of numbers that grow by doubling, and give their memory back when they are dropped.

Not `array`: what it outgrows stays with the process as holes that nothing fits into. A window that
was filled after another one took 103 MB instead of 66.
"""

from __future__ import annotations

import mmap
from struct import calcsize

_LEAST_MAPPED = 2**16  # bytes; what is smaller fits into the holes of the program


def numbers(kind: str, count: int) -> memoryview[int]:
    """So many zeros of a kind: B, I, Q or q, of 1, 4, 8 and 8 bytes."""
    size = count * calcsize(kind)
    if size < _LEAST_MAPPED:
        return memoryview(bytearray(size)).cast(kind)  # type: ignore[call-overload, no-any-return]
    block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return memoryview(block).cast(kind)  # type: ignore[call-overload, no-any-return]


def doubled(old: memoryview[int]) -> memoryview[int]:
    """The same twice over: what stood at `n` modulo its length stands there still."""
    new = numbers(old.format, 2 * len(old))
    new[: len(old)] = old
    new[len(old) :] = old
    return new
