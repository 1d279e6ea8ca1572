"""Builds of the program that take too much, or say too much: what the proof must be able to see.

    python -m tests.support.unbounded takes poll --all
    python -m tests.support.unbounded tells poll --all

`takes` reads all the entries of a document, and titles of any length. `tells` masks no secret: errors
say what a library or a server said, and the archive holds requests as they were sent.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.types import Feed, FeedError, ParsedFeed


def uncapped(
    body: bytes, headers: Mapping[str, str], feed: Feed, url: str
) -> ParsedFeed | FeedError:
    """All of it. Called in the parser processes, which import this module and little else."""
    from feeds import document, parse, text

    document.prepare.__defaults__ = (10**9,)
    text.one_line.__defaults__ = (10**9,)
    return parse.parse(body, headers, feed, url)


def _as_said(text: str, *_: object) -> str:
    return text


def spoil(how: str) -> None:
    """Take the care out."""
    match how:
        case "takes":
            from feeds import workers

            workers.parse = uncapped
        case "tells":
            from alerts import email, posting
            from monitor.evidence import archive

            email.redacted = posting.redacted = archive.redacted = _as_said
            archive.redacted_request = lambda head, _: head
        case _:
            raise SystemExit(f"no such build: {how}")


if __name__ == "__main__":
    from monitor.cli import main

    spoil(sys.argv.pop(1))
    main()
