"""POSTs: what came of them, whether they may have arrived, and what never leaks."""

from __future__ import annotations

import asyncio
import gzip

import pytest

import feeds.http
from alerts.types import PostAnswer
from feeds.errors import REASONS, SendError
from feeds.posting import SEND_ANSWER_CHARS, Answer
from tests.support.fetching import Names, both
from tests.support.servers import (
    Authority,
    HttpServer,
    MuteServer,
    broken_off,
    drip_after,
    endless,
    head,
    redirect,
    reply,
)

SECRET = "T0KEN/s3cret"
HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {SECRET}"}


def posted(url: str, *, http=feeds.http, body: bytes = b"{}", headers=None, **client) -> Answer:
    async def once() -> Answer:
        async with http.Client(**{"allow_private_addresses": True, **client}) as it:
            return await it.post(url, body, HEADERS if headers is None else headers)

    return asyncio.run(once())


def refused(url: str, **options) -> SendError:
    with pytest.raises(SendError) as caught:
        posted(url, **options)
    error = caught.value
    shown = f"{error} {error!r} {error.message} {error.args} {error.__cause__!r}"
    assert SECRET not in shown
    assert "s3cret" not in shown
    assert error.reason in REASONS
    assert error.__suppress_context__
    return error


@both
def test_a_post_arrives_as_it_was_given(http):
    answer = reply(b"ok", headers=[("X-Id", "7")])
    body = '{"text": "평양"}'.encode()
    with HttpServer(lambda request: answer) as server:
        got = posted(server.url(f"/{SECRET}"), http=http, body=body)
    assert (got.status, got.headers["x-id"], got.body) == (200, "7", "ok")
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("POST", f"/{SECRET}", body)
    assert request.headers["authorization"] == HEADERS["Authorization"]
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"].startswith("wirewatch/")


def test_an_empty_body_is_a_body():
    with HttpServer(lambda request: reply()) as server:
        posted(server.url(), body=b"")
    assert server.requests[0].headers["content-length"] == "0"


def test_an_answer_has_what_alerts_read():
    assert set(Answer.__slots__) == set(PostAnswer.__slots__)


@both
@pytest.mark.parametrize("status", [204, 302, 304, 400, 429, 500, 999])
def test_any_status_is_an_answer_and_no_redirect_is_followed(http, status):
    answer = redirect("/elsewhere", status) if status == 302 else head(status)
    with HttpServer(lambda request: answer) as server:
        assert posted(server.url(), http=http).status == status
    assert len(server.requests) == 1


def test_a_long_answer_is_cut():
    with HttpServer(lambda request: reply("한".encode() * 500_000)) as server:
        assert posted(server.url()).body == "한" * SEND_ANSWER_CHARS


@both
@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (reply(b"accep", length=99), "accep"),
        (endless(head(200), b"x" * 9_000), "x" * SEND_ANSWER_CHARS),
        (reply(gzip.compress(b"ok"), headers=[("Content-Encoding", "gzip")]), ""),
        (reply(b"\xff\xfeok"), "\ufffd\ufffdok"),
    ],
)
def test_what_befalls_an_answer_after_its_status_is_no_error(http, answer, body):
    with HttpServer(lambda request: answer) as server:
        got = posted(server.url(), http=http)
    assert (got.status, got.body) == (200, body)


def test_a_dripping_answer_is_waited_for_briefly(monkeypatch):
    monkeypatch.setattr(feeds.http, "SEND_ANSWER", 0.2)
    with HttpServer(lambda request: drip_after(head(200), b"x")) as server:
        got = posted(server.url())
    assert got.status == 200
    assert set(got.body) <= {"x"}


@both
def test_before_the_request_has_left_it_cannot_have_arrived(http, tmp_path):
    authority = Authority.make(tmp_path)
    with HttpServer(lambda request: reply()) as gone:
        closed = gone.url(f"/{SECRET}")
    names = Names({"empty.example": [[]]}).resolver()
    with (
        MuteServer() as mute,
        HttpServer(lambda request: reply(), tls=authority.server("127.0.0.1")) as untrusted,
    ):
        limits = http.Limits(connect=0.2)
        cases = {
            "connect": refused(closed, http=http),
            "dns": refused(f"https://empty.example/{SECRET}", http=http, resolver=names),
            "timeout": refused(f"https://127.0.0.1:{mute.port}/{SECRET}", http=http, limits=limits),
            "tls": refused(untrusted.url(f"/{SECRET}"), http=http),
            "bad-url": refused(f"ftp://127.0.0.1/{SECRET}", http=http),
        }
        assert untrusted.requests == []
    assert {case: error.reason for case, error in cases.items()} == {case: case for case in cases}
    assert not any(error.maybe_sent for error in cases.values())


@both
@pytest.mark.parametrize(
    ("answer", "reasons"),
    [
        (b"", {"protocol"}),
        (f"POST /{SECRET} is no status line\r\n\r\n".encode(), {"protocol"}),
        (broken_off(b"HTTP/1.1 2"), {"connect", "protocol"}),
    ],
    ids=["closed", "echo", "reset"],
)
def test_after_it_has_left_it_may_have_arrived(http, answer, reasons):
    with HttpServer(lambda request: answer) as server:
        error = refused(server.url(f"/{SECRET}"), http=http)
    assert error.reason in reasons
    assert error.maybe_sent
    assert len(server.requests) == 1


@both
def test_silence_after_it_has_left_leaves_it_in_doubt(http, monkeypatch):
    monkeypatch.setattr(http, "SEND_TOTAL", http.SEND_ANSWER + 0.2)

    async def silence(writer):
        await asyncio.sleep(60)

    with HttpServer(lambda request: silence) as server:
        error = refused(server.url(f"/{SECRET}"), http=http)
    assert (error.reason, error.maybe_sent) == ("timeout", True)
    assert error.message == "no answer within 0.2 s"


@both
@pytest.mark.parametrize("value", [f"Bearer {SECRET}\r\nX: y", f"Bearer {SECRET} 한"])
def test_a_header_that_http_cannot_carry_is_not_quoted(http, value):
    with HttpServer(lambda request: reply()) as server:
        error = refused(server.url(), http=http, headers={"Authorization": value})
        assert server.requests == []
    assert (error.reason, "\n" in str(error)) == ("protocol", False)


def test_the_whole_of_a_post_takes_fifteen_seconds_at_most():
    assert feeds.http.SEND_TOTAL == 15


@both
def test_a_cancelled_post_is_cancelled(http):
    async def main(url):
        async with http.Client(allow_private_addresses=True) as client:
            task = asyncio.create_task(client.post(url, b"{}", {}))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with HttpServer(lambda request: drip_after(b"")) as server:
        asyncio.run(main(server.url()))
