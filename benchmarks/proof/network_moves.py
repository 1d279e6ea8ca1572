"""Redirects to where nobody is to be sent: played poll by poll, with what is remembered of them."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from benchmarks.proof.row import Outcome, Scale
from feeds import dial, moves
from feeds.types import FeedError
from tests.support.fetching import fetched
from tests.support.manners import PUBLIC, Answer, Stage, ok, to
from tests.support.servers import Authority, HttpServer, Request, redirect, reply

INSIDE = {"inside.example": "10.0.0.7", "localhost": "127.0.0.1"}
_HOSTS = ("169.254.169.254", "127.0.0.1", "[::1]", "10.0.0.1", "192.168.1.1", "2130706433",
          "0x7f.1", "[::ffff:169.254.169.254]", *INSIDE)  # fmt: skip
_ODD = ("file:///etc/passwd", "ftp://one.example/feed", "gopher://one.example/", "data:,x",
        "javascript:x()", "http://user:pass@one.example/feed", "http:///feed", "", "http://[::1",
        "/loop")  # fmt: skip


class World(Stage):
    """Names and numbers mean what they do; everything that is dialled is the one server."""

    def _lookup(self, host: str) -> Sequence[str]:
        if host in INSIDE:
            return [INSIDE[host]]
        try:
            found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            return super()._lookup(host)
        return [str(entry[4][0]) for entry in found]


def _location(value: str) -> Answer:
    return lambda _play, _request: reply(status=301, headers=[("Location", value)])


def _lives() -> dict[str, dict[str, Answer]]:
    """What a feed's server says at each poll."""
    lives: dict[str, dict[str, Answer]] = {}
    for host in _HOSTS:
        for code in (301, 302, 303, 307, 308):
            lives[f"{code} to {host}"] = {"/feed": to(f"http://{host}/latest", code)}
        there = {"/feed": to("/on", 308), "/on": to(f"http://{host}/latest", 301)}
        lives[f"by way of a public address to {host}"] = there
    for value in _ODD:
        lives[f"to {value!r}"] = {"/feed": _location(value), "/loop": _location("/loop")}
    chain = {f"/{n}": to(f"/{n + 1}") for n in range(6)}
    lives["six in a row"] = {"/feed": to("/0"), **chain, "/6": ok()}
    return lives


def _played(scale: Scale) -> Outcome:
    polls = scale.of(6, 4)  # three in a row would be a move
    sent = moved = taken = 0
    lives = _lives()
    with World(scale.folder) as stage:
        for life in lives.values():
            with tempfile.TemporaryDirectory() as folder, stage.play(Path(folder)) as play:
                listed = play.feed.feed.url
                for _ in range(polls):
                    play.poll({"/latest": ok(), **life})
                    play.later(play.wait())
                    sent += sum(map(_within, play.asked))
                    taken += play.row["status"] != "error"
                moved += bool(play.feed.move.to) or play.feed.feed.url != listed
    down, refused = _downgraded(scale)
    figure = (
        f"{polls * len(lives) + down} polls of {len(lives)} redirects to addresses within, to "
        f"files, in circles, and {down} from https to http: {sent} requests within, "
        f"{taken + down - refused} followed, {moved} remembered"
    )
    return Outcome(figure=figure, held=sent == moved == taken == down - refused == 0)


def _within(request: Request) -> bool:
    """Whether a request was meant for an address that is not public."""
    host = request.headers["host"].rpartition(":")[0].strip("[]")
    if host in INSIDE:
        return True
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return False
    address = ip_address(found[0][4][0])
    return str(address) != PUBLIC and not address.is_global


def _downgraded(scale: Scale) -> tuple[int, int]:
    """Fetches of https that are sent to http, and those that were refused."""
    authority = Authority.make(scale.folder)
    times = 5
    with HttpServer(lambda _: reply(b"<rss/>")) as plain:
        secure = HttpServer(lambda _: redirect(plain.url(), 301), tls=authority.server("127.0.0.1"))
        with secure:
            found = [fetched(secure.url(), ca_file=authority.ca_file) for _ in range(times)]
        refused = sum(isinstance(one, FeedError) and one.reason == "redirects" for one in found)
        return times, refused if not plain.connections else 0


def run(scale: Scale) -> Outcome:
    """None is followed, none remembered."""
    return _played(scale)


def twin(scale: Scale) -> Outcome:
    """No address is judged, and the first 301 is believed."""
    dial.refusal = lambda _: ""
    moves.SETTLED = 1
    return _played(scale)
