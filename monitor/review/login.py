"""Logging in with a password, and out. Nothing of the evidence stands on these pages."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from datasette.utils.asgi import Response

from monitor.config_desk import User
from monitor.review import access, page
from monitor.review.decide import fields, one, safe_next
from monitor.review.guard import is_https
from monitor.review.passwords import NOBODY, matches
from monitor.review.served import desk

MOST_FAILURES = 10  # wrong passwords for a name, or from an address, within WINDOW
WINDOW = timedelta(minutes=15)
MOST_KNOWN = 10_000  # names and addresses that failures are remembered of
AT_ONCE = 2  # passwords tried at a time: each takes 0.2 s of a core

MAX_PASSWORD = 1024  # bytes; hashing a longer one is work for nothing


class Attempts:
    """Wrong passwords of late, by name and by address."""

    def __init__(self) -> None:
        self.turn = asyncio.Semaphore(AT_ONCE)
        self._failed: dict[str, deque[datetime]] = {}

    def blocked(self, keys: tuple[str, ...], now: datetime) -> bool:
        """Whether there were too many."""
        return any(len(self._recent(key, now)) >= MOST_FAILURES for key in keys)

    def failed(self, keys: tuple[str, ...], now: datetime) -> None:
        """Note one."""
        if len(self._failed) > MOST_KNOWN:
            self._failed = {
                key: seen for key, seen in self._failed.items() if self._recent(key, now)
            }
        for key in keys:
            self._failed.setdefault(key, deque(maxlen=MOST_FAILURES)).append(now)

    def _recent(self, key: str, now: datetime) -> deque[datetime]:
        seen = self._failed.get(key, deque())
        while seen and seen[0] < now - WINDOW:
            seen.popleft()
        return seen


_ATTEMPTS: WeakKeyDictionary[Any, Attempts] = WeakKeyDictionary()


async def login(datasette: Any, request: Any) -> Response:
    """The form, and what it is sent to."""
    if desk(datasette).config.login != "password":
        return Response.text("The desk asks for no password.", status=HTTPStatus.NOT_FOUND)
    if request.method != "POST":
        return _form(datasette, request, to=request.args.get("next") or "")
    given = fields(request, await request.post_body())
    to, name = one(given, "next"), one(given, "name")
    keys = (f"name {name}", f"address {(request.scope.get('client') or ('',))[0]}")
    attempts = _ATTEMPTS.setdefault(datasette, Attempts())
    now = desk(datasette).now()
    if attempts.blocked(keys, now):
        return _form(
            datasette,
            request,
            to=to,
            said="Too many wrong passwords. Try again in a quarter of an hour.",
            status=HTTPStatus.TOO_MANY_REQUESTS,
        )
    user = await _user(datasette, attempts, name, one(given, "password"))
    if user is None:
        attempts.failed(keys, now)
        return _form(
            datasette, request, to=to, said="Wrong name or password.", status=HTTPStatus.FORBIDDEN
        )
    return _logged_in(datasette, request, user, to)


async def _user(datasette: Any, attempts: Attempts, name: str, password: str) -> User | None:
    user = desk(datasette).config.users.get(name)
    kept = user.password.reveal() if user and user.password else NOBODY
    async with attempts.turn:
        right = await asyncio.to_thread(matches, password[:MAX_PASSWORD], kept)
    return user if right and user and user.password else None


def _logged_in(datasette: Any, request: Any, user: User, to: str) -> Response:
    served = desk(datasette)
    response = Response.redirect(safe_next(datasette, to), status=HTTPStatus.SEE_OTHER)
    response.set_cookie(
        access.SESSION,
        access.session(served, datasette, user),
        max_age=served.config.session,
        path=served.config.base_url,
        secure=is_https(request.scope),
        httponly=True,
        samesite="lax",
    )
    return response


async def logout(datasette: Any, request: Any) -> Response:
    """Forget the session, on POST."""
    to = datasette.urls.path("/-/desk/login")
    response = Response.redirect(to, status=HTTPStatus.SEE_OTHER)
    if request.method == "POST":
        path = desk(datasette).config.base_url
        response.set_cookie(access.SESSION, "", max_age=0, expires=0, path=path, httponly=True)
    return response


def _form(
    datasette: Any, request: Any, *, to: str, said: str = "", status: int = HTTPStatus.OK
) -> Response:
    template = page.environment().get_template("desk/login.html")
    body = template.render(
        action=datasette.urls.path("/-/desk/login"),
        css=datasette.urls.path("/-/desk/static/desk.css"),
        csrftoken=request.scope.get("csrftoken") or (lambda: ""),
        next=to,
        said=said,
    )
    return Response.html(body, status=status)
