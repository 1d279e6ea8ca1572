"""The only door to the network for HTTP: httpx behind a guard.

Every connection, of every redirect hop and of every POST, is opened here: the name is resolved
once, every address it has is judged, and the judged address is the one that is dialled. TLS and
the Host header keep the name.

httpx is used without its AsyncClient, which would keep cookies across feeds, build a request from
every unjudged Location, and log full URLs; and with a transport of our own, since httpx's costs
five times the sockets. What goes by way of a proxy is left to httpx's own, and to httpcore.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Self

import httpcore
import httpx

from feeds.access import Keys
from feeds.connection import Connection
from feeds.dial import Dialler
from feeds.errors import SendError, TransferError
from feeds.fields import SENDING, Started, encoded, joined, unmangled, user_agent
from feeds.http1 import AnswerReader, request_head, wire_head
from feeds.limits import Limits
from feeds.posting import Answer, excerpt
from feeds.proxied import Guard
from feeds.resolver import Resolver
from feeds.room import Room
from feeds.types import Exchange

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from feeds.dial import Dial
    from feeds.fields import Fields

for _library in (httpx, httpcore):  # INFO has full URLs, DEBUG has headers: both hold secrets
    logging.getLogger(_library.__name__).setLevel(logging.WARNING)

URL_CHARS = 8_000  # what RFC 9110 §4.1 asks everyone to support
SEND_TOTAL = 15.0  # seconds for a POST with its answer; a webhook takes one
SEND_ANSWER = 2.0  # seconds of these for the answer's body, which only people read
WITHHELD = b"(withheld)"
_NOTHING = httpx.ByteStream(b"")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})  # not 304, which httpx counts among them


class Client:
    """Fetches and posts, guarded. One for a program and its event loop; `async with` closes it."""

    def __init__(
        self,
        *,
        contact: str = "",
        allow_private_addresses: bool = False,
        limits: Limits | None = None,
        ca_file: str | None = None,
        resolver: Resolver | None = None,
        dial: Dial | None = None,
        keys: Keys | None = None,
    ) -> None:
        """Build the TLS context, once: it takes some 30 ms.

        `contact` goes into the User-Agent; `ca_file` holds certificates (PEM) to trust besides the
        public ones; `dial` connects to a judged address, for tests and unusual networks; `keys`
        has what single sites are asked with. Raises OSError (ssl.SSLError is one) for a bad
        `ca_file`.
        """
        self.limits = limits or Limits()
        self.room = Room()  # for the large bodies among all that it fetches
        self._keys = keys or Keys()
        self._resolver = resolver or Resolver()
        self._owns_resolver = resolver is None
        dialler = Dialler(
            resolver=self._resolver,
            allow_private=allow_private_addresses,
            limit=self.limits.connect,
            dial=dial,
        )
        self._dialler = dialler
        self._context = _tls_context(ca_file)
        _guarded_transport(Guard(dialler), self._context)  # fails here, not at the first feed
        self._fields = [
            (b"User-Agent", user_agent(contact).encode("ascii")),
            (b"Connection", b"close"),  # many hosts, seldom: a kept socket would outlive its check
        ]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._owns_resolver:
            self._resolver.close()

    def get(self, url: str, fields: Fields) -> AbstractAsyncContextManager[Head]:
        """One GET: no redirect followed, no byte of the body read yet. Raises TransferError."""
        target = _parsed(url)
        secret = self._keys.fields(str(target))
        request = self._request("GET", target, [*fields, *secret])
        return self._exchange(request, frozenset(name for name, _ in secret))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST `body` and follow no redirect; any status is an answer. 15 s at most.

        Raises SendError. Once the status has come, nothing that befalls the rest is an error: the
        message has arrived and must not be sent again.
        """
        started = Started()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(SEND_TOTAL - SEND_ANSWER):
                    fields = [*encoded(headers), (b"Accept-Encoding", b"identity")]
                    request = self._request("POST", _parsed(url), fields, body)
                    request.extensions["trace"] = started.trace
                    head = await stack.enter_async_context(self._exchange(request))
            except TimeoutError:
                message = f"no answer within {SEND_TOTAL - SEND_ANSWER:g} s"
                raise SendError("timeout", message, maybe_sent=started.sending) from None
            except TransferError as error:
                raise SendError(error.reason, error.message, maybe_sent=started.sending) from None
            return Answer(
                status=head.status,
                headers=head.headers,
                body=await excerpt(head.headers, head.chunks(), SEND_ANSWER),
            )

    def _request(
        self, method: str, target: httpx.URL, fields: Fields, body: bytes | None = None
    ) -> httpx.Request:
        limits = self.limits
        seconds = {"connect": limits.connect, "read": limits.read_gap, "write": limits.read_gap}
        return httpx.Request(
            method,
            target,
            headers=[(b"Host", target.netloc), *self._fields, *fields],
            content=body,
            stream=_NOTHING if body is None else None,  # what has one is not looked through again
            extensions={"timeout": seconds},
        )

    @asynccontextmanager
    async def _exchange(
        self, request: httpx.Request, withheld: frozenset[bytes] = frozenset()
    ) -> AsyncIterator[Head]:
        """Send one request over a connection of its own, and close whatever became of it."""
        proxy = self._keys.proxy(str(request.url))
        way = (
            _Proxied(self._dialler, self._context, proxy, request.url)
            if proxy
            else _Direct(self._dialler, self._context)
        )
        try:
            response = await way.handle_async_request(request)
            assert way.connection is not None
            way.connection.most += self.limits.wire_bytes
            yield Head(request, response, way.connection, withheld)
        finally:
            await way.aclose()


class Head:
    """The head of an answer. Its body can be read once, while `Client.get` is open."""

    def __init__(
        self,
        request: httpx.Request,
        response: httpx.Response,
        connection: Connection,
        withheld: frozenset[bytes],
    ) -> None:
        """Take over what came for `request`; the values of `withheld` fields stay secret."""
        self._request = request
        self._response = response
        self._connection = connection
        self.url = str(request.url)
        self.status = response.status_code
        self.headers = joined(response.headers.raw)  # names in lower case, text in Latin-1
        self._withheld = withheld

    @property
    def received(self) -> int:
        """Bytes that the connection has brought so far: heads, framing and bodies."""
        return self._connection.received

    def redirect(self) -> str:
        """The absolute URL that the answer sends us on to; "" if none. Raises TransferError."""
        if self.status not in _REDIRECTS:
            return ""
        location = self.headers.get("location", "").strip()
        if not location:
            raise TransferError("redirects", f"status {self.status} does not say where to go")
        try:
            return str(self._request.url.join(unmangled(location)))
        except (httpx.InvalidURL, ValueError):
            raise TransferError("bad-url", "the Location cannot be understood as a URL") from None

    def exchange(self, body: bytes) -> Exchange:
        """All of it for evidence, with the body as it was sent."""
        request, said = self._request, self._response.extensions
        status = b"%s %d %s" % (
            said.get("http_version", b"HTTP/1.1"), self.status, said.get("reason_phrase", b""),
        )  # fmt: skip
        asked = b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)
        sent = [(n, WITHHELD if n in self._withheld else v) for n, v in request.headers.raw]
        return Exchange(
            request=wire_head(asked, sent),
            head=wire_head(status, self._response.headers.raw),
            body=body,
            address=self._connection.address,
            peer=self._connection.peer,
        )

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes off the wire, still coded. Raises TransferError."""
        with _mapped():
            async for chunk in self._response.aiter_raw():
                yield chunk


def _parsed(text: str) -> httpx.URL:
    """A request's URL, read by the parser that also dials. Raises TransferError("bad-url")."""
    if len(text) > URL_CHARS:
        raise TransferError("bad-url", f"longer than {URL_CHARS} characters")
    try:
        url = httpx.URL(text.partition("#")[0].strip())
    except (httpx.InvalidURL, ValueError):  # never quoted: it may hold a password
        raise TransferError("bad-url", "cannot be understood as a URL") from None
    if url.scheme not in ("http", "https"):
        raise TransferError("bad-url", "only http and https may be fetched")
    if url.userinfo:
        message = "user names and passwords go into the configuration, not into the URL"
        raise TransferError("bad-url", message)
    port = 80 if url.port is None else url.port
    if not url.raw_host or not 0 < port < 2**16:
        raise TransferError("bad-url", "no host, or no such port")
    return url


class _Direct(httpx.AsyncBaseTransport):
    """One exchange with a host itself, over a connection of its own."""

    def __init__(self, dialler: Dialler, context: ssl.SSLContext) -> None:
        self._dialler = dialler
        self._context = context
        self.connection: Connection | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it, and give the head of the answer; the body is read as it is asked for."""
        seconds, gap = request.extensions["timeout"], request.extensions["timeout"]["read"]
        head = request_head(request.method.encode(), request.url.raw_path, request.headers.raw)
        connection = await self._opened(request.url, seconds["connect"])
        if trace := request.extensions.get("trace"):
            await trace(SENDING, {})
        await connection.write(head + request.read(), seconds["write"])
        answer, start = AnswerReader(), b""
        while answer.head is None:
            start = answer.feed(await connection.read(gap))
        return httpx.Response(
            answer.head.status,
            headers=answer.head.fields,
            stream=_Body(answer, start, connection, gap),
            extensions={
                "http_version": b"HTTP/" + answer.head.version,
                "reason_phrase": answer.head.phrase,
            },
        )

    async def _opened(self, url: httpx.URL, seconds: float) -> Connection:
        secure, host = url.scheme == "https", url.raw_host.decode("ascii")
        found = await self._dialler.connect(host, url.port or (443 if secure else 80))
        self.connection = Connection(found)
        if secure:
            await self.connection.open_tls(self._context, host, seconds)
        else:
            await self.connection.open()
        return self.connection

    async def aclose(self) -> None:
        if self.connection:
            self.connection.close()


class _Body(httpx.AsyncByteStream):
    """What comes after the head, a read at a time."""

    def __init__(
        self, answer: AnswerReader, start: bytes, connection: Connection, gap: float
    ) -> None:
        self._answer = answer
        self._start = start
        self._connection = connection
        self._gap = gap

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._start:
            yield self._start
        while not self._answer.done:
            if piece := self._answer.feed(await self._connection.read(self._gap)):
                yield piece


class _Proxied:
    """One exchange by way of a proxy, which httpx and httpcore know how to talk to.

    In a shared pool, each request walks over the connections of all others, and one that is
    cancelled while httpcore 1.0.9 takes a lock leaves its own there for ever, socket and all.
    """

    def __init__(
        self, dialler: Dialler, context: ssl.SSLContext, proxy: str, url: httpx.URL
    ) -> None:
        self._guard = Guard(dialler, target=url.host)
        self._transport = _guarded_transport(self._guard, context, proxy)

    @property
    def connection(self) -> Connection | None:
        """The one to the proxy."""
        return self._guard.opened[-1] if self._guard.opened else None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _mapped():
            return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all of it: httpcore forgets a connection that a SOCKS proxy refused."""
        await self._transport.aclose()
        for connection in self._guard.opened:
            connection.close()


def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _guarded_transport(
    guard: Guard, context: ssl.SSLContext, proxy: str = ""
) -> httpx.AsyncHTTPTransport:
    """A transport that connects through `guard`: no environment, no kept connection.

    httpx has no public way to hand httpcore a network backend, so a version that keeps it
    elsewhere must stop the program here rather than fetch unguarded.
    """
    transport = httpx.AsyncHTTPTransport(
        verify=context,
        trust_env=False,
        proxy=proxy or None,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )
    pool = getattr(transport, "_pool", None)
    if not isinstance(getattr(pool, "_network_backend", None), httpcore.AsyncNetworkBackend):
        raise TypeError(f"{httpx.__name__} {httpx.__version__} cannot be guarded")
    transport._pool._network_backend = guard  # noqa: SLF001 - checked above
    return transport


# Every exception that a request through httpx can meet: its reason, and what to tell people. Never
# the exception's own text, which may quote the peer's bytes or a header of ours.
FAILURES: Mapping[type[Exception], tuple[str, str]] = {
    kind: (reason, message)
    for reason, message, kinds in (
        ("bad-url", "not a URL that can be fetched", (httpx.InvalidURL, httpx.UnsupportedProtocol)),
        ("timeout", "no connection in time", (httpx.ConnectTimeout, httpx.PoolTimeout)),
        ("timeout", "nothing came for too long", (httpx.TimeoutException, httpx.ReadTimeout)),
        ("timeout", "the request could not be sent in time", (httpx.WriteTimeout,)),
        ("connect", "no connection", (httpx.ConnectError, httpx.ProxyError)),
        ("connect", "the connection was lost", (httpx.NetworkError, httpx.ReadError)),
        ("connect", "the connection was lost", (httpx.WriteError, httpx.CloseError)),
        ("connect", "the request failed", (httpx.TransportError, httpx.RequestError)),
        ("connect", "the request failed", (httpx.HTTPError,)),
        ("protocol", "the request cannot be written as HTTP", (httpx.LocalProtocolError,)),
        ("protocol", "the answer is not HTTP, or it was cut off", (httpx.RemoteProtocolError,)),
        ("protocol", "the answer is not HTTP", (httpx.ProtocolError,)),
        ("coding", "the body could not be decoded", (httpx.DecodingError,)),
        ("redirects", "too many redirects", (httpx.TooManyRedirects,)),
        ("http", "an error status", (httpx.HTTPStatusError,)),
    )
    for kind in kinds
}


@contextmanager
def _mapped() -> Iterator[None]:
    """Turn what httpx raises into TransferError, by FAILURES."""
    try:
        yield
    except tuple(FAILURES) as error:
        reason, message = next(FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)
        raise TransferError(reason, message) from error
