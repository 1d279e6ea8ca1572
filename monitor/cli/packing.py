"""Where a pack or a backup is put: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def target(output: Path) -> Iterator[Path]:
    """An empty folder, which becomes the pack, or the zip, once all of it is there."""
    from monitor.errors import PackError
    from monitor.pack import container

    if output.exists():
        raise PackError(f"{output}: is there already")
    try:
        work = Path(tempfile.mkdtemp(prefix=".pack-", dir=output.absolute().parent))
    except OSError as error:
        raise PackError(f"{output}: cannot be written: {error.strerror}") from None
    try:
        folder = work / "pack"
        folder.mkdir()
        yield folder
        if output.suffix.lower() == ".zip":
            with (work / "zip").open("wb") as out:
                container.write(folder, out)
                out.flush()
                os.fsync(out.fileno())
            (work / "zip").rename(output)
        else:
            folder.rename(output)
    finally:
        shutil.rmtree(work, ignore_errors=True)
