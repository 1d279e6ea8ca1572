"""Mail servers that behave, and that misbehave in each of the ways a mail server can."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
import warnings
from email.message import EmailMessage
from functools import cache
from html.parser import HTMLParser

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.support.serving import LoopbackServer

USER = "desk"
PASSWORD = "MailPasswordThatNobodyMaySee"


@cache
def authority() -> trustme.CA:
    """One for all tests: making keys is slow."""
    return trustme.CA()


@cache
def _server_tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@cache
def client_tls() -> ssl.SSLContext:
    """Trusts the test authority and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


class MailServer(LoopbackServer):
    """A whole SMTP server (aiosmtpd). `faults` are used up first, one a message.

    A fault is an answer to RCPT ("550 …", "451 …"), or one of:
    `stall`  take the message, never answer the final dot;
    `drop`   take the message, close instead of answering;
    `late …` answer the final dot so.
    """

    def __init__(self, *, security: str = "none", login: bool = False) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.accepted: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.logins: list[bytes] = []
        self.password = PASSWORD
        self._security = security
        self._login = login

    async def answer(self, reader, writer) -> None:
        raise NotImplementedError("aiosmtpd does")

    async def listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        implicit = _server_tls() if self._security == "tls" else None
        return await loop.create_server(self._protocol, "127.0.0.1", 0, ssl=implicit)

    def _protocol(self) -> SMTP:
        starttls = self._security == "starttls"
        with warnings.catch_warnings():  # aiosmtpd does not know that its socket is inside TLS
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            return SMTP(
                self,
                hostname="mail.example.org",
                tls_context=_server_tls() if starttls else None,
                require_starttls=starttls,
                auth_required=self._login,
                auth_require_tls=starttls,
                authenticator=self._authenticate,
                loop=asyncio.get_running_loop(),
            )

    def _authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login)
        good = data == LoginPassword(USER.encode(), self.password.encode())
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server, session, envelope, address, options
    ) -> str:
        fault = self.faults[0] if self.faults else ""
        if fault[:1].isdigit():
            return self.faults.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  # aiosmtpd's name
        fault = self.faults.pop(0) if self.faults else ""
        if fault.startswith("late "):
            return fault.removeprefix("late ")
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.accepted.append(parsed)
        self.recipients += envelope.rcpt_tos
        if fault == "stall":
            await self.until_closed()
        if fault == "drop":
            server.transport.abort()
        return "250 OK"


class ScriptedMail(LoopbackServer):
    """Says fixed lines, whatever it is told: one before the first command, one after each.

    An empty line is silence; `None` closes the connection. With `drip`, the bytes come one by one,
    so that every read makes progress.
    """

    def __init__(self, *lines: str | None, drip: bool = False) -> None:
        super().__init__()
        self._lines = lines
        self._drip = drip
        self.heard: list[bytes] = []
        self.connected = threading.Event()
        self.ended = threading.Event()

    async def answer(self, reader, writer) -> None:
        self.connected.set()
        try:
            await self._converse(reader, writer)
        finally:
            self.ended.set()

    async def _converse(self, reader, writer) -> None:
        for line in self._lines:
            if line is None:
                return
            await self._say(writer, line)
            end = b"\r\n.\r\n" if line.startswith("354") else b"\r\n"
            self.heard.append(await reader.readuntil(end))
        await reader.read()

    async def _say(self, writer: asyncio.StreamWriter, line: str) -> None:
        raw = f"{line}\r\n".encode() if line else b""
        for byte in raw if self._drip else ():
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)
        if not self._drip:
            writer.write(raw)
        await writer.drain()


class Page(HTMLParser):
    """What an HTML part holds: its tags, its links, its words."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.marked: list[str] = []
        self._words: list[str] = []
        self._inside: list[str] = []
        self.feed(source)
        self.close()

    @property
    def words(self) -> str:
        return "".join(self._words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._inside.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in {"href", "src", "action", "background"}:
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._inside[-1:] == ["b"]:
            self.marked.append(data)


def parts(mail: EmailMessage) -> tuple[str, str]:
    """The text and the HTML of a mail."""
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    return tuple(part.get_content().replace("\r\n", "\n") for part in (text, page))
