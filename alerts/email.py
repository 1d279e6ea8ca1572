"""The email channel: one recipient, one SMTP dialogue a message.

A channel of several recipients is several `EmailChannel`s: what one mailbox refuses is nothing to
the other, and a repeat for one is no second copy for all.

The dialogue has two parts with a deadline each, over the part as a whole (aiosmtplib's own timeouts
start anew with every answer, so a server that is slow in each step holds the channel many times):

1. greeting, TLS, login, sender, recipient, DATA: whatever fails here, nothing was sent.
2. the message and its final dot, then the server's answer: if that is lost, nobody knows
   whether it came (RFC 1047).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from alerts.letter import letter, report_letter
from alerts.secrets import redacted
from alerts.settings import PORTS, EmailSettings
from alerts.text import one_line
from alerts.types import Alert, Mailing, Receipt

GAP = 1.0  # seconds; submission servers commonly take a few dozen messages a minute
GOODBYE_SECONDS = 5.0  # for QUIT: the message is delivered, only manners are left

# What was being done, by the error that ended it; the first that fits.
_STEPS: tuple[tuple[type[Exception], str], ...] = (
    (SMTPAuthenticationError, "login"),
    (SMTPSenderRefused, "sender"),
    (SMTPRecipientRefused, "recipient"),
    (SMTPDataError, "message"),
    (SMTPHeloError, "greeting"),
    (SMTPConnectError, "connection"),
    (SMTPException, "dialogue"),
    (ssl.SSLError, "TLS"),
    (OSError, "connection"),
)


class EmailChannel:
    """One mailbox behind one mail server."""

    gap = GAP

    def __init__(
        self,
        settings: EmailSettings,
        recipient: str,
        now: Callable[[], datetime],
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls` replaces the system's trusted certificates, for a server with its own."""
        self.name = f"{settings.name}:{recipient}"
        self._settings = settings
        self._recipient = recipient
        self._sender = parseaddr(settings.sender)[1]
        self._now = now
        self._tls = tls

    async def send(self, alert: Alert) -> Receipt:
        """Hand one alert to the mail server."""
        return await self._post(
            letter(alert, self._settings, self._recipient, self._now()), alert.id
        )

    async def send_report(self, mailing: Mailing) -> Receipt:
        """Hand a report to the mail server, once: it is in no outbox, and counts as alert 0."""
        return await self._post(
            report_letter(mailing, self._settings, self._recipient, self._now()), 0
        )

    async def _post(self, mail: EmailMessage, alert: int) -> Receipt:
        raw = mail.as_bytes()
        with closing(self._client()) as client:
            try:
                async with asyncio.timeout(self._settings.timeout):
                    await self._hand_over(client, raw)
            except (SMTPException, OSError) as error:
                return self._failed(alert, error)
            try:
                async with asyncio.timeout(self._settings.data_timeout):
                    receipt = await self._answer(client, alert)
            except (SMTPException, OSError):
                words = "the message was sent, but the server's answer was lost"
                return Receipt(alert=alert, outcome="in-doubt", message=words)
            await _goodbye(client)
        sent = receipt.outcome == "sent"
        return replace(receipt, thread=mail["Message-ID"]) if sent else receipt

    def _client(self) -> _Client:
        settings = self._settings
        return _Client(
            hostname=settings.host,
            port=settings.port or PORTS[settings.security],
            # Not the machine's own name: it would be looked up, and told to every recipient.
            local_hostname=self._sender.partition("@")[2],
            timeout=None,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
            username=settings.username or None,
            password=settings.password.reveal() if settings.password else None,
        )

    async def _hand_over(self, client: SMTP, raw: bytes) -> None:
        """The dialogue up to the final dot. Any error means that the server has no message."""
        await client.connect()
        await client.mail(self._sender)
        await client.rcpt(self._recipient)
        code, text = await client.execute_command(b"DATA")
        if code != 354:
            raise SMTPDataError(code, text)
        if client.protocol is None:
            raise SMTPServerDisconnected("Connection lost")
        client.protocol.write(_dotted(raw))  # writes into a buffer, or raises: never waits

    async def _answer(self, client: SMTP, alert: int) -> Receipt:
        if client.protocol is None:
            raise SMTPServerDisconnected("Connection lost")
        code, text = await client.protocol.read_response()
        if 200 <= code < 300:
            return Receipt(alert=alert, outcome="sent")
        if not 400 <= code < 600:
            raise SMTPResponseException(code, text)
        return self._failed(alert, SMTPDataError(code, text))

    def _failed(self, alert: int, error: SMTPException | OSError) -> Receipt:
        code = getattr(error, "code", 0)
        return Receipt(
            alert=alert,
            outcome="refused" if isinstance(code, int) and 500 <= code < 600 else "later",
            message=one_line(redacted(self._words(error), self._settings.password), 200),
        )

    def _words(self, error: SMTPException | OSError) -> str:
        step = next(words for kind, words in _STEPS if isinstance(error, kind))
        if isinstance(error, SMTPAuthenticationError):
            return f"{step}: the server answered {error.code}"  # its text may echo the password
        if isinstance(error, SMTPResponseException):
            return f"{step}: the server answered {error.code} {error.message}"
        if isinstance(error, TimeoutError):
            return f"dialogue: not done within {self._settings.timeout:g} s"
        return f"{step}: {error}"


class _Client(SMTP):
    """Hangs up at once. A polite TLS farewell keeps a dead server's socket for half a minute."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


def _dotted(raw: bytes) -> bytes:
    """The message as it goes over the wire (RFC 5321, section 4.5.2), final dot included."""
    return re.sub(rb"(?m)^\.", b"..", raw) + b".\r\n"


async def _goodbye(client: SMTP) -> None:
    with suppress(SMTPException, OSError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            await client.quit()
