"""A reader that waits and computes nothing, as one does whose processor is somebody else's."""

from __future__ import annotations

import time
from typing import Any


def nap(body: bytes, *_: Any) -> str:
    """Sleeps as many seconds as the document says."""
    time.sleep(float(body))
    return "read"
