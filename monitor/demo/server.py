"""Serve the demo's feeds on loopback, each from a host of its own where the system allows it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from types import TracebackType
from typing import Self

from feeds.types import Feed
from monitor.demo.items import ROUNDS, DemoFeed, load
from monitor.demo.render import render

FIRST_HOST = 2
"""Feeds start at 127.0.0.2, so that each has its own host. macOS has 127.0.0.1 only."""

PATHS = {"rss20": "/rss.xml", "rss10": "/index.rdf", "atom10": "/atom.xml", "json11": "/feed.json"}

READ_SECONDS = 10.0
"""A client that sends no request for so long is dropped."""

POLL_SECONDS = 0.02
"""How often a server looks whether it is to stop; eight of them stop one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one feed answers with in one round."""

    path: str
    body: bytes
    content_type: str
    etag: str


class _FeedServer(ThreadingTCPServer):
    """The server of one feed. `document` is replaced as a whole, so no answer mixes two rounds.

    Not an HTTPServer: that one asks DNS for its own name, which can hang where there is no network.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, document: Document) -> None:
        self.document = document
        super().__init__((host, 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    timeout = READ_SECONDS
    server: _FeedServer

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's signature)
        """Say nothing: the demo's output is what was found, not who asked."""

    def _answer(self, *, with_body: bool) -> None:
        document = self.server.document
        if self.path != document.path:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        asked = self.headers.get("If-None-Match", "").split(",")
        known = document.etag in (tag.strip() for tag in asked)
        self.send_response(HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK)
        self.send_header("ETag", document.etag)
        self.send_header("Cache-Control", "no-cache")
        if not known:
            self.send_header("Content-Type", document.content_type)
            self.send_header("Content-Length", str(len(document.body)))
        self.end_headers()
        if with_body and not known:
            self.wfile.write(document.body)


class DemoServer:
    """The bundled feeds on loopback for as long as the `with` block runs.

    `now` (aware) is what the items' ages are counted from. The server starts with the first round;
    `advance()` moves every feed to the second.
    """

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self._demo = load()
        self._servers: list[_FeedServer] = []

    @property
    def feeds(self) -> list[Feed]:
        """The feeds as a feed list would hold them. Empty outside the `with` block."""
        pairs = zip(self._demo, self._servers, strict=False)
        return [_feed(feed, server) for feed, server in pairs]

    def advance(self) -> None:
        """Serve the second round from now on."""
        for feed, server in zip(self._demo, self._servers, strict=True):
            server.document = _document(feed, ROUNDS[1], self._now)

    def __enter__(self) -> Self:
        try:
            for number, feed in enumerate(self._demo, FIRST_HOST):
                document = _document(feed, ROUNDS[0], self._now)
                self._servers.append(_serve(f"127.0.0.{number}", document))
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()


def _serve(host: str, document: Document) -> _FeedServer:
    try:
        server = _FeedServer(host, document)
    except OSError:
        server = _FeedServer("127.0.0.1", document)
    name = f"demo feed {document.path}"
    Thread(target=server.serve_forever, args=(POLL_SECONDS,), name=name, daemon=True).start()
    return server


def _document(feed: DemoFeed, number: int, now: datetime) -> Document:
    body = render(feed, number, now)
    digest = hashlib.sha256(body).hexdigest()
    return Document(
        path=PATHS[feed.format], body=body, content_type=feed.content_type, etag=f'"{digest[:32]}"'
    )


def _feed(feed: DemoFeed, server: _FeedServer) -> Feed:
    host, port = server.server_address[:2]
    return Feed(
        url=f"http://{host!s}:{port}{server.document.path}",
        name=feed.name,
        language=feed.language,
        kind=feed.kind,
        timezone=feed.timezone,
        encoding=feed.override,
    )
