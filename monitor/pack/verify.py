"""Whether a pack or a backup is what it was when it was made. Needs no settings and no database."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from monitor.errors import PackError
from monitor.evidence.warc import damages, holds
from monitor.pack import container
from monitor.pack.manifest import (
    JSON,
    SUMS,
    Manifest,
    ManifestError,
    digest_of,
    is_plain,
    read_json,
    read_sums,
)

LONGEST_MANIFEST = 64 * 2**20  # bytes; one of a million files has 100 MB, and is no pack of ours
EVIDENCE = "evidence.jsonl"
WARC = "warc/evidence.warc.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a file."""

    file: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verifying a pack came to."""

    about: Mapping[str, Any]
    files: int  # that were looked at
    problems: tuple[Problem, ...]


class _Pack(Protocol):
    """A folder or a zip: names, and what stands under them."""

    def names(self) -> list[str]: ...
    def open(self, name: str) -> IO[bytes]: ...
    def oddities(self) -> Iterator[Problem]: ...
    def close(self) -> None: ...


def verify(path: Path, *, step: Callable[[int], None] = lambda _: None) -> Verdict:
    """Look at every byte of a pack; `step` is called with 1 for each file.

    Raises:
        PackError: there is no pack at `path`.
    """
    with ExitStack() as stack:
        pack = stack.enter_context(closing(_opened(path)))
        there = pack.names()
        if JSON not in there and SUMS not in there:
            raise PackError(f"{path}: neither {JSON} nor {SUMS} in it: no pack of wirewatch's")
        return _Checking(pack, there, step).verdict()


def _opened(path: Path) -> _Pack:
    if path.is_dir():
        return _Folder(path)
    try:
        return _Zip(path)
    except FileNotFoundError:
        raise PackError(f"{path}: no such file or folder") from None
    except container.UNREADABLE as error:
        raise PackError(f"{path}: cannot be opened as a pack: {error}") from error


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        found = (p for p in self._path.rglob("*") if p.is_symlink() or not p.is_dir())
        return sorted(p.relative_to(self._path).as_posix() for p in found)

    def open(self, name: str) -> IO[bytes]:
        path = self._path / name
        if path.is_symlink() or not path.is_file():
            raise OSError("is a link, or no plain file")
        return path.open("rb")

    def oddities(self) -> Iterator[Problem]:
        yield from ()

    def close(self) -> None:
        """Nothing is open."""


class _Zip:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.open("rb")
        try:
            self._zip = zipfile.ZipFile(self._stream)
        except BaseException:
            self._stream.close()
            raise

    def names(self) -> list[str]:
        return sorted(set(self._zip.namelist()))

    def open(self, name: str) -> IO[bytes]:
        info = self._zip.getinfo(name)
        if info.compress_type != zipfile.ZIP_STORED:  # ours are plain: nothing can swell up
            raise OSError("is compressed, which wirewatch never does")
        return self._zip.open(info)

    def oddities(self) -> Iterator[Problem]:
        """What holds the files together: their heads, the directory, what stands in between."""
        with self._path.open("rb") as stream:
            if not container.is_ours(self._zip, self.names(), stream):
                what = "the zip around the files is not as wirewatch wrote it"
                yield Problem(file=self._path.name, what=what)

    def close(self) -> None:
        self._zip.close()
        self._stream.close()


class _Checking:
    """One pack being looked at."""

    def __init__(self, pack: _Pack, there: list[str], step: Callable[[int], None]) -> None:
        self._pack = pack
        self._there = there
        self._step = step
        self._problems: list[Problem] = []
        self._manifest = Manifest(about={}, files={})
        self._sums: dict[str, str] = {}
        self._found: dict[str, str] = {}  # name → digest as it is now

    def verdict(self) -> Verdict:
        self._read_manifests()
        for name in self._there:
            if name != SUMS:
                self._digest(name)
            self._step(1)
        self._compare()
        self._look_into()
        self._problems += self._pack.oddities()
        return Verdict(
            about=self._manifest.about,
            files=len(self._there),
            problems=tuple(dict.fromkeys(self._problems)),
        )

    def _wrong(self, file: str, what: str) -> None:
        self._problems.append(Problem(file=file, what=what))

    def _read_manifests(self) -> None:
        try:
            self._manifest = read_json(self._small(JSON))
        except ManifestError as error:
            self._wrong(JSON, str(error))
        except container.UNREADABLE as error:
            self._wrong(JSON, _why(error, JSON, self._there))
        try:
            self._sums = read_sums(self._small(SUMS))
        except ManifestError as error:
            self._wrong(SUMS, str(error))
        except container.UNREADABLE as error:
            self._wrong(SUMS, _why(error, SUMS, self._there))

    def _small(self, name: str) -> bytes:
        if name not in self._there:
            raise OSError("is missing")
        with self._pack.open(name) as stream:
            return stream.read(LONGEST_MANIFEST)

    def _digest(self, name: str) -> None:
        try:
            with self._pack.open(name) as stream:
                self._found[name] = digest_of(stream)
        except container.UNREADABLE as error:
            self._wrong(name, _why(error, name, self._there))

    def _compare(self) -> None:
        """Three say what each file is: the file itself and two manifests. Two against one tell."""
        listed = set(self._manifest.files) | set(self._sums)
        for name in sorted(listed | set(self._there) - {SUMS}):
            if name not in self._there:
                self._wrong(name, "is missing" if is_plain(name) else "is a name that leads out")
            elif name not in listed and name != JSON:
                self._wrong(name, "is extra: no manifest knows it")
            elif name in self._found:
                self._judge(name, self._found[name])

    def _judge(self, name: str, now: str) -> None:
        told, summed = self._manifest.files.get(name), self._sums.get(name)
        if name == JSON:
            if self._sums and summed != now:
                self._wrong(
                    JSON, f"differs from what {SUMS} says of it: one of the two was changed"
                )
            return
        if self._sums and summed != now and told == now:
            self._wrong(SUMS, f"says another hash of {name} than the file has and {JSON} says")
        elif self._manifest.files and told != now and summed == now:
            self._wrong(JSON, f"says another hash of {name} than the file has and {SUMS} says")
        elif now not in (told, summed):
            self._wrong(name, "differs: it is not the file that was packed")

    def _look_into(self) -> None:
        """The archived records' own digests, and the rows that point to them."""
        for name in self._there:
            if name.endswith(".warc.gz") and name in self._found:
                with self._pack.open(name) as stream:
                    for damage in damages(stream):
                        self._wrong(name, f"{damage.where}: {damage.what}")
        if EVIDENCE in self._found and WARC in self._found:
            self._follow_rows()

    def _follow_rows(self) -> None:
        # One after the other: of two files of a zip that are open at once, Python 3.13.0 seeks in
        # the wrong one.
        with self._pack.open(EVIDENCE) as stream:
            lines = stream.readlines()
        with self._pack.open(WARC) as warc:
            for line in lines:
                try:
                    row = json.loads(line)
                    if row["pack_offset"] is None:
                        continue
                    warc.seek(row["pack_offset"])
                    good = holds(warc.read(row["pack_length"]), row["sha256"])
                except (TypeError, *container.UNREADABLE):
                    good, row = False, {}
                if not good:
                    self._wrong(
                        WARC, f"does not hold evidence {row.get('id', '?')} as {EVIDENCE} has it"
                    )


def _why(error: BaseException, name: str, there: list[str]) -> str:
    if name not in there:
        return "is missing"
    return f"cannot be read: {error}"
