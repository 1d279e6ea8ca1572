"""The only door to the network for HTTP: httpx behind a guard.

Every connection, of every redirect hop and of every POST, is opened here: the name is resolved
once, every address it has is judged, and the judged address is the one that is dialled. TLS and
the Host header keep the name.

httpx's transport is used without its AsyncClient, which would keep cookies across feeds, build a
request from every unjudged Location, log full URLs, and cost a sixth more CPU.
"""

# ruff: noqa: ASYNC109 - httpcore hands its timeouts, in seconds, to every read and write
from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Self

import httpcore
import httpx

from feeds.access import Keys
from feeds.dial import Dialler
from feeds.errors import SendError, TransferError
from feeds.fields import Started, encoded, joined, unmangled, user_agent, wire_head
from feeds.limits import HEAD_BYTES, Limits
from feeds.peer import address_of, peer_of, tls_message
from feeds.posting import Answer, excerpt
from feeds.resolver import Resolver
from feeds.room import Room
from feeds.types import Exchange, Peer

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping

    from feeds.dial import Dial
    from feeds.fields import Fields

for _library in (httpx, httpcore):  # INFO has full URLs, DEBUG has headers: both hold secrets
    logging.getLogger(_library.__name__).setLevel(logging.WARNING)

URL_CHARS = 8_000  # what RFC 9110 §4.1 asks everyone to support
SEND_TOTAL = 15.0  # seconds for a POST with its answer; a webhook takes one
SEND_ANSWER = 2.0  # seconds of these for the answer's body, which only people read
WITHHELD = b"(withheld)"
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
        _guarded_transport(_Guard(dialler), self._context)  # fails here, not at the first feed
        self._fields = [
            (b"User-Agent", user_agent(contact).encode("ascii")),
            (b"Connection", b"close"),  # many hosts, seldom: a kept socket would outlive its check
        ]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._owns_resolver:
            self._resolver.close()

    @asynccontextmanager
    async def get(self, url: str, fields: Fields) -> AsyncIterator[Head]:
        """One GET: no redirect followed, no byte of the body read yet. Raises TransferError."""
        target = _parsed(url)
        secret = self._keys.fields(str(target))
        request = self._request("GET", target, [*fields, *secret])
        async with self._exchange(request) as head:
            head.withheld = frozenset(name for name, _ in secret)
            yield head

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
            extensions={"timeout": seconds},
        )

    @asynccontextmanager
    async def _exchange(self, request: httpx.Request) -> AsyncIterator[Head]:
        """Send one request over a pool of its own, and close whatever became of it.

        In a shared pool, each request walks over the connections of all others, and one that is
        cancelled while httpcore 1.0.9 takes a lock leaves its own there for ever, socket and all.
        """
        proxy = self._keys.proxy(str(request.url))
        guard = _Guard(self._dialler, target=request.url.host if proxy else "")
        transport = _guarded_transport(guard, self._context, proxy)
        try:
            with _mapped():
                response = await transport.handle_async_request(request)
            if isinstance(stream := response.extensions.get("network_stream"), _Stream):
                stream.most += self.limits.wire_bytes
            yield Head(request, response)
        finally:
            await transport.aclose()
            await guard.close()


class Head:
    """The head of an answer. Its body can be read once, while `Client.get` is open."""

    def __init__(self, request: httpx.Request, response: httpx.Response) -> None:
        """Take over what the transport gave for `request`."""
        self._request = request
        self._response = response
        self.url = str(request.url)
        self.status = response.status_code
        self.headers = joined(response.headers.raw)  # names in lower case, text in Latin-1
        self.withheld: frozenset[bytes] = frozenset()  # fields whose values are nobody's business

    @property
    def received(self) -> int:
        """Bytes that the connection has brought so far: heads, framing and bodies."""
        stream = self._response.extensions.get("network_stream")
        return stream.received if isinstance(stream, _Stream) else 0

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
        stream = said.get("network_stream")
        sent = [(n, WITHHELD if n in self.withheld else v) for n, v in request.headers.raw]
        return Exchange(
            request=wire_head(asked, sent),
            head=wire_head(status, self._response.headers.raw),
            body=body,
            address=stream.address if isinstance(stream, _Stream) else "",
            peer=stream.peer if isinstance(stream, _Stream) else None,
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


class _Guard(httpcore.AsyncNetworkBackend):
    """What httpcore opens every connection through: to a host, or to a proxy for the `target`."""

    def __init__(self, dialler: Dialler, target: str = "") -> None:
        self._dialler = dialler
        self._target = target
        self._opened: list[_Stream] = []

    async def connect_tcp(
        self, host: str, port: int, *_: Any, **__: Any
    ) -> httpcore.AsyncNetworkStream:
        if self._target:
            found = await self._dialler.connect_for(host, port, self._target)
        else:
            found = await self._dialler.connect(host, port)
        self._opened.append(_Stream(found))
        return self._opened[-1]

    async def close(self) -> None:
        """Close what it opened: httpcore forgets a connection that a SOCKS proxy refused."""
        for stream in self._opened:
            await stream.aclose()


class _Stream(httpcore.AsyncNetworkStream):
    """A connection over asyncio's own streams, with a limit to what it brings.

    Against httpcore's anyio stream: 15 to 20% less CPU a request, the TLS error as it was, and a
    close that awaits nothing, so that no cancellation can come between.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.address = address_of(connection)
        self.peer: Peer | None = None
        self.received = 0  # bytes, after TLS
        self.most = HEAD_BYTES  # more for a body, once its head is there

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(sock=self._socket)
        return self._streams

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                if self._streams:  # a proxy has been talked to already
                    await self._streams[1].start_tls(ssl_context, server_hostname=server_hostname)
                else:
                    self._streams = await asyncio.open_connection(
                        sock=self._socket, ssl=ssl_context, server_hostname=server_hostname
                    )
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except OSError as error:  # ssl.SSLError is one
            raise TransferError("tls", tls_message(error)) from None
        self.peer = peer_of(self.get_extra_info("ssl_object"))
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        reader, _ = await self._open()
        try:
            async with asyncio.timeout(timeout):
                data = await reader.read(max_bytes)
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        except OSError as error:
            self._lost(error)
            raise httpcore.ReadError from error
        if not data and not self.received:
            raise TransferError("protocol", "the connection was closed unanswered", reset=True)
        self.received += len(data)
        if self.received > self.most:
            raise TransferError("too-large", "more bytes than any feed needs, framing included")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        _, writer = await self._open()
        try:
            writer.write(buffer)
            async with asyncio.timeout(timeout):
                await writer.drain()
        except TimeoutError:
            raise httpcore.WriteTimeout from None
        except OSError as error:
            self._lost(error)
            raise httpcore.WriteError from error

    def _lost(self, error: OSError) -> None:
        """Raise TransferError for a connection that was reset before it brought anything."""
        if not self.received and isinstance(error, ConnectionError):
            raise TransferError("connect", "the connection was lost", reset=True) from error

    async def aclose(self) -> None:
        if self._streams is None:
            self._socket.close()
        else:
            self._streams[1].transport.abort()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: the TLS object, to see which protocol was agreed on."""
        return self._streams[1].get_extra_info(info) if self._streams else None


def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _guarded_transport(
    guard: _Guard, context: ssl.SSLContext, proxy: str = ""
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
