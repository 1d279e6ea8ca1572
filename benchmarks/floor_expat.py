"""The least that parsing can cost: `python floor_expat.py FOLDER`. expat without a handler.

Prints how many documents are well-formed, and the bytes of all.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.parsers import expat

if __name__ == "__main__":
    good = size = 0
    for path in sorted(Path(sys.argv[1]).iterdir()):
        body = path.read_bytes()
        size += len(body)
        try:
            expat.ParserCreate().Parse(body, True)
        except (expat.ExpatError, ValueError):
            continue
        good += 1
    print(good, size)
