"""The Apprise library, which need not be installed: loaded when it is used, its log kept in.

It takes a second to load. What it logs holds addresses with passwords, so it goes nowhere but to
whoever asked.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

_LOG = "apprise"

# What it posts with writes addresses, which hold secrets, at DEBUG. (httpx's loggers are kept quiet
# in feeds/http.py for the same reason.)
logging.getLogger("urllib3").setLevel(logging.WARNING)
_ONE_AT_A_TIME = threading.Lock()  # the log is one for the process


def is_installed() -> bool:
    """Whether the extra `wirewatch[apprise]` is."""
    return find_spec("apprise") is not None


def knows(url: str) -> bool:
    """Whether it is an address of a service that Apprise can write to."""
    with _listening():
        import apprise  # noqa: PLC0415 - only when it is used

        return bool(apprise.Apprise().add(url))


def notify(url: str, title: str, body: str) -> tuple[bool, str]:
    """Send a plain text, blocking: whether it went, and what Apprise wrote about it."""
    with _listening() as told:
        import apprise  # noqa: PLC0415 - only when it is used

        way = apprise.Apprise()
        way.add(url)
        sent = way.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
        return bool(sent), told.getvalue()


@contextmanager
def _listening() -> Iterator[io.StringIO]:
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    log = logging.getLogger(_LOG)
    with _ONE_AT_A_TIME:
        before = log.level, log.propagate
        log.propagate = False
        log.setLevel(logging.DEBUG)
        log.addHandler(handler)
        try:
            yield told
        finally:
            log.removeHandler(handler)
            level, log.propagate = before
            log.setLevel(level)
