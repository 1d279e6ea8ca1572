"""A pack as one file: a zip of plain (not deflated) files, the same bytes for the same pack.

Nothing in it is left to chance or to a library's version, so that a changed byte shows wherever it
stands, between the files too. What is large in a pack is compressed already.
"""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can say
_CHUNK = 2**20

# What zipfile meets in a damaged file, by what it raises.
UNREADABLE = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    LookupError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
)


def write(folder: Path, out: IO[bytes]) -> None:
    """All files of a folder, by name."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            path = folder / name
            with (
                path.open("rb") as source,
                archive.open(_entry(name, path.stat().st_size), "w") as to,
            ):
                shutil.copyfileobj(source, to, _CHUNK)


def is_ours(archive: zipfile.ZipFile, names: Iterable[str], stream: IO[bytes]) -> bool:
    """Whether the container's bytes are those that `write` gives for what is in it."""
    stream.seek(0)
    mirror = _Mirror(stream)
    try:
        with zipfile.ZipFile(mirror, "w", zipfile.ZIP_STORED) as again:  # type: ignore[call-overload] # a file in all that is used
            for name in sorted(names):
                info = archive.getinfo(name)
                with (
                    archive.open(info) as source,
                    again.open(_entry(name, info.file_size), "w") as to,
                ):
                    shutil.copyfileobj(source, to, _CHUNK)
    except UNREADABLE:
        return False
    return mirror.same()


def _entry(name: str, size: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # Unix, wherever it is written
    entry.external_attr = 0o100644 << 16
    entry.file_size = size
    return entry


class _Mirror:
    """Takes what is written and compares it with what stands in a file, keeping nothing.

    zipfile goes back to fill in an entry's checksum, so that each head is written twice: what is
    written at a place for the last time counts.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._at = 0
        self._end = 0
        self._wrong: set[tuple[int, int]] = set()  # begin and end of pieces that differ

    def write(self, data: bytes) -> int:
        data = bytes(data)
        place = (self._at, self._at + len(data))
        self._wrong -= {old for old in self._wrong if place[0] <= old[0] and old[1] <= place[1]}
        back = self._stream.tell()
        self._stream.seek(self._at)
        if self._stream.read(len(data)) != data:
            self._wrong.add(place)
        self._stream.seek(back)
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def tell(self) -> int:
        return self._at

    def seek(self, place: int, whence: int = 0) -> int:
        self._at = place if whence == 0 else self._end + place
        return self._at

    def flush(self) -> None:
        """Nothing is kept."""

    def same(self) -> bool:
        """Whether all of it was the same, and nothing follows."""
        self._stream.seek(self._end)
        return not self._wrong and not self._stream.read(1)
