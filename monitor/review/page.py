"""What every page of the desk shares: templates, the masthead, refusals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from datasette.utils.asgi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from monitor.review import gaps, served, times
from monitor.review.marks import marked, paragraphs
from monitor.store.desk.queue import counts
from monitor.store.desk.sources import gaps_now
from monitor.store.desk.types import Counts, GapsNow, Span

ROOT = "/-/desk"
_STATIC = files("monitor.review") / "static"
_KEEP = "public, max-age=31536000, immutable"
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A word in the masthead."""

    label: str
    href: str
    current: bool
    badge: str = ""
    tone: str = ""  # "warn": something is wrong there
    id: str = ""  # of the badge, where the page counts on


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the masthead tells: how much there is to judge, and what may have been missed."""

    counts: Counts
    gaps: GapsNow


_TABS = (
    ("queue", "Queue", ""),
    ("overview", "Overview", "/overview"),
    ("entities", "Entities", "/entities"),
    ("sources", "Sources", "/sources"),
    ("watchlist", "Watchlist", "/watchlist"),
)


async def render(
    datasette: Any,
    request: Any,
    template: str,
    context: Mapping[str, Any],
    *,
    tab: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    """A page of the desk as an HTML response; `tab` is the word of the masthead it belongs to."""
    path = _addresses(datasette)
    now = served.now(datasette)
    standing = await served.read(datasette, lambda conn: _standing(conn, now))
    known = {
        "desk": path,
        "static": lambda name: path(f"/static/{name}") + f"?{_digest(name)}",
        "tables": datasette.urls.database(served.desk(datasette).names[0]),
        "tabs": [_tab(name, label, path(to), tab, standing) for name, label, to in _TABS],
        "gaps": gaps.line(standing.gaps),
        "answer": standing.gaps,
        "reviewer": _reviewer(request),
        "csrftoken": request.scope.get("csrftoken") or (lambda: ""),
        "now": now,
        "words": "",
        "translate": served.desk(datasette).config.translate,
    }
    body = environment().get_template(template).render({**known, **context})
    return Response.html(body, status=status)


def _standing(conn: Any, now: datetime) -> Standing:
    return Standing(counts=counts(conn), gaps=gaps_now(conn, now=now))


def _addresses(datasette: Any) -> Callable[[str], str]:
    return lambda path: str(datasette.urls.path(ROOT + path))


def _tab(name: str, label: str, href: str, current: str, standing: Standing) -> Tab:
    badge = tone = key = ""
    if name == "queue":
        badge, key = to_judge(standing.counts), "to-judge"
    elif name == "sources" and standing.gaps.with_gaps:
        badge, tone = f"{standing.gaps.with_gaps}!", "warn"
    return Tab(label=label, href=href, current=name == current, badge=badge, tone=tone, id=key)


def to_judge(found: Counts) -> str:
    """`18`, or `1,000+` where counting stopped."""
    return times.number(found.new) + ("+" if found.more else "")


def _reviewer(request: Any) -> str:
    actor = request.actor or {}
    return str(actor.get("name") or actor.get("id") or "")


@cache
def environment() -> Environment:
    """Our own templates, apart from Datasette's: the same on both of its lines, always escaped."""
    made = Environment(
        loader=PackageLoader("monitor.review", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        ago=_ago,
        at_start=_at_start,
        clock=times.clock,
        count=times.count,
        date=times.date,
        day=times.day,
        full=times.full,
        lag=times.lag,
        number=times.number,
        sector=_words,
        web=_web,
        share=times.share,
        translated=_translated,
    )
    made.globals.update(marked=marked, paragraphs=paragraphs, spoken=_spoken)
    return made


@pass_context
def _ago(context: Context, value: Any, published: Any = None, raw: str = "") -> Markup:
    """A `<time>`: "06:12, 3 h ago", with the full time and the publisher's own on hover."""
    at = times.when(value)
    if at is None:
        return Markup()
    note = times.full(at)
    if published is not None or raw:
        note = f"first seen {note}; {times.published(published, raw)}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), note, times.ago(at, context["now"])
    )


def _at_start(span: Span) -> Span:
    """The same mark on a text that is nothing but its words."""
    return replace(span, start=0, end=span.end - span.start)


@pass_context
def _translated(context: Context, url: str) -> str:
    """Where the reader's translator shows an address; nothing is loaded before they go there."""
    return str(context["translate"]).replace("{url}", quote(url, safe=""))


def _web(url: str) -> str:
    """The address if it is one of the web; "" for javascript: and whatever else a feed may say."""
    return url if url.lower().startswith(("http://", "https://")) else ""


def _spoken(language: str) -> Markup:
    """What tells a browser how to read a feed's words; their direction, which may be either."""
    if not language:
        return Markup('dir="auto"')
    return Markup('lang="{}" dir="auto"').format(language)


def _words(slug: str) -> str:
    return slug.replace("-", " ")


async def refuse(datasette: Any, request: Any, words: Sequence[str], *, status: int) -> Response:
    """A plain page that says what was wrong with the address and what is allowed."""
    return await render(
        datasette,
        request,
        "desk/refused.html",
        {"problems": words, "heading": HTTPStatus(status).phrase},
        status=status,
    )


async def static_file(_datasette: Any, request: Any) -> Response:
    """A style sheet, script or drawing of ours; its address carries its hash, so it may be kept."""
    name = request.url_vars["name"]
    kind = _TYPES.get(name.rpartition(".")[2])
    body = _static(name) if kind else None
    if body is None:
        return Response.text("no such file", status=HTTPStatus.NOT_FOUND)
    return Response(body, headers={"cache-control": _KEEP}, content_type=kind)


@cache
def _static(name: str) -> bytes | None:
    """The file's bytes; None for a name that is none of ours. The route lets no slash through."""
    file = _STATIC / name
    return file.read_bytes() if file.is_file() else None


@cache
def _digest(name: str) -> str:
    """Of a static file: a browser that has kept an older one asks for the new."""
    return hashlib.sha256(_static(name) or b"").hexdigest()[:12]
