"""Memory: what is free again goes back to the system, what stays is not looked through for garbage.

glibc keeps blocks of up to 32 MiB once such a one was freed, and a heap for each thread: after
three feeds of 8 MiB a program that held 52 MiB went on with 85, and a parser with 44, not 22.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # mallopt(3)
LARGE = 128 * 2**10  # bytes: a block of its own, as glibc has it at its start
HEAPS = 2


def give_back() -> None:
    """Hold the C library to what it begins with; another than glibc does as it likes."""
    with suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        for option, value in (
            (_MMAP_THRESHOLD, LARGE),
            (_TRIM_THRESHOLD, LARGE),
            (_ARENA_MAX, HEAPS),
        ):
            set_option(option, value)


def settle() -> None:
    """What is there when the work begins is for good: the collector passes it by from now on.

    To go through the program's 74,000 objects takes it 30 to 50 ms each time, in which an event
    loop answers nobody. What was settled earlier, and is garbage since, is taken away first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
