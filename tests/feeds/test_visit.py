"""One page, asked for once: no redirect followed, the guard and the limits as for feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

import feeds.http
from feeds.limits import Limits
from feeds.types import FeedError, Fetched
from feeds.visit import Moved, visit
from tests.support.fetching import PUBLIC, QUICK, Names, Wires
from tests.support.servers import HttpServer, drip_after, endless, head, redirect, reply


def visited(url: str, **client: Any) -> Fetched | Moved | FeedError:
    async def once() -> Fetched | Moved | FeedError:
        async with feeds.http.Client(**{"allow_private_addresses": True, **client}) as it:
            return await visit(it, url)

    return asyncio.run(once())


def test_a_page_with_all_that_evidence_needs() -> None:
    with HttpServer(lambda _: reply(b"hello", headers=[("Content-Type", "text/html")])) as server:
        got = visited(server.url("/a"))
    assert isinstance(got, Fetched)
    assert (got.body, got.http_status, got.headers["content-type"]) == (b"hello", 200, "text/html")
    assert got.exchange is not None
    assert got.exchange.request.startswith(b"GET /a HTTP/1.1\r\n")
    asked = server.requests[0].headers
    assert asked["accept"].startswith("text/html")
    assert asked["user-agent"].startswith("wirewatch/")
    assert not {"cookie", "referer", "authorization"} & set(asked)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(status: int) -> None:
    with HttpServer(lambda _: redirect("/b?x=1", status)) as server:
        got = visited(server.url("/a"))
    assert isinstance(got, Moved)
    assert (got.to, got.http_status) == (server.url("/b?x=1"), status)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (redirect("ftp://news.example/a"), "redirects"),
        (redirect("javascript:alert(1)"), "redirects"),
        (redirect(""), "redirects"),
        (reply(status=304), "http"),
        (reply(status=404), "http"),
        (reply(b"x", headers=[("Content-Encoding", "br")]), "coding"),
        (reply(length=3 * 2**20), "too-large"),
        (endless(head(200), b"x" * 65536), "too-large"),
        (drip_after(head(200)), "timeout"),
        (b"nonsense\r\n\r\n", "protocol"),
    ],
)
def test_failures(answer: Any, reason: str) -> None:
    limits = QUICK if reason == "timeout" else Limits()
    with HttpServer(lambda _: answer) as server:
        got = visited(server.url("/a"), limits=limits)
    assert isinstance(got, FeedError)
    assert got.reason == reason


def test_a_pause_that_is_asked_for() -> None:
    answer = reply(status=503, headers=[("Retry-After", "120")])
    with HttpServer(lambda _: answer) as server:
        got = visited(server.url("/a"))
    assert isinstance(got, FeedError)
    assert (got.http_status, got.retry_after) == (503, 120.0)


TABLE: Mapping[str, Any] = {"news.example": [[PUBLIC]], "inside.example": [["10.0.0.1"]]}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "inside.example", "[::1]", "10.0.0.1"])
def test_private_addresses_are_refused(host: str) -> None:
    wires = Wires()
    guarded = {"allow_private_addresses": False, "dial": wires.dial}
    got = visited(f"http://{host}:1/", resolver=Names(TABLE).resolver(), **guarded)
    assert isinstance(got, FeedError)
    assert got.reason == "refused-address"
    assert wires.dialled == []
