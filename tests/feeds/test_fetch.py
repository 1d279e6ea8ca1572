"""What a fetch gives back, for servers that mean well."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from hashlib import sha256

import pytest

import feeds.http
from feeds.errors import REASONS
from feeds.fetch import VALIDATOR_CHARS, fetch
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified
from tests.support.fetching import Names, both, fetched
from tests.support.servers import HttpServer, broken_off, head, reply

BODY = "<rss><title>평양화력발전소</title></rss>".encode()
HASH = sha256(BODY).hexdigest()
ETAG = '"v1\xe9"'  # with an obs-text byte (RFC 9110 §8.8.3)
MODIFIED = "Sat, 21 Nov 2026 05:00:00 GMT"
NOTHING = FetchState()
KNOWN = FetchState(etag=ETAG, last_modified=MODIFIED, body_hash=HASH)


@both
def test_a_feed_is_fetched_with_what_the_next_request_needs(http):
    answer = reply(
        BODY, headers=[("ETag", ETAG), ("Last-Modified", MODIFIED), ("X", "1"), ("x", "2")]
    )
    with HttpServer(lambda request: answer) as server:
        got = fetched(server.url("/a?b=c#d"), http=http, contact="desk@example.org 한")
    assert isinstance(got, Fetched)
    assert (got.url, got.body, got.state) == (server.url("/a?b=c"), BODY, KNOWN)
    assert got.headers["etag"] == ETAG
    assert got.headers["x"] == "1, 2"
    assert (got.redirects, got.permanent_url, got.http_status) == ((), "", 200)
    assert got.wire_bytes == len(answer)
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/a?b=c")
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["user-agent"].startswith("wirewatch/")
    assert request.headers["user-agent"].endswith(" (+desk@example.org )")
    assert request.headers["accept-encoding"] == "gzip"
    assert "application/rss+xml" in request.headers["accept"]
    assert not {"if-none-match", "if-modified-since", "cookie"} & request.headers.keys()


def test_without_a_contact_the_program_still_says_who_it_is():
    with HttpServer(lambda request: reply(BODY)) as server:
        fetched(server.url())
    assert server.requests[0].headers["user-agent"].partition("/")[0] == "wirewatch"
    assert "(" not in server.requests[0].headers["user-agent"]


@both
def test_a_known_feed_is_asked_for_changes_only(http):
    answer = head(304, [("ETag", '"v2"'), ("Connection", "close")])
    with HttpServer(lambda request: answer) as server:
        got = fetched(server.url(), http=http, state=KNOWN)
    assert isinstance(got, NotModified)
    assert got.http_status == 304
    assert got.wire_bytes == len(answer)
    assert got.state == FetchState(etag='"v2"', last_modified=MODIFIED, body_hash=HASH)
    assert server.requests[0].headers["if-none-match"] == ETAG
    assert server.requests[0].headers["if-modified-since"] == MODIFIED


def test_a_304_with_a_location_is_still_no_redirect():
    answer = head(304, [("Location", "/elsewhere"), ("Connection", "close")])
    with HttpServer(lambda request: answer) as server:
        assert isinstance(fetched(server.url(), state=KNOWN), NotModified)
    assert len(server.requests) == 1


def test_a_304_that_nobody_asked_for_is_an_error():
    with HttpServer(lambda request: head(304, [("Connection", "close")])) as server:
        got = fetched(server.url(), state=FetchState(body_hash=HASH))
    assert isinstance(got, FeedError)
    assert (got.reason, got.http_status) == ("http", 304)


def test_the_very_same_body_is_nothing_new():
    with HttpServer(lambda request: reply(BODY, headers=[("ETag", '"v3"')])) as server:
        got = fetched(server.url(), state=KNOWN)
    assert isinstance(got, NotModified)
    assert got.http_status == 200
    assert got.state == FetchState(etag='"v3"', body_hash=HASH)  # Last-Modified is no longer sent


def test_another_body_under_the_same_validators_is_new():
    with HttpServer(lambda request: reply(BODY + b" ", headers=[("ETag", ETAG)])) as server:
        got = fetched(server.url(), state=KNOWN)
    assert isinstance(got, Fetched)
    assert got.state.body_hash == sha256(BODY + b" ").hexdigest()


def test_a_validator_of_absurd_length_is_not_kept():
    with HttpServer(lambda request: reply(BODY, headers=[("ETag", "x" * 2_000)])) as server:
        got = fetched(server.url())
    assert isinstance(got, Fetched)
    assert len(got.headers["etag"]) > VALIDATOR_CHARS
    assert got.state.etag == ""


def test_a_validator_that_http_cannot_carry_is_a_value_too():
    with HttpServer(lambda request: reply(BODY)) as server:
        got = fetched(server.url(), state=FetchState(etag='"한\nX: y"'))
        assert isinstance(got, FeedError)
        assert got.reason == "protocol"
        assert isinstance(fetched(server.url(), state=FetchState(etag='"한"')), Fetched)
    assert server.requests[0].headers["if-none-match"] == '""'


@both
@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
    ],
)
def test_codings_are_undone(http, coding, sent):
    answer = reply(sent, headers=[("Content-Encoding", coding)])
    with HttpServer(lambda request: answer) as server:
        got = fetched(server.url(), http=http)
    assert isinstance(got, Fetched)
    assert (got.body, got.wire_bytes) == (BODY, len(answer))


def test_chunks_and_bodies_without_a_length_are_whole():
    chunks = b"".join(b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in (BODY[:9], BODY[9:]))
    chunked = head(200, [("Transfer-Encoding", "chunked")]) + chunks + b"0\r\nTrailer: 1\r\n\r\n"
    for answer in (chunked, reply(BODY, length=-1)):
        with HttpServer(lambda request, answer=answer: answer) as server:
            got = fetched(server.url())
        assert isinstance(got, Fetched)
        assert got.body == BODY


@both
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "404 Not Found"),
        (410, "410 Gone"),
        (429, "429 Too Many Requests"),
        (500, "500 Internal Server Error"),
        (204, "204 No Content"),
        (206, "206 Partial Content"),
        (300, "300 Multiple Choices"),
        (999, "999"),
    ],
)
def test_other_statuses_are_errors(http, status, words):
    with HttpServer(lambda request: head(status, [("Connection", "close")])) as server:
        got = fetched(server.url(), http=http)
    assert isinstance(got, FeedError)
    assert (got.reason, got.http_status) == ("http", status)
    assert got.message == f"the server answered {words}"
    assert got.url == server.url()
    assert got.retry_after is None


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("120", 120), ("-1", -1), ("Sat, 21 Nov 2026 05:02:00 GMT", 120), ("later", None)],
)
def test_retry_after_is_passed_on_as_sent(asked, seconds):
    fields = [("Retry-After", asked), ("Date", MODIFIED), ("Connection", "close")]
    with HttpServer(lambda request: head(503, fields)) as server:
        got = fetched(server.url())
    assert isinstance(got, FeedError)
    assert got.retry_after == seconds


BAD_URLS = {
    "": "only http and https",
    "feed.xml": "only http and https",
    "file:///etc/passwd": "only http and https",
    "ftp://example.org/feed": "only http and https",
    "gopher://127.0.0.1/": "only http and https",
    "javascript:alert(1)": "only http and https",
    "ws://127.0.0.1/": "only http and https",
    "http://": "no host",
    "http:///feed": "no host",
    "https://:443/": "no host",
    "http://127.0.0.1:0/": "no such port",
    "http://127.0.0.1:65536/": "no such port",
    "http://127.0.0.1:-1/": "no such port",
    "http://127.0.0.1:99999999999999/": "no such port",
    "http://127.0.0.1:port/": "cannot be understood",
    "http://[::1/": "cannot be understood",
    "http://1.2.3.4.5.6.7.8.999/": "",
    "http://256.1.1.1/": "cannot be understood",
    "http://a\x00b/": "cannot be understood",
    "http://a\nb/": "cannot be understood",
    "http://\ud800.example/": "cannot be understood",
    "http://☃.\u00ad./": "",
    "http://xn--zzzzzz--/": "",
    f"http://{'a' * 70}.example/": "",
    f"http://example.org/{'a' * 8_000}": "longer than 8000",
    "http://user@127.0.0.1/": "go into the configuration",
    "https://user:hunter2@127.0.0.1/": "go into the configuration",
    "http://public.example\\@127.0.0.1/": "go into the configuration",
}


@both
@pytest.mark.parametrize(("url", "said"), BAD_URLS.items(), ids=ascii)
def test_bad_urls_are_values(http, url, said):
    got = fetched(url, http=http, resolver=Names({}).resolver())
    assert isinstance(got, FeedError)
    assert got.reason == ("bad-url" if said else got.reason)
    assert got.reason in {"bad-url", "dns"}
    assert said in got.message
    assert "hunter2" not in got.message


@both
def test_a_closed_port_is_an_error(http):
    with HttpServer(lambda request: reply()) as server:
        url = server.url()
    got = fetched(url, http=http)
    assert isinstance(got, FeedError)
    assert got.reason == "connect"
    assert got.message == f"127.0.0.1, port {server.port}: Connection refused"


@both
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "protocol"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\nshort", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nBad\x01Name: 1\r\n\r\n", "protocol"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "protocol"),
        (broken_off(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), "connect"),
        (broken_off(b"HTTP/1.1 2"), "connect"),
    ],
)
def test_answers_that_are_not_whole_are_errors(http, answer, reason):
    with HttpServer(lambda request: answer) as server:
        got = fetched(server.url(), http=http)
    assert isinstance(got, FeedError)
    assert got.reason in REASONS
    # A reset may overtake what was sent before it.
    assert got.reason == reason or (reason, got.reason) == ("connect", "protocol")


def test_several_addresses_are_tried_in_turn():
    names = Names({"feed.example": [["127.0.0.9", "127.0.0.1"]]})
    with HttpServer(lambda request: reply(BODY)) as server:
        url = server.url(host="feed.example")
        assert isinstance(fetched(url, resolver=names.resolver()), Fetched)
    assert names.asked == ["feed.example"]


@both
def test_a_silent_first_address_leaves_time_for_the_second(http):
    from feeds.dial import dial_tcp

    dialled = []

    async def dial(address, port):
        dialled.append(address)
        if address == "192.0.2.1":
            await asyncio.sleep(60)
        return await dial_tcp("127.0.0.1", port)

    names = Names({"feed.example": [["192.0.2.1", "192.0.2.2"]]})
    limits = http.Limits(connect=0.8)
    with HttpServer(lambda request: reply(BODY)) as server:
        url = server.url(host="feed.example")
        got = fetched(url, http=http, resolver=names.resolver(), dial=dial, limits=limits)
    assert isinstance(got, Fetched)
    assert dialled == ["192.0.2.1", "192.0.2.2"]


def test_of_many_addresses_only_a_few_are_dialled():
    dialled = []

    async def dial(address, port):
        dialled.append(address)
        raise OSError(113, "No route to host")

    many = [f"192.0.2.{n}" for n in range(200)]
    names = Names({"feed.example": [many]})
    got = fetched("http://feed.example/", resolver=names.resolver(), dial=dial)
    assert isinstance(got, FeedError)
    assert (got.reason, got.message) == ("connect", "feed.example, port 80: No route to host")
    assert dialled == many[:4]


def test_an_unknown_host_is_an_error():
    class Nowhere(Names):
        def lookup(self, host):
            import socket

            raise socket.gaierror(socket.EAI_NONAME, "no")

    got = fetched("http://gone.example/feed?key=s3cret", resolver=Nowhere({}).resolver())
    assert isinstance(got, FeedError)
    assert (got.reason, got.message) == ("dns", "there is no host gone.example")


@both
def test_many_fetches_share_one_client(http):
    with HttpServer(lambda request: reply(request.target.encode())) as server:

        async def main():
            async with http.Client(allow_private_addresses=True) as client:
                feeds_ = [Feed(url=server.url(f"/{n}")) for n in range(60)]
                return await asyncio.gather(*(fetch(client, feed, NOTHING) for feed in feeds_))

        got = asyncio.run(main())
    assert [answer.body for answer in got] == [f"/{n}".encode() for n in range(60)]
    assert server.connections == 60  # none is kept


@both
@pytest.mark.parametrize(
    ("first", "requests"),
    [(broken_off(b""), 2), (broken_off(b"HTTP/1.1 2"), 1), (reply(status=500), 1)],
)
def test_one_retry_for_a_connection_that_brought_nothing(http, first, requests):
    answers = iter([first])
    with HttpServer(lambda request: next(answers, reply(BODY))) as server:
        got = fetched(server.url(), http=http)
    assert len(server.requests) == requests
    assert isinstance(got, Fetched) is got.retried is (requests == 2)


@both
def test_a_retry_is_not_tried_again(http):
    with HttpServer(lambda request: broken_off(b"")) as server:
        got = fetched(server.url(), http=http)
    assert isinstance(got, FeedError)
    assert (len(server.requests), got.retried) == (2, True)


def test_no_cookie_crosses_from_one_feed_to_the_next():
    answer = reply(BODY, headers=[("Set-Cookie", "who=me; Path=/")])
    with HttpServer(lambda request: answer) as server:

        async def main():
            async with feeds.http.Client(allow_private_addresses=True) as client:
                for _ in range(2):
                    await fetch(client, Feed(url=server.url()), NOTHING)

        asyncio.run(main())
    assert ["cookie" in request.headers for request in server.requests] == [False, False]


def test_a_bad_certificate_file_stops_the_start(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        feeds.http.Client(ca_file=str(tmp_path / "none.pem"))


def test_the_public_types_are_what_the_contract_says():
    limits = feeds.http.Limits()
    assert (limits.total, limits.connect, limits.read_gap, limits.redirects) == (30, 5, 10, 5)
    assert (limits.wire_bytes, limits.body_bytes) == (2 * 2**20, 8 * 2**20)
