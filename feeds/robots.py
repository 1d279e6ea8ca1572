"""robots.txt, as RFC 9309 has it: what is asked for once a day, and what it allows.

Protego reads the rules (groups, longest match, `*` and `$`). It takes minutes for a file built to
be slow, so that feeds.workers runs `may_read`, with the file as it was kept.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feeds.types import Feed, FeedError, Fetched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feeds.types import NotModified

TOKEN = "wirewatch"  # noqa: S105 - RFC 9309 §2.2.1 calls the name of a crawler its product token
MOST_BYTES = 500 * 2**10  # of a file that are read (RFC 9309 §2.5)
LIFETIME = 24 * 3600.0  # seconds that an answer counts (RFC 9309 §2.4)
REST = 600.0  # seconds after which a host is asked again that could not say
KEPT_BYTES = 4 * 2**20  # of all files together; a usual one has 2 kB
KEPT = 2_000  # files


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a host said of its pages."""

    text: bytes  # the file; b"" = everything is allowed
    closed: str = ""  # why nothing may be read for a while; "" = see text
    until: float  # on a steady clock


def robots_url(url: str) -> str:
    """Where the rules for `url` stand: those of its scheme, host and port (RFC 9309 §2.3)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/robots.txt"


def understood(answer: Fetched | NotModified | FeedError, now: float) -> Rules:
    """What an answer to the request for robots.txt means (RFC 9309 §2.3.1). Pure.

    Without such a file (4xx), or behind more redirects than anybody follows, all is allowed; a host
    that cannot say allows nothing for a while. 429 asks for less, and counts among the latter.
    """
    if isinstance(answer, Fetched):
        return Rules(text=answer.body[:MOST_BYTES], until=now + LIFETIME)
    if isinstance(answer, FeedError) and _says_nothing(answer):
        return Rules(text=b"", until=now + LIFETIME)
    why = answer.message if isinstance(answer, FeedError) else "no answer"
    return Rules(text=b"", closed=f"robots.txt cannot be read: {why}", until=now + REST)


def _says_nothing(error: FeedError) -> bool:
    """Whether there is no such file. An address of ours to refuse is refused with the page."""
    status = error.http_status or 0
    if error.reason == "http":
        return 200 <= status < 500 and status != 429
    return error.reason in ("redirects", "refused-address", "bad-url")


def may_read(body: bytes, headers: Mapping[str, str], feed: Feed, url: str) -> bool:  # noqa: ARG001 - what a reader of feeds.workers is given
    """Whether the robots.txt `body` lets us read `url`. For feeds.workers."""
    from protego import Protego  # noqa: PLC0415 - only where it runs: the parent needs none of it

    rules = Protego.parse(body.decode("utf-8-sig", "replace"))
    return bool(rules.can_fetch(url, TOKEN))


class RobotsCache:
    """The rules of hosts that were asked within a day, as many as fit. Not kept over a restart."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, Rules] = OrderedDict()
        self._bytes = 0

    def get(self, url: str) -> Rules | None:
        """The rules for a page, if they are known and not too old."""
        key = robots_url(url)
        rules = self._kept.get(key)
        if rules is None or self._clock() >= rules.until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return rules

    def put(self, url: str, answer: Fetched | NotModified | FeedError) -> None:
        """Keep what the host of a page answered; those that were not used for long make room."""
        key = robots_url(url)
        self._drop(key)
        rules = self._kept[key] = understood(answer, self._clock())
        self._bytes += len(rules.text)
        while len(self._kept) > KEPT or self._bytes > KEPT_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        if (rules := self._kept.pop(key, None)) is not None:
            self._bytes -= len(rules.text)
