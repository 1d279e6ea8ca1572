"""What every request passes before Datasette sees it, and every answer before it leaves.

Host: names of this server only, since a page elsewhere may point a name of its own here (DNS
rebinding) and would then be same-origin. State: changed at the desk's own addresses only, and only
from a page of the same origin; Datasette 0.65 lets a cross-site POST without cookies through, 1.0
one without headers. Login: asked before anything is served. Answers: headers that keep scripts,
frames and other sites out, and CSV that cannot act.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

from datasette import hookimpl
from datasette.utils.asgi import NotFound, Response
from jinja2.ext import Extension

from monitor.review import access, page, svg
from monitor.review.cells import Rewriter
from monitor.review.map import tile_origin
from monitor.review.served import Served, served

MAX_BODY = 512 * 1024  # bytes of a POST: 500 stories with a note each fit several times

_NONCE: ContextVar[str] = ContextVar("nonce", default="")
"""Of the request that is being answered: Datasette renders some pages without saying for which."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_WRITES = ("/-/desk/decide", "/-/desk/login", "/-/desk/logout")
_OPEN = re.compile(r"/-/desk/(login|static/[a-z0-9.-]+)")  # nothing of the evidence in them
_STATIC = re.compile(r"/-/(desk/static|static|static-plugins)/|/favicon\.ico$")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_ONCE = ("host", "origin", "sec-fetch-site", "authorization", "cookie", "content-length")

_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Not no-referrer: with it browsers send `Origin: null` with a form (Fetch, 3.2.4), and where
    # there is no Sec-Fetch-Site (plain http) a form of ours could not be told from a foreign one.
    # To other sites the two say the same: nothing.
    "referrer-policy": "same-origin",
}
_COMMON = "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_DESK_CSP = f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; {_COMMON}"
# Datasette's own pages have scripts in them: those of its templates carry the nonce, others never
# run. Its SQL editor and menus set styles from scripts, which no hash can name.
_DATASETTE_CSP = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data:; {_COMMON}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, as far as its guard looks."""

    method: str
    path: str  # raw, below base_url
    query: str
    headers: Mapping[str, str]  # lower case; the last of several
    repeated: tuple[str, ...]  # headers that may stand once and stood more often
    scheme: str  # as the browser sees it
    peer: str  # who connected
    server: str  # the address that was connected to

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method not in _SAFE

    @property
    def wants_html(self) -> bool:
        """Whether a person looks at the answer."""
        return "text/html" in self.headers.get("accept", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    words: str


def refusal(asked: Asked, desk: Served) -> Refusal | None:
    """What is wrong with a request, whoever sends it; None if nothing is."""
    if asked.repeated:
        return Refusal(status=400, words=f"The header {asked.repeated[0]} stands there twice.")
    if not _host_allowed(asked, desk):
        return Refusal(
            status=421,
            words="This server does not answer to that name. Its names are those of this computer "
            "and those in `hosts` under [desk] in wirewatch.toml.",
        )
    if desk.local_reviewer and any(name in asked.headers for name in _FORWARDED):
        return Refusal(
            status=403,
            words="This request came through a proxy, and the desk asks for no login. Set `login` "
            "under [desk] in wirewatch.toml.",
        )
    return _change_refused(asked) if asked.changes else None


def _host_allowed(asked: Asked, desk: Served) -> bool:
    """A name of ours, or the very address that was connected to: no foreign name can be that."""
    host = _host(asked.headers.get("host", ""))
    if not host:
        return False
    return host in (*_LOOPBACK, *desk.config.hosts, asked.server.lower(), desk.address.lower())


def _host(header: str) -> str:
    """The host of a Host header, without port; "" for what is none."""
    found = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](:\d{1,5})?|([A-Za-z0-9.-]+)(:\d{1,5})?", header)
    return (found[1] or found[3]).lower().rstrip(".") if found else ""


def _change_refused(asked: Asked) -> Refusal | None:
    if asked.path not in _WRITES:
        return Refusal(status=405, words="Nothing can be changed here: the tables are read-only.")
    site, origin = asked.headers.get("sec-fetch-site"), asked.headers.get("origin")
    by_program = _is_bearer(asked) and site is None and origin is None
    if by_program and "cookie" not in asked.headers:
        return _size_refused(asked)
    if site is None and origin is None:
        return Refusal(status=403, words="The request does not say which page it comes from.")
    if site not in (None, "same-origin"):
        return Refusal(status=403, words="The request comes from another site.")
    if origin is not None and not _same_origin(origin, asked):
        return Refusal(status=403, words="The request comes from a page of another origin.")
    return _size_refused(asked)


def _is_bearer(asked: Asked) -> bool:
    """A program's token, which no browser sends by itself."""
    return asked.headers.get("authorization", "").lower().startswith("bearer ")


def _same_origin(origin: str, asked: Asked) -> bool:
    ours = _place(f"{asked.scheme}://{asked.headers.get('host', '')}")
    return ours is not None and _place(origin) == ours


def _place(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for "null" and what is no origin."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.path or parts.query or parts.fragment or parts.username:
        return None
    return parts.scheme, parts.hostname.lower().rstrip("."), port


def _size_refused(asked: Asked) -> Refusal | None:
    """A length is always told by browsers and curl, and the server holds the sender to it."""
    length = asked.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit():
        return Refusal(status=411, words="The request does not say how long it is.")
    if int(length[:12]) > MAX_BODY:
        return Refusal(status=413, words=f"A request has at most {MAX_BODY // 1024} KiB.")
    return None


class Guard:
    """ASGI middleware round the whole of Datasette."""

    def __init__(self, app: Any, datasette: Any, desk: Served) -> None:
        self._app = app
        self._datasette = datasette
        self._desk = desk

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: there are none
            await send({"type": "websocket.close", "code": 1008})
            return
        asked = read(scope, self._desk)
        nonce = secrets.token_urlsafe(16)
        out = _Answer(send, asked, policy(asked.path, self._desk, nonce))
        wrong = refusal(asked, self._desk)
        if wrong:
            await _say(out, asked, wrong)
            return
        who = access.person(self._desk, self._datasette, asked.headers, _cookies(asked), asked.peer)
        if who is None and not _OPEN.fullmatch(asked.path):
            await self._ask_for_login(out, asked)
            return
        known = {access.SCOPE: who, "scheme": asked.scheme}
        _NONCE.set(nonce)
        await self._app({**scope, **known}, receive, out)

    async def _ask_for_login(self, out: _Answer, asked: Asked) -> None:
        config = self._desk.config
        if config.login == "password" and asked.wants_html and not asked.changes:
            here = asked.path + (f"?{asked.query}" if asked.query else "")
            to = f"{config.base_url}-/desk/login?next={quote(config.base_url + here[1:], safe='')}"
            await _say(out, asked, Refusal(status=303, words="Log in first."), {"location": to})
            return
        words = {
            "proxy": "The proxy in front of this server has to say who asks, and the desk has to "
            "know the name: see [desk] in wirewatch.toml.",
        }.get(config.login, "Log in first.")
        challenge = {"www-authenticate": 'Basic realm="Wirewatch", charset="UTF-8"'}
        feed = asked.path.endswith((".atom", ".feed.json")) and bool(config.tokens)
        await _say(out, asked, Refusal(status=401, words=words), challenge if feed else {})


def read(scope: Mapping[str, Any], desk: Served) -> Asked:
    """The request that an ASGI scope describes."""
    headers: dict[str, str] = {}
    repeated: list[str] = []
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").lower()
        if name in headers and name in (*_ONCE, desk.config.proxy_header.lower()):
            repeated.append(name)
        headers[name] = raw_value.decode("latin-1")
    peer = (scope.get("client") or ("",))[0]
    return Asked(
        method=scope["method"].upper(),
        path=_path(scope, desk.config.base_url),
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=headers,
        repeated=tuple(repeated),
        scheme=_scheme(scope, headers, trusted=access.trusted(desk.config, peer)),
        peer=peer,
        server=str((scope.get("server") or ("",))[0] or ""),
    )


def _path(scope: Mapping[str, Any], base_url: str) -> str:
    """As Datasette's router sees it: raw, so that %2F stays, and without base_url."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = str(raw.decode("latin-1").partition("?")[0])
    if base_url != "/" and path.startswith(base_url):
        return f"/{path[len(base_url) :]}"
    return path


def _scheme(scope: Mapping[str, Any], headers: Mapping[str, str], *, trusted: bool) -> str:
    told = headers.get("x-forwarded-proto", "").lower() if trusted else ""
    return told if told in ("http", "https") else str(scope.get("scheme") or "http")


def is_https(scope: Mapping[str, Any]) -> bool:
    """Whether the browser sees https: the guard puts what a trusted proxy told into the scope."""
    return bool(scope.get("scheme") == "https")


def _cookies(asked: Asked) -> dict[str, str]:
    try:
        found = SimpleCookie(asked.headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in found.items()}


async def _say(
    out: _Answer, asked: Asked, refusal: Refusal, headers: Mapping[str, str] | None = None
) -> None:
    """An answer in words: as JSON to programs that ask for it, else as plain text."""
    if "application/json" in asked.headers.get("accept", ""):
        body, kind = json.dumps({"ok": False, "error": refusal.words}), "application/json"
    else:
        name = HTTPStatus(refusal.status).phrase
        body, kind = f"{name}\n\n{refusal.words}\n", "text/plain; charset=utf-8"
    told = {"content-type": kind, **(headers or {})}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
    await out({"type": "http.response.start", "status": refusal.status, "headers": raw})
    await out({"type": "http.response.body", "body": body.encode()})


def policy(path: str, desk: Served, nonce: str) -> str:
    """What a page at `path` may load and run."""
    if path.startswith("/-/desk/chart/"):  # a drawing with its own style sheet in it
        return f"default-src 'none'; style-src '{svg.style_hash()}'; {_COMMON}"
    if path == "/-/desk/overview" and desk.config.tiles:
        host = tile_origin(desk.config.tiles)
        return _DESK_CSP.replace("img-src 'self'", f"img-src 'self' {host}")
    ours = path in ("/", "/-/desk") or path.startswith(("/-/desk/", "/-/desk."))
    return _DESK_CSP if ours else _DATASETTE_CSP.format(nonce=nonce)


class _Answer:
    """`send` with our headers, and with CSV made inert."""

    def __init__(self, send: Any, asked: Asked, policy: str) -> None:
        self._send = send
        self._asked = asked
        self._policy = policy
        self._csv: Rewriter | None = None

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._headers(message)}
        elif message["type"] == "http.response.body" and self._csv:
            body = self._csv.feed(message.get("body", b""))
            if not message.get("more_body"):
                body += self._csv.finish()
            message = {**message, "body": body}
        await self._send(message)

    def _headers(self, message: Any) -> list[tuple[bytes, bytes]]:
        kept = {name.lower(): value for name, value in message["headers"] if not _is_cookie(name)}
        if self._is_csv(kept.get(b"content-type", b"")):
            self._csv = Rewriter()
            kept.pop(b"content-length", None)
        ours = {**_EVERYWHERE, "content-security-policy": self._policy}
        if keep := self._may_be_kept(message["status"]):
            ours["cache-control"] = keep
        for name, value in ours.items():
            kept[name.encode()] = value.encode()
        cookies = [(name, value) for name, value in message["headers"] if _is_cookie(name)]
        return [*kept.items(), *cookies]

    def _may_be_kept(self, status: int) -> str:
        """Pages show decisions, so no copy stays behind; files of ours carry their hash."""
        path = self._asked.path
        if status not in (200, 304) or not _STATIC.match(path):
            return "no-store"
        if not path.startswith("/-/desk/"):
            return ""  # as Datasette says
        return "max-age=31536000, immutable" if self._asked.query else "no-cache"

    def _is_csv(self, content_type: bytes) -> bool:
        """Datasette's, which it also calls plain text so that browsers show it."""
        if self._asked.path.startswith("/-/desk"):
            return False  # ours is written inert
        plain = content_type.startswith(b"text/plain") and self._asked.path.endswith(".csv")
        return content_type.startswith(b"text/csv") or plain


def _is_cookie(name: bytes) -> bool:
    return name.lower() == b"set-cookie"


class NonceExtension(Extension):
    """Gives every script that stands in a template the nonce of the request.

    It rewrites templates as they are compiled, never pages: a script that came with data has none.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """Jinja's hook."""
        return re.sub(r"<script(?=[\s>])", '<script nonce="{{ wirewatch_nonce() }}"', source)


def handle_exception(datasette: Any, request: Any, exception: Any) -> Any:
    """An address that leads nowhere: Datasette fails over it where the library rich is there."""
    if not served(datasette) or not isinstance(exception, NotFound | None):
        return None

    async def answer() -> Response:
        if request.path.endswith(".json"):
            return Response.json({"ok": False, "error": "not found"}, status=HTTPStatus.NOT_FOUND)
        words = [str(exception) if exception else "There is nothing at this address."]
        return await page.refuse(datasette, request, words, status=HTTPStatus.NOT_FOUND)

    return answer


def asgi_wrapper(datasette: Any) -> Any:
    desk = served(datasette)
    return (lambda app: Guard(app, datasette, desk)) if desk else (lambda app: app)


def prepare_jinja2_environment(env: Any, datasette: Any) -> None:
    if served(datasette):
        env.add_extension(NonceExtension)
        env.globals["wirewatch_nonce"] = _NONCE.get  # pages of errors have no other variables


# Last to wrap is outermost: before any other plugin's wrapper sees the request.
hookimpl(trylast=True)(asgi_wrapper)
hookimpl(prepare_jinja2_environment)
hookimpl(tryfirst=True)(handle_exception)
