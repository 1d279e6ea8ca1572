"""A webhook server as strict as Slack's documentation, and stricter where that is silent.

Refusal: a header above 150, a text object above 3,000, more than 50 blocks, more than 10,000
characters in all, an empty text, an unknown block, a raw < > or & that opens no link or mention,
a second message within a second. Lengths are counted in UTF-16 units, after escaping.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.serving import LoopbackServer

TOKEN = "XyZ0SlackTokenThatNobodyMaySee"
GAP = 1.0

_CONTROL = re.compile(r"<([^<>]*)>")
_LINK = re.compile(r"https?://[^|<>\s]+(\|[^<>]*)?")
_MENTION = re.compile(r"[@#!].+")
_ENTITY = re.compile(r"&(amp|lt|gt);")


@dataclass(kw_only=True)
class Fault:
    """How the server treats one request."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    accept: bool = False  # keep the message all the same
    silent: bool = False  # never answer
    drop: bool = False  # close without an answer


class SlackServer(LoopbackServer):
    """One webhook. `faults` are used up first, one a request; then the rules decide."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        super().__init__()
        self.faults: deque[Fault] = deque()
        self.accepted: list[dict[str, Any]] = []
        self.posts: list[tuple[float, int]] = []  # when, answered with
        self.delay = 0.0  # seconds from a message that is kept to its answer
        self._clock = clock
        self._last = float("-inf")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/T0TEAM/B0HOOK/{TOKEN}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path, headers, body = await _read(reader)
        fault = self.faults.popleft() if self.faults else self._judge(path, headers, body)
        self.posts.append((self._now(), fault.status))
        if fault.accept:
            self.accepted.append(json.loads(body))
        if fault.silent:
            await self.until_closed()
        await asyncio.sleep(self.delay)
        if not fault.drop:
            writer.write(_response(fault))
            await writer.drain()

    def _now(self) -> float:
        return self._clock() if self._clock else 0.0

    def _judge(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        if not path.endswith(TOKEN):
            return Fault(status=404, body="no_service")
        if self._clock and self._now() - self._last < GAP:
            return Fault(status=429, body="rate_limited", headers={"Retry-After": "30"})
        if problem := refusal(headers.get("content-type", ""), body):
            return Fault(status=400, body=problem)
        self._last = self._now()
        return Fault(accept=True)


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)
    }
    return first.split()[1], headers, await reader.readexactly(int(headers["content-length"]))


def _response(fault: Fault) -> bytes:
    head = [f"HTTP/1.1 {fault.status} X", f"Content-Length: {len(fault.body)}"]
    head += [f"{name}: {value}" for name, value in fault.headers.items()]
    return ("\r\n".join([*head, "Connection: close"]) + "\r\n\r\n" + fault.body).encode()


# ── what Slack would refuse ──────────────────────────────────────────────────────────────────────


class Refusal(Exception):  # noqa: N818  # an answer, raised only to leave the checks
    """With Slack's slug."""


def refusal(content_type: str, body: bytes) -> str:
    """Slack's slug for what is wrong with a request; "" = nothing."""
    if not content_type.startswith("application/json"):
        return "invalid_payload"
    try:
        _check(json.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError):
        return "invalid_payload"
    except Refusal as slug:
        return str(slug)
    return ""


def _check(message: dict[str, Any]) -> None:
    if not message.get("text") and not message.get("blocks"):
        raise Refusal("no_text")
    blocks = message.get("blocks", [])
    if len(blocks) > 50:
        raise Refusal("invalid_blocks")
    for block in blocks:
        _check_block(block)
    if sum(map(units, texts(message))) > 10_000:
        raise Refusal("msg_blocks_too_long")
    for text in markup(message):
        _check_markup(text)


def _check_block(block: dict[str, Any]) -> None:
    match block:
        case {"type": "header", "text": {"type": "plain_text", "text": str(text)}}:
            _need(0 < units(text) <= 150)
        case {"type": "section", "text": {"type": "mrkdwn" | "plain_text", "text": str(text)}}:
            _need(0 < units(text) <= 3000)
        case {"type": "context", "elements": [_, *_] as elements}:
            _need(len(elements) <= 10)
            for element in elements:
                _need(element["type"] in {"mrkdwn", "plain_text"})
                _need(0 < units(element["text"]) <= 3000)
        case {"type": "rich_text", "elements": [_, *_] as elements}:
            for element in elements:
                _need(element["type"] in {"rich_text_section", "rich_text_quote"})
                _need(bool(element["elements"]))
                _need(all(_is_leaf(leaf) for leaf in element["elements"]))
        case _:
            raise Refusal("invalid_blocks")


def _is_leaf(leaf: dict[str, Any]) -> bool:
    styled = all(value is True for value in leaf.get("style", {}).values())
    known = leaf.keys() <= {"type", "text", "style"} and leaf["type"] == "text"
    return styled and known and 0 < units(leaf["text"]) <= 3000


def _need(condition: bool) -> None:
    if not condition:
        raise Refusal("invalid_blocks")


def _check_markup(text: str) -> None:
    for control in _CONTROL.findall(text):
        if not (_LINK.fullmatch(control) or _MENTION.fullmatch(control)):
            raise Refusal("invalid_payload")
    rest = _ENTITY.sub("", _CONTROL.sub(r"\1", text))
    if set(rest) & {"<", ">", "&"}:
        raise Refusal("invalid_payload")


# ── what a reader would see ──────────────────────────────────────────────────────────────────────


def units(text: str) -> int:
    """Length as JavaScript counts it. A lone surrogate raises, as it would in a JSON parser."""
    return len(text.encode("utf-16-le")) // 2


def texts(message: dict[str, Any]) -> list[str]:
    """Every text in the message, as sent."""
    return [text for _, text in _walk(message)]


def markup(message: dict[str, Any]) -> list[str]:
    """The texts that Slack parses."""
    return [text for kind, text in _walk(message) if kind == "mrkdwn"]


def controls(message: dict[str, Any]) -> list[str]:
    """Everything in angle brackets anywhere: links, and what would ping people."""
    return [control for text in texts(message) for control in _CONTROL.findall(text)]


def shown(message: dict[str, Any]) -> str:
    """The words on the screen."""
    lines = []
    for kind, text in _walk(message):
        label = _CONTROL.sub(lambda found: found[1].partition("|")[2] or found[1], text)
        lines.append(html.unescape(label) if kind == "mrkdwn" else text)
    return "\n".join(lines)


def bold(message: dict[str, Any]) -> list[str]:
    """What the quote shows in bold."""
    leaves = [node for node in _nodes(message) if node.get("style", {}).get("bold")]
    return [leaf["text"] for leaf in leaves]


def _walk(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "mrkdwn", message.get("text", "")
    for node in _nodes(message.get("blocks", [])):
        if isinstance(node.get("text"), str):
            yield node["type"], node["text"]


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _nodes(child)
