"""What feedparser takes for whole documents: `python floor_feedparser.py FOLDER`.

As the program calls it, bytes without cleaning. Prints documents, bytes, and CPU seconds without the
import.
"""

from __future__ import annotations

import sys
import time
from io import BytesIO
from pathlib import Path

import feedparser

if __name__ == "__main__":
    bodies = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
    good, began = 0, time.process_time()
    for body in bodies:
        try:
            feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
        except Exception:  # noqa: BLE001 - what it fails on costs nothing further
            continue
        good += 1
    print(good, sum(map(len, bodies)), time.process_time() - began)
