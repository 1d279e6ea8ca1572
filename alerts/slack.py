"""Slack's incoming webhooks: an alert as Block Kit, and what Slack's answers mean.

Limits: docs.slack.dev/reference/block-kit (header 150, text object 3,000, 50 blocks), and
docs.slack.dev/apis/web-api/rate-limits (one message a second, then 429 with Retry-After).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from alerts.message import REPEAT, Digest, Message, cut, digest_of, message_of
from alerts.posting import JSON, POST_SECONDS, answered, guarded
from alerts.secrets import Secret
from alerts.settings import SlackSettings
from alerts.text import (
    host_of,
    shorten,
    slack_cost,
    slack_escaped,
    slack_literal,
    slack_unformatted,
)
from alerts.types import Alert, Post, PostAnswer, Receipt

GAP = 1.0  # seconds: Slack's limit for one webhook

# Counted by `slack_cost`, escaped. The section's parts add up to less than its 3,000.
HEADER = 150
SECTION_TITLE = 300
SECTION_URL = 1_000
SECTION_HOST = 100
SECTION_FACT = 240  # at most six, each with a label
QUOTE = 700
FALLBACK = 300  # what a notification shows

# The resend after a 400: no blocks, 1,000 altogether.
PLAIN_TITLE = 200
PLAIN_URL = 300
PLAIN_FACT = 75

# A digest: 50 blocks are allowed, header and last line are two, a repeat is marked in one.
DIGEST_LINES = 40
DIGEST_ROOM = 8_500  # of the 10,000 that all texts may have together
DIGEST_FACTS = 240
PLAIN_LINES = 8

Block = dict[str, Any]
"""A piece of Slack's JSON."""


class SlackChannel:
    """One webhook."""

    gap = GAP

    def __init__(
        self,
        settings: SlackSettings,
        post: Post,
        now: Callable[[], datetime],
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        deadline: float = POST_SECONDS,
    ) -> None:
        self.name = settings.name
        self._url: Secret = settings.webhook_url
        self._post = post
        self._now = now
        self._sleep = sleep
        self._deadline = deadline

    async def send(self, alert: Alert) -> Receipt:
        """Post one alert; once more without blocks if Slack does not understand them."""
        return await guarded(alert, self._send(alert), self._deadline, self._url)

    async def _send(self, alert: Alert) -> Receipt:
        full, plain = payloads(alert)
        answer = await self._posted(full)
        if answer.status == 400:
            await self._sleep(self.gap)
            answer = await self._posted(plain)
        return answered(alert, answer, "Slack", self._now(), self._url)

    async def _posted(self, body: Block) -> PostAnswer:
        raw = json.dumps(body, ensure_ascii=False).encode()
        async with asyncio.timeout(self._deadline):
            return await self._post(self._url.reveal(), raw, JSON)


# ── payloads ─────────────────────────────────────────────────────────────────────────────────────


def payloads(alert: Alert) -> tuple[Block, Block]:
    """The message in blocks, and the short text that goes when they are refused."""
    if alert.parts:
        digest = digest_of(alert)
        return digest_payload(digest), plain_digest(digest)
    message = message_of(alert)
    return payload(message), plain_payload(message)


def payload(message: Message) -> Block:
    """The message in blocks, with `text` for notifications."""
    blocks = [_header(message), _section(message)]
    if message.snippet:
        blocks.append(_quote(message))
    if message.rule:
        blocks.append(_context(f"Alert rule: {message.rule}"))
    fallback = slack_escaped(shorten(_headline(message), FALLBACK, slack_cost))
    return {"text": fallback, "blocks": blocks, **_SILENT}


def plain_payload(message: Message) -> Block:
    """The message as one short text, for when the blocks were refused."""
    lines = [shorten(_headline(message), PLAIN_TITLE, slack_cost)]
    if message.url and len(slack_escaped(message.url)) <= PLAIN_URL:
        lines.append(message.url)
    for label, value in message.facts:
        lines.append(shorten(f"{label}: {value}", PLAIN_FACT, slack_cost))
    return {"text": slack_escaped("\n".join(lines)), **_SILENT}


def digest_payload(digest: Digest) -> Block:
    """A line for each alert, as many as Slack takes; the others are counted."""
    title = shorten(digest.title, HEADER, slack_cost)
    blocks: list[Block] = [{"type": "header", "text": _plain(slack_literal(title))}]
    if digest.repeat:
        blocks.append(_context(REPEAT))
    room, shown = DIGEST_ROOM, 0
    for message in digest.messages[:DIGEST_LINES]:
        section = _digest_line(message)
        room -= sum(map(slack_cost, section["text"]["text"]))
        if room < 0:
            break
        blocks.append(section)
        shown += 1
    more = len(digest.messages) - shown
    rest = f"And {more} more: see `wirewatch alerts list`. " if more else ""
    blocks.append(_context(f"{rest}Together: {digest.why}"))
    return {
        "text": slack_escaped(shorten(digest.title, FALLBACK, slack_cost)),
        "blocks": blocks,
        **_SILENT,
    }


def plain_digest(digest: Digest) -> Block:
    """The digest as one short text."""
    lines = [shorten(digest.title, PLAIN_TITLE, slack_cost), *([REPEAT] if digest.repeat else [])]
    lines += [shorten(m.title, PLAIN_FACT, slack_cost) for m in digest.messages[:PLAIN_LINES]]
    return {"text": slack_escaped("\n".join(lines)), **_SILENT}


def _digest_line(message: Message) -> Block:
    said = dict(message.facts)
    about = [said[label] for label in ("News", "Named", "Source", "First seen") if label in said]
    line = slack_unformatted(shorten(" · ".join(about), DIGEST_FACTS, slack_cost))
    text = f"{_linked_title(message)}\n{line}"
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


# No preview is fetched: it would tell the publisher's server who reads, and fill the channel.
# Markup in `text` is off; links and mentions are kept out by escaping.
_SILENT: Block = {"unfurl_links": False, "unfurl_media": False, "mrkdwn": False}


def _headline(message: Message) -> str:
    return f"{REPEAT} {message.title}" if message.repeat else message.title


def _header(message: Message) -> Block:
    title = slack_literal(shorten(message.title, HEADER, slack_cost))
    return {"type": "header", "text": _plain(title)}


def _section(message: Message) -> Block:
    lines = [*_link_line(message), *(_fact(label, value) for label, value in message.facts)]
    # verbatim: "#general" and "www.example.org" in a title stay what they are.
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True},
    }


def _link_line(message: Message) -> tuple[str, ...]:
    """The link by its host, since a header holds none; the headline again where that was cut."""
    url = slack_escaped(message.url)
    if len(url) > SECTION_URL or sum(map(slack_cost, message.title)) > HEADER:
        return (_linked_title(message),)
    host = slack_unformatted(shorten(host_of(message.url), SECTION_HOST, slack_cost))
    parts = (f"<{url}|Read it at {host}>" if url else "", REPEAT if message.repeat else "")
    line = " ".join(filter(None, parts))
    return (line,) if line else ()


def _linked_title(message: Message) -> str:
    title = slack_unformatted(shorten(message.title, SECTION_TITLE, slack_cost))
    url = slack_escaped(message.url)
    linked = f"<{url}|{title}>" if url and len(url) <= SECTION_URL else title
    return f"{linked} {REPEAT}" if message.repeat else linked


def _fact(label: str, value: str) -> str:
    return f"*{label}:* {slack_unformatted(shorten(value, SECTION_FACT, slack_cost))}"


def _quote(message: Message) -> Block:
    """The snippet as rich_text: mrkdwn's asterisks make nothing bold within Korean or Chinese."""
    elements = [_styled(p.text, bold=p.name) for p in cut(message.snippet, QUOTE, slack_cost)]
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": elements}]}


def _styled(text: str, *, bold: bool) -> Block:
    element: Block = {"type": "text", "text": slack_literal(text)}
    return {**element, "style": {"bold": True}} if bold else element


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_plain(slack_literal(text))]}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
