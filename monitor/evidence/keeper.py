"""The folder of WARC files: appended to by one thread, made durable when told, rotated by size.

A record stands on the disk before the row that refers to it is committed. So a crash leaves a
record that nothing refers to, or a torn one at the very end, which is cut off at the next start;
never a row without its record.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from monitor.errors import StoreError
from monitor.evidence.warc import first_record, whole_until

log = logging.getLogger("wirewatch.evidence")

ENDING = ".warc.gz"
_NAME = re.compile(r"wirewatch-(\d{8})-\d{8}T\d{6}Z\.warc\.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a group of records stands."""

    file: str  # name within the folder
    offset: int  # bytes
    length: int


class Keeper:
    """Appends to the newest file of a folder. Use it from one thread at a time; close it.

    Raises:
        StoreError: the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        rotate: int,
        now: Callable[[], datetime],
        ends: Mapping[str, int],
        about: Mapping[str, str],
    ) -> None:
        """Go on with the newest file.

        `rotate`: bytes after which a new one is begun. `ends`: by file, where the last record ends
        that a row refers to. `about` goes into the first record of every file.
        """
        self.folder = folder
        self._rotate = rotate
        self._now = now
        self._about = dict(about)
        self._known = set(ends)
        self._stream: IO[bytes] | None = None
        self._name = ""
        self._end = 0
        self._dirty = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._resume(ends)
        except OSError as error:
            raise StoreError(f"{folder}: evidence cannot be kept: {error}") from error

    @property
    def current(self) -> str:
        """The file that is appended to; "" before the first record."""
        return self._name

    def keep(self, records: bytes) -> Place:
        """Append; durable once `sync` has returned.

        Raises:
            StoreError: it could not be written; the file is as it was.
        """
        try:
            stream = self._open()
            offset = self._end
            _write(stream, records)
        except OSError as error:
            self._take_back()
            raise StoreError(f"{self.folder}: evidence cannot be kept: {error}") from error
        self._end, self._dirty = offset + len(records), True
        return Place(file=self._name, offset=offset, length=len(records))

    def sync(self) -> None:
        """Wait until all that was kept is on the disk.

        Raises:
            StoreError: it is not; what was kept since the last time must not be referred to.
        """
        if not self._dirty or self._stream is None:
            return
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:  # what the disk has of it now is anybody's guess (fsync(2))
            self.close()
            raise StoreError(f"{self.folder}: evidence is not on the disk: {error}") from error
        self._dirty = False

    def close(self) -> None:
        """Let go of the file."""
        if self._stream is not None:
            self._stream.close()
        self._stream, self._name, self._end, self._dirty = None, "", 0, False

    def _open(self) -> IO[bytes]:
        """The file to append to: a new one if the present one is full."""
        if self._stream is not None and self._end >= self._rotate:
            self.sync()
            self.close()
        if self._stream is None:
            self._begin()
        assert self._stream is not None
        return self._stream

    def _begin(self) -> None:
        name = self._next_name()
        path = self.folder / name
        self._stream = _locked(path, os.O_CREAT | os.O_EXCL)
        self._name, self._end = name, 0
        self._known.add(name)
        first = first_record(name, self._about, self._now())
        try:
            _write(self._stream, first)
        except OSError:
            self.close()  # a file without its first record is left behind empty
            raise
        self._end = len(first)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # else the name may be lost, with all that stands under it
        finally:
            os.close(folder)

    def _next_name(self) -> str:
        """Never a name that was used: a row may remember it."""
        names = self._known | {path.name for path in self.folder.glob(f"*{ENDING}")}
        numbers = [int(found[1]) for name in names if (found := _NAME.fullmatch(name))]
        at = self._now().astimezone(UTC)
        return f"wirewatch-{max(numbers, default=0) + 1:08}-{at:%Y%m%dT%H%M%SZ}{ENDING}"

    def _take_back(self) -> None:
        """After a write that failed: cut off what it left, or begin a new file the next time."""
        if self._stream is None:
            return
        try:
            os.ftruncate(self._stream.fileno(), self._end)
            self._stream.seek(self._end)
        except OSError:
            self.close()

    def _resume(self, ends: Mapping[str, int]) -> None:
        """Go on with the newest file, without what a crash tore off at its end."""
        names = [path.name for path in self.folder.glob(f"*{ENDING}") if _NAME.fullmatch(path.name)]
        newest = max(names, default="")
        if not newest or newest not in ends:
            return  # another database's, or one that nothing refers to
        try:
            stream = _locked(self.folder / newest, 0)
        except BlockingIOError:
            return
        size = stream.seek(0, os.SEEK_END)
        end = whole_until(stream, ends[newest]) if size >= ends[newest] else -1
        if end < 0:
            log.warning("%s is shorter than it was: evidence is missing", self.folder / newest)
            stream.close()
            return
        if end < size:
            log.info("%s: %d bytes of an unfinished record cut off", newest, size - end)
            stream.truncate(end)
        stream.seek(end)
        self._stream, self._name, self._end = stream, newest, end


def _write(stream: IO[bytes], data: bytes) -> None:
    """All of it: where the disk ends in the midst, write(2) takes a part and says so."""
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]


def _locked(path: Path, flags: int) -> IO[bytes]:
    """A file of which we are the only writer. Raises OSError, BlockingIOError if we are not."""
    number = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o640)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(number)
        raise
    return os.fdopen(number, "r+b", buffering=0)
