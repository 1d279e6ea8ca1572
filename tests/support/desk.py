"""A folder with evidence for the desk: a few stories of invented places."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from feeds.types import Entry
from tests.support.collection import Collection

ENTRIES = (
    Entry(
        guid="1",
        url="https://one.example/1",
        title="Arin Dam in Northland opens its third turbine",
        text="Workers of Northland said on Monday that the Arin Dam gives power to four towns.",
    ),
    Entry(
        guid="2",
        url="https://one.example/2",
        title="Bolu Mine meets the plan of the year",
        text="The Bolu Mine in Northland brought up more ore than in any month since it opened.",
    ),
)


_KEPT = tempfile.TemporaryDirectory(prefix="wirewatch-desk-")  # goes when the tests end
atexit.register(_KEPT.cleanup)


@cache
def _made() -> Path:
    folder = Path(_KEPT.name)
    collection = Collection(folder)
    collection.poll()
    collection.poll(*ENTRIES)
    return folder


def collected(folder: Path) -> Path:
    """The same evidence in a folder of the test's own."""
    shutil.copytree(_made(), folder, dirs_exist_ok=True)
    return folder
