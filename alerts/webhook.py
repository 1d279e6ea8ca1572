"""A webhook of one's own: an alert as JSON, signed, with a key by which a repeat is known.

The headers are those of Standard Webhooks (standardwebhooks.com): `webhook-id` is the same for
every try, `webhook-timestamp` is in Unix seconds, `webhook-signature` is `v1,` and the base64 of
the HMAC-SHA256 over `id.timestamp.body`. There are libraries in most languages that check it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from alerts.mail_digest import digest_text
from alerts.mail_parts import text_part
from alerts.message import Message, digest_of, message_of
from alerts.posting import JSON, POST_SECONDS, answered, guarded
from alerts.secrets import Secret
from alerts.settings import WebhookSettings
from alerts.text import one_line
from alerts.types import Alert, Named, Post, Receipt

GAP = 0.1  # seconds: a server of one's own, but no flood


class WebhookChannel:
    """One address."""

    gap = GAP

    def __init__(
        self,
        settings: WebhookSettings,
        post: Post,
        now: Callable[[], datetime],
        *,
        deadline: float = POST_SECONDS,
    ) -> None:
        self.name = settings.name
        self._url = settings.url
        self._secret = settings.secret
        self._post = post
        self._now = now
        self._deadline = deadline

    async def send(self, alert: Alert) -> Receipt:
        """Post one alert; any 2xx means that it was taken."""
        secrets = (self._url, self._secret)
        return await guarded(alert, self._send(alert), self._deadline, *secrets)

    async def _send(self, alert: Alert) -> Receipt:
        raw = json.dumps(document(alert), ensure_ascii=False).encode()
        key = alert.key or f"alert-{alert.id}"
        headers = signed(raw, key, self._now(), self._secret)
        async with asyncio.timeout(self._deadline):
            answer = await self._post(self._url.reveal(), raw, {**JSON, **headers})
        return answered(alert, answer, "the webhook", self._now(), self._url, self._secret)


def signed(body: bytes, key: str, now: datetime, secret: Secret) -> dict[str, str]:
    """The headers that prove who sent it, and when."""
    stamp = str(int(now.timestamp()))
    content = f"{key}.{stamp}.".encode() + body
    mac = hmac.new(_key(secret.reveal()), content, hashlib.sha256).digest()
    return {
        "idempotency-key": key,
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _key(secret: str) -> bytes:
    """`whsec_` and base64, as the specification writes keys; else the text itself."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def document(alert: Alert) -> dict[str, Any]:
    """What is posted. docs/configuration.md describes it; keys are added, never changed."""
    head = {
        "version": 1,
        "type": "digest" if alert.parts else "alert",
        "channel": alert.channel,
        "possible_repeat": alert.in_doubt,
    }
    if alert.parts:
        digest = digest_of(alert)
        return {
            **head,
            "title": digest.title,
            "why": digest.why,
            "text": digest_text(digest),
            "alerts": [_story(part) for part in alert.parts],
        }
    return {**head, **_story(alert), "text": text_part(message_of(alert))}


def _story(alert: Alert) -> dict[str, Any]:
    message = message_of(alert)
    return {
        "id": alert.id,
        "rule": message.rule,
        "relation": alert.relation,
        "news": one_line(alert.news, 300),
        "story": alert.story or None,
        "title": message.title,
        "url": message.url,
        "language": message.language,
        "source": one_line(alert.source, 120),
        "source_kind": one_line(alert.source_kind, 40),
        "first_seen_at": alert.first_seen_at.isoformat(),
        "published_at": alert.published_at.isoformat() if alert.published_at else None,
        "published_raw": one_line(alert.published_raw, 60),
        "named": [_named(one) for one in alert.named],
        **_snippet(message),
        "origins": alert.origins,
        "copies": alert.copies,
        "facts": dict(message.facts) if alert.facts else {},
    }


def _named(named: Named) -> dict[str, str]:
    return {key: one_line(value, 120) for key, value in asdict(named).items()}


def _snippet(message: Message) -> dict[str, Any]:
    """The words, and the places of names in them, in characters."""
    text, marks = "", []
    for piece in message.snippet:
        if piece.name:
            marks.append([len(text), len(text) + len(piece.text)])
        text += piece.text
    return {"snippet": text, "snippet_marks": marks}
