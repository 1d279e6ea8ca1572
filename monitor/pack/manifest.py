"""What a pack or a backup consists of, with the SHA-256 of every file.

Two files vouch for each other: `manifest.json` for programs, `manifest.sha256` for `sha256sum -c`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

JSON = "manifest.json"
SUMS = "manifest.sha256"
_CHUNK = 2**20  # bytes

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `manifest.json` says."""

    about: Mapping[str, Any]  # format, versions, what was asked for, …
    files: Mapping[str, str]  # name → SHA-256, hex; neither of the two manifests among them


class ManifestError(ValueError):
    """A manifest that cannot be understood."""


def digest_of(stream: IO[bytes]) -> str:
    """SHA-256 of what a file holds, hex."""
    found = sha256()
    while piece := stream.read(_CHUNK):
        found.update(piece)
    return found.hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Name → SHA-256 of every file under a folder, but for the manifests at its top."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in (JSON, SUMS):
            with path.open("rb") as stream:
                found[name] = digest_of(stream)
    return dict(sorted(found.items()))


def write(folder: Path, about: Mapping[str, Any]) -> Manifest:
    """Write both manifests for the files that are there."""
    manifest = Manifest(about=about, files=digests(folder))
    (folder / JSON).write_bytes(as_json(manifest))
    with (folder / JSON).open("rb") as stream:
        own = digest_of(stream)
    (folder / SUMS).write_bytes(as_sums({**manifest.files, JSON: own}))
    return manifest


def as_json(manifest: Manifest) -> bytes:
    """The one way in which `manifest.json` is written."""
    value = {**manifest.about, "files": dict(sorted(manifest.files.items()))}
    return json.dumps(value, ensure_ascii=True, indent=2).encode() + b"\n"


def as_sums(files: Mapping[str, str]) -> bytes:
    """The one way in which `manifest.sha256` is written."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items())).encode()


def read_json(data: bytes) -> Manifest:
    """Raises ManifestError."""
    try:
        value = json.loads(data)
        files = {str(name): str(digest) for name, digest in value.pop("files").items()}
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        raise ManifestError("cannot be understood") from None
    manifest = Manifest(about=value, files=files)
    if as_json(manifest) != data:
        raise ManifestError("is not as wirewatch writes it")
    return manifest


def read_sums(data: bytes) -> dict[str, str]:
    """Name → SHA-256. Raises ManifestError."""
    try:
        found = [_LINE.fullmatch(line) for line in data.decode().removesuffix("\n").split("\n")]
    except UnicodeDecodeError:
        raise ManifestError("is not UTF-8") from None
    files = {line[2]: line[1] for line in found if line}
    if as_sums(files) != data:
        raise ManifestError("is not as wirewatch writes it")
    return files


def is_plain(name: str) -> bool:
    """Whether a name leads to a file below the pack, and nowhere else."""
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name
    return inside and str(path) == name and name.isprintable()
