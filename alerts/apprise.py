"""Every other way out, by the Apprise library: Teams, Matrix, Telegram, Discord, ntfy, and more.

Apprise says only whether a message went; why it did not, it writes to its log, which is read. What
cannot be understood is taken for a lost answer: nothing is lost in silence, and a repeat is marked.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime

from alerts.apprise_library import notify
from alerts.mail_digest import digest_text
from alerts.mail_parts import subject, subject_line, text_part
from alerts.message import digest_of, message_of
from alerts.posting import POST_SECONDS, guarded, outcome_of, words
from alerts.settings import AppriseSettings
from alerts.types import Alert, Receipt

GAP = 1.0  # seconds; a message a second is what most services take

_STATUS = re.compile(r"error=(\d{3})\b")
_NEVER_LEFT = ("Failed to establish a new connection", "NameResolutionError",
               "NewConnectionError", "ConnectTimeout", "SSLError")  # fmt: skip


class AppriseChannel:
    """One address of Apprise's."""

    gap = GAP

    def __init__(
        self, settings: AppriseSettings, now: Callable[[], datetime], deadline: float = POST_SECONDS
    ) -> None:
        self.name = settings.name
        self._url = settings.apprise_url
        self._now = now
        self._deadline = deadline

    async def send(self, alert: Alert) -> Receipt:
        """Hand one alert to Apprise, in a thread: it blocks."""
        return await guarded(alert, self._send(alert), self._deadline, self._url)

    async def _send(self, alert: Alert) -> Receipt:
        title, body = _said(alert)
        async with asyncio.timeout(self._deadline):
            sent, told = await asyncio.to_thread(notify, self._url.reveal(), title, body)
        if sent:
            return Receipt(alert=alert.id, outcome="sent")
        outcome = _outcome(told)
        line = words(_reason(told), self._url)
        return Receipt(alert=alert.id, outcome=outcome, message=line)


def _said(alert: Alert) -> tuple[str, str]:
    if alert.parts:
        digest = digest_of(alert)
        return subject_line(digest.title, repeat=digest.repeat), digest_text(digest)
    message = message_of(alert)
    return subject(message), text_part(message)


def _outcome(told: str) -> str:
    status = _STATUS.search(told)
    if status:
        return outcome_of(int(status[1]))
    return "later" if any(sign in told for sign in _NEVER_LEFT) else "in-doubt"


def _reason(told: str) -> str:
    """The line that says most: the exception's, else the one with a status, else the last."""
    lines = [line for line in told.splitlines() if line.strip()]
    for sign in ("Socket Exception", "error="):
        found = next((line for line in lines if sign in line), None)
        if found:
            return f"Apprise: {found}"
    return f"Apprise: {lines[-1] if lines else 'it did not say why'}"
