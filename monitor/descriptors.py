"""File descriptors kept back, so that it shows when there are too few, and can still be told."""

from __future__ import annotations

import os

SPARE = 16  # a message takes a few: a socket, name resolution, certificates


def none_left() -> str:
    """Why no file can be opened; "" if one can."""
    try:
        os.close(_any())
    except OSError as error:
        return f"no file can be opened: {error.strerror}"
    return ""


class Spare:
    """Holds descriptors that nobody needs."""

    def __init__(self) -> None:
        self._held: list[int] = []

    def keep(self) -> str:
        """Hold them. Why that is not possible, with another one besides; none is held then."""
        try:
            while len(self._held) < SPARE:
                self._held.append(_any())
        except OSError as error:
            self.release()
            return f"no file can be opened: {error.strerror}"
        if why := none_left():
            self.release()
        return why

    def release(self) -> None:
        """Give them back."""
        while self._held:
            os.close(self._held.pop())


def _any() -> int:
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
