"""Requests to the desk with every header as the test wants it, without a network or an HTTP library.

Runs on both lines of Datasette: nothing here depends on which one it is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from monitor.config_desk import DeskConfig
from monitor.review.server import browser

HOST = "127.0.0.1:8001"
ORIGIN = f"http://{HOST}"
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)

SAME_ORIGIN = (("Origin", ORIGIN), ("Sec-Fetch-Site", "same-origin"))

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]  # lower case
    cookies: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class Asking:
    """A desk, and a browser with its cookies in front of it."""

    folder: Path
    config: DeskConfig = field(default_factory=DeskConfig)
    peer: str = "127.0.0.1"
    server: str = "127.0.0.1"
    now: datetime = NOW
    database: str = "wirewatch.db"
    datasette: Any = None
    cookies: dict[str, str] = field(default_factory=dict)
    _runner: Any = None
    _app: Any = None

    def __post_init__(self) -> None:
        self._runner = asyncio.Runner()
        self.datasette = browser(
            self.folder / self.database,
            config=self.config,
            reviewer="ann",
            address=self.server,
            clock=lambda: self.now,
        )
        self._runner.run(self.datasette.invoke_startup())
        self._app = self.datasette.app()

    def close(self) -> None:
        self._runner.close()
        self.datasette.executor.shutdown(wait=True)

    def get(self, path: str, headers: Pairs = (), host: str | None = HOST) -> Answer:
        return self.ask("GET", path, headers, host=host)

    def post(
        self,
        path: str,
        form: dict[str, object] | Sequence[tuple[str, object]] | None = None,
        headers: Pairs = SAME_ORIGIN,
        *,
        host: str | None = HOST,
        token: bool = True,
        value: object = None,
    ) -> Answer:
        """A form, or `value` as JSON; with the CSRF token that Datasette 0.65 asks for."""
        extra = list(headers)
        if token:
            extra.append(("X-CSRFToken", self.csrf()))
        if value is not None:
            extra += [("Content-Type", "application/json"), ("Accept", "application/json")]
            body = json.dumps(value).encode()
        else:
            extra.append(("Content-Type", "application/x-www-form-urlencoded"))
            body = urlencode(form or {}).encode()
        extra.append(("Content-Length", str(len(body))))
        return self.ask("POST", path, extra, body, host=host)

    def csrf(self) -> str:
        """The token of a page of ours; 1.0 has none that counts."""
        return self.cookies.get("ds_csrftoken", "")

    def ask(
        self,
        method: str,
        path: str,
        headers: Pairs = (),
        body: bytes = b"",
        *,
        host: str | None = HOST,
        cookies: bool = True,
    ) -> Answer:
        raw = [("Host", host)] if host is not None else []
        raw += list(headers)
        if cookies and self.cookies:
            raw.append(("Cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items())))
        if body and not any(name.lower() == "content-length" for name, _ in raw):
            raw.append(("Content-Length", str(len(body))))
        answer = self._runner.run(self._ask(method, path, raw, body))
        if cookies:
            self.cookies.update(answer.cookies)
        return answer

    def together(self, *asked: tuple[str, str, Pairs, bytes]) -> list[Answer]:
        """Several requests at once."""

        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(self._ask(m, p, list(h), b) for m, p, h, b in asked))

        found: list[Answer] = self._runner.run(all_of_them())
        return found

    async def _ask(self, method: str, path: str, headers: Pairs, body: bytes) -> Answer:
        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": where,
            "raw_path": where.encode(),
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers],
            "client": (self.peer, 50_000),
            "server": (self.server, 8001),
        }
        messages: list[Any] = []
        bodies = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return bodies.pop(0) if bodies else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        return _answer(messages)


def _answer(messages: list[Any]) -> Answer:
    start = messages[0]
    pairs = [(k.decode().lower(), v.decode("latin-1")) for k, v in start["headers"]]
    cookies = [v.partition(";")[0].partition("=") for k, v in pairs if k == "set-cookie"]
    return Answer(
        status=start["status"],
        headers=dict(pairs),
        cookies={name: value for name, _, value in cookies},
        body=b"".join(m.get("body", b"") for m in messages[1:]),
    )
