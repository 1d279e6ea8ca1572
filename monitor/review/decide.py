"""The one address that writes: what a reviewer decided, by form or as JSON, one story or many."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from datasette.utils.asgi import Response

from monitor.errors import StoreError
from monitor.review import access, page, served
from monitor.store.desk import decisions, queue
from monitor.store.desk.decisions import Decision, Recorded, RefusedError, UnwritableError

MOST_STORIES = 500  # of one decision: twenty pages of the queue
RETRY_AFTER = 2  # seconds

Fields = Mapping[str, Sequence[str]]
T = TypeVar("T")


async def decide(datasette: Any, request: Any) -> Response:
    """Record decisions; see docs/desk.md for the fields and the answers."""
    if request.method != "POST":
        return Response.redirect(safe_next(datasette, ""), status=HTTPStatus.SEE_OTHER)
    if not await access.may_judge(datasette, request):
        words = "Your role at this desk is to read: it cannot judge."
        return await _refused(datasette, request, words, HTTPStatus.FORBIDDEN)
    try:
        given = fields(request, await request.post_body())
        recorded = await _record(datasette, request, given)
    except UnwritableError as error:
        words = f"The decision was not recorded: {error}. Nothing is lost: try again."
        return await _refused(datasette, request, words, HTTPStatus.SERVICE_UNAVAILABLE)
    except RefusedError as error:
        return await _refused(datasette, request, str(error), HTTPStatus.UNPROCESSABLE_ENTITY)
    if not _wants_json(request):
        to = safe_next(datasette, one(given, "next"))
        return Response.redirect(to, status=HTTPStatus.SEE_OTHER)
    return Response.json(await _answer(datasette, recorded))


async def _record(datasette: Any, request: Any, given: Fields) -> tuple[Recorded, ...]:
    asked = _decisions(datasette, request, given)
    known = await served.read(datasette, _caught(lambda conn: decisions.checked(conn, asked)))
    checked = _or_raise(known)
    return _or_raise(
        await served.write(datasette, _caught(lambda conn: decisions.record(conn, checked)))
    )


def _caught(ask: Callable[[Any], T]) -> Callable[[Any], T | StoreError]:
    """Errors as values: Datasette prints what its threads raise on standard error."""

    def run(conn: Any) -> T | StoreError:
        try:
            return ask(conn)
        except StoreError as error:
            return error

    return run


def _or_raise(answer: T | StoreError) -> T:
    if isinstance(answer, StoreError):
        raise answer
    return answer


async def _answer(datasette: Any, recorded: Sequence[Recorded]) -> dict[str, object]:
    counted = await served.read(datasette, queue.counts)
    return {
        "ok": True,
        "decisions": [
            {"story": r.decision.story, "state": r.state, "decision": r.id} for r in recorded
        ],
        "counts": {**asdict(counted), "judged": dict(counted.judged)},
    }


def _decisions(datasette: Any, request: Any, given: Fields) -> tuple[Decision, ...]:
    """One for each story; the key of each is its own, so that a repeated POST finds them all."""
    verdict, key = one(given, "verdict"), one(given, "key")
    undo = verdict == "undo"
    stories = [0] if undo else list(dict.fromkeys(_numbers(given, "story")))
    if not stories:
        raise RefusedError("which story? Its number is missing")
    if len(stories) > MOST_STORIES:
        raise RefusedError(f"at most {MOST_STORIES} stories at a time")
    name = (request.actor or {}).get("name", "")
    return tuple(
        Decision(
            story=story,
            verdict=verdict,
            reviewer=name,
            decided_at=served.now(datasette),
            note=one(given, "note"),
            item=_number(given, "item"),
            entity=one(given, "entity"),
            alias=one(given, "alias"),
            other_story=_number(given, "other_story"),
            undoes=_number(given, "undoes"),
            key=f"{name}/{key}/{story}" if key else "",
        )
        for story in stories
    )


def fields(request: Any, body: bytes) -> Fields:
    """The fields of a form or of a JSON object; one may have several values.

    Raises:
        RefusedError: it is neither.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            return _json_fields(json.loads(body))
        if kind == "application/x-www-form-urlencoded":
            found: dict[str, list[str]] = {}
            for name, value in parse_qsl(
                body.decode(), keep_blank_values=True, max_num_fields=MOST_STORIES + 50
            ):
                found.setdefault(name, []).append(value)
            return found
    except (ValueError, RecursionError):
        raise RefusedError("the request cannot be read") from None
    raise RefusedError("the request must be a form or JSON")


def _json_fields(value: object) -> Fields:
    if not isinstance(value, dict):
        raise RefusedError("the request must be a JSON object")
    found: dict[str, list[str]] = {}
    for name, part in value.items():
        parts = part if isinstance(part, list) else [part]
        if not all(isinstance(p, str | int | None) and not isinstance(p, bool) for p in parts):
            raise RefusedError(f"{name[:100]!r} must be text or a whole number")
        found[name] = [str(p) for p in parts if p is not None]
    return found


def one(given: Fields, name: str) -> str:
    """The value of a field; "" if it is not there."""
    return (given.get(name) or [""])[-1]


def _number(given: Fields, name: str) -> int | None:
    numbers = _numbers(given, name)
    return numbers[-1] if numbers else None


def _numbers(given: Fields, name: str) -> list[int]:
    texts = [text.strip() for text in given.get(name, ()) if text.strip()]
    for text in texts:
        if not re.fullmatch(r"[0-9]{1,18}", text):
            raise RefusedError(f"{name} must be a number")
    return [int(text) for text in texts]


def safe_next(datasette: Any, path: str) -> str:
    r"""Where to go back to: a path on this host, else the queue.

    `//e.com`, `/\e.com` and a tab or line feed in between are other hosts to a browser (WHATWG
    URL, "relative slash state").
    """
    queue_path = str(datasette.urls.path("/-/desk"))
    if not re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", path):
        return queue_path
    parts = urlsplit(path)
    return queue_path if parts.scheme or parts.netloc else path


def _wants_json(request: Any) -> bool:
    return "application/json" in request.headers.get("accept", "")


async def _refused(datasette: Any, request: Any, words: str, status: HTTPStatus) -> Response:
    if _wants_json(request):
        response = Response.json({"ok": False, "error": words}, status=status)
    else:
        response = await page.refuse(datasette, request, [words], status=status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["retry-after"] = str(RETRY_AFTER)
    return response
