"""Which reading of entries this is: what was read by another one has to be read again."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path
from xml.parsers import expat

import selectolax


@cache
def revision(reader: str) -> str:
    """A fingerprint of all that makes an entry out of bytes: this package, and what it rests on.

    Taken from the package's own files, so that nobody has to think of it when one is changed.
    `reader` names the feed parser with its version.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    rest = (reader, selectolax.__version__, expat.EXPAT_VERSION, sys.version)
    digest.update("\0".join(rest).encode())
    return digest.hexdigest()
