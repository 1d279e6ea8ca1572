"""alerts.letter and alerts.email: the mail, and the SMTP dialogue."""

from __future__ import annotations

import asyncio
import re
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage

import aiosmtplib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import mail_parts
from alerts.email import EmailChannel
from alerts.letter import letter, message_id
from alerts.secrets import Secret
from alerts.settings import EmailSettings
from tests.support.clock import START, Clock
from tests.support.sample import alert
from tests.support.smtp import PASSWORD, USER, MailServer, Page, ScriptedMail, client_tls, parts

ANALYST = "analyst@example.org"

# ── the mail ─────────────────────────────────────────────────────────────────────────────────────


def mail_settings(**changes) -> EmailSettings:
    defaults = {
        "name": "desk-mail",
        "host": "127.0.0.1",
        "sender": "desk@example.org",
        "to": (ANALYST,),
    }
    return EmailSettings(**{**defaults, **changes})


def written(**changes) -> EmailMessage:
    """The mail as its reader's program parses it."""
    raw = letter(alert(**changes), mail_settings(), ANALYST, START).as_bytes()
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_headers():
    headers = {
        name: str(value) for name, value in written().items() if not name.startswith("Content")
    }
    assert headers == {
        "From": "Wirewatch <desk@example.org>",
        "To": "analyst@example.org",
        "Subject": "[power stations] Tanchon Power Station project makes headway",
        "Date": "Sat, 21 Nov 2026 06:15:00 +0000",
        "Message-ID": "<a1b2c3d4e5f60718@example.org>",
        "List-Id": "Wirewatch alerts <desk-mail.example.org>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }


def test_text_part():
    text, _ = parts(written())
    assert text == (
        "Tanchon Power Station project makes headway\n"
        "\n"
        "Named:      Tanchon Power Station (electric power)\n"
        "Source:     Example Wire (state media)\n"
        "First seen: 21 Nov 2026, 06:15 UTC\n"
        "Published:  21 Nov 2026, 06:12 UTC (as “Sat, 21 Nov 2026 15:12:00 +0900”)\n"
        "Carried by: 1 origin, 4 copies\n"
        "\n"
        "> …builders completed a section of the waterway tunnel of the *Tanchon Power Station* and began…\n"
        "\n"
        "https://news.example.org/articles/2026/11/21/tanchon?lang=en&part=1\n"
        "\n"
        "-- \n"
        "Wirewatch sent this because of the alert rule “power stations”.\n"
    )


def test_html_part():
    _, source = parts(written(language="ko"))
    page = Page(source)
    assert page.links == ["https://news.example.org/articles/2026/11/21/tanchon?lang=en&part=1"]
    assert page.marked == ["Tanchon Power Station"]
    assert page.tags <= {"html", "head", "meta", "title", "body", "div", "h1", "a", "blockquote", "b",
                         "table", "tr", "th", "td", "p"}  # fmt: skip
    assert source.count('lang="ko" dir="auto"') == 2
    assert not re.search(r"url\(|@import|<img|<link|<style|<script|http://", source)


def test_a_repeat_says_so_in_subject_text_and_page():
    mail = written(in_doubt=True, title="x" * 500)
    text, source = parts(mail)
    assert mail["Subject"].endswith("… (possible repeat)")
    assert len(mail["Subject"]) == mail_parts.LONGEST_SUBJECT
    assert "\n(possible repeat)\n" in text
    assert "(possible repeat)" in Page(source).words


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a1b2c3d4e5f60718", "<a1b2c3d4e5f60718@example.org>"),
        ("", r"<alert-7000@example.org>"),
        ("has blank", r"<[0-9a-f]{40}@example.org>"),
        ("x>\r\nBcc: y", r"<[0-9a-f]{40}@example.org>"),
        ("ключ", r"<[0-9a-f]{40}@example.org>"),
        ("k" * 300, r"<[0-9a-f]{40}@example.org>"),
    ],
)
def test_the_message_id_comes_from_the_key_alone(key, expected):
    first = message_id(alert(id=7000, key=key), "example.org")
    again = message_id(
        alert(id=7000, key=key, attempts=5, in_doubt=True, title="other"), "example.org"
    )
    assert re.fullmatch(expected, first)
    assert first == again


def test_different_keys_make_different_ids():
    assert message_id(alert(key="one key"), "example.org") != message_id(
        alert(key="two key"), "example.org"
    )


ANY = st.text(st.characters(categories=None), max_size=400)


@settings(max_examples=100, deadline=None)
@given(ANY, ANY)
def test_any_text_makes_a_mail_of_known_headers(title, other):
    raw = letter(
        alert(title=title, rule=other, source=title, snippet=other, key=other),
        mail_settings(),
        ANALYST,
        START,
    ).as_bytes()
    parsed = message_from_bytes(raw, policy=policy.default)
    assert [name for name in parsed if name.title() == name or "-" in name] == list(written())
    assert len(parsed["Subject"]) <= mail_parts.LONGEST_SUBJECT
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5321, section 4.5.3.1.6
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")


# ── the twins: what the guards are for ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("title", ["one\nBcc: x@example.com", "one\rtwo", "one\r\ntwo"])
def test_without_cleaning_a_line_break_blocks_the_alert_for_ever(title):
    naive = EmailMessage(policy=policy.SMTP)
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        naive["Subject"] = title
    assert "Bcc" not in written(title=title)


def test_without_breaking_up_an_encoded_word_makes_a_header():
    title = "=?utf-8?q?=0ABcc:_x@example.com?="
    naive = EmailMessage(policy=policy.SMTP)
    naive["Subject"] = title
    try:
        injected = message_from_bytes(naive.as_bytes())["Bcc"] == "x@example.com"
    except ValueError:  # a Python that checks what it wrote: HeaderWriteError, again for ever
        injected = True
    if not injected:
        pytest.skip("this Python encodes the line break")
    assert "Bcc" not in written(title=title, rule=title)
    assert written(title=title)["Subject"].endswith("= ?utf-8?q?=0ABcc:_x@example.com?=")


# ── the dialogue ─────────────────────────────────────────────────────────────────────────────────


def channel(port: int, **changes) -> EmailChannel:
    values = {"port": port, "security": "none", "timeout": 20.0, "data_timeout": 20.0, **changes}
    return EmailChannel(mail_settings(**values), ANALYST, Clock().now, tls=client_tls())


def sent(port: int, **changes):
    return asyncio.run(channel(port, **changes).send(alert()))


LOGIN = {"username": USER, "password": Secret(PASSWORD)}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login_over_tls(security):
    with MailServer(security=security, login=True) as server:
        assert sent(server.port, security=security, **LOGIN).outcome == "sent"
    assert server.logins == [USER.encode()]
    assert server.recipients == [ANALYST]


def test_without_login_and_tls_for_a_relay_next_door():
    with MailServer() as server:
        assert sent(server.port).outcome == "sent"
    assert server.logins == []


def test_a_server_that_offers_no_tls_gets_no_message():
    with MailServer() as server:
        receipt = sent(server.port, security="starttls")
    assert (receipt.outcome, server.accepted) == ("later", [])
    assert "STARTTLS" in receipt.message


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_nobody_gets_no_message(security):
    strict = EmailChannel(
        mail_settings(port=1, security=security),
        ANALYST,
        Clock().now,
        tls=ssl.create_default_context(),
    )
    with MailServer(security=security) as server:
        object.__setattr__(strict._settings, "port", server.port)
        receipt = asyncio.run(strict.send(alert()))
    assert (receipt.outcome, server.accepted) == ("later", [])
    assert "certificate" in receipt.message.lower()


def test_a_wrong_password_is_refused_without_its_text():
    with MailServer(security="starttls", login=True) as server:
        wrong = {**LOGIN, "password": Secret("wrong")}
        receipt = sent(server.port, security="starttls", **wrong)
    assert (receipt.outcome, receipt.message) == ("refused", "login: the server answered 535")


def test_each_recipient_is_a_mail_of_its_own():
    with MailServer() as server:
        server.faults.append("550 5.1.1 unknown")
        first = channel(server.port)
        second = EmailChannel(first._settings, "editor@example.org", Clock().now)
        receipts = [asyncio.run(one.send(alert())) for one in (first, second)]
    assert [receipt.outcome for receipt in receipts] == ["refused", "sent"]
    assert [mail["To"] for mail in server.accepted] == ["editor@example.org"]
    assert [first.name, second.name] == [
        "desk-mail:analyst@example.org",
        "desk-mail:editor@example.org",
    ]


HELLO = ("220 mail.example.org", "250 mail.example.org", "250 sender", "250 recipient")


@pytest.mark.parametrize(
    ("lines", "outcome", "words"),
    [
        (("554 5.7.1 not you",), "refused", "connection: the server answered 554 5.7.1 not you"),
        (("421 4.3.2 busy",), "later", "421 4.3.2 busy"),
        (("hello there",), "later", "Malformed"),
        ((None,), "later", "connection"),
        ((*HELLO[:1], None), "later", "dialogue"),
        ((*HELLO[:2], "550 5.7.1 not from here"), "refused", "sender: the server answered 550"),
        ((*HELLO[:2], "451 4.7.1 greylisted"), "later", "sender: the server answered 451"),
        ((*HELLO[:3], "552 5.2.2 full"), "refused", "recipient: the server answered 552"),
        ((*HELLO[:3], None), "later", "dialogue"),
        ((*HELLO, "554 no"), "refused", "message: the server answered 554"),
        ((*HELLO, "250 what?"), "later", "message: the server answered 250"),
        ((*HELLO, None), "later", "dialogue"),  # before a byte of the message: no doubt
        ((*HELLO, "354 go on", "550 5.6.0 spam"), "refused", "message: the server answered 550"),
        ((*HELLO, "354 go on", "451 4.3.0 disk"), "later", "message: the server answered 451"),
        ((*HELLO, "354 go on", "421 closing"), "later", "message: the server answered 421"),
        ((*HELLO, "354 go on", "250 2.0.0 queued"), "sent", ""),
        ((*HELLO, "354 go on", "250 2.0.0 queued", None), "sent", ""),
        ((*HELLO, "354 go on", "354 more"), "in-doubt", "lost"),
        ((*HELLO, "354 go on", "garbage"), "in-doubt", "lost"),
        ((*HELLO, "354 go on", None), "in-doubt", "lost"),
    ],
)
def test_every_answer_at_every_step(lines, outcome, words):
    with ScriptedMail(
        *lines, *(["221 bye"] if outcome != "in-doubt" and lines[-1] else [])
    ) as server:
        receipt = sent(server.port)
    assert receipt.outcome == outcome
    assert words in receipt.message


@pytest.mark.parametrize(
    ("lines", "drip", "outcome", "words"),
    [
        (("220 " + "slow " * 100,), True, "later", "dialogue: not done within 0.2 s"),
        (("",), False, "later", "dialogue: not done within 0.2 s"),
        ((*HELLO[:2], ""), False, "later", "dialogue: not done within 0.2 s"),
        ((*HELLO, ""), False, "later", "dialogue: not done within 0.2 s"),
    ],
)
def test_a_server_that_takes_too_long_before_the_message(lines, drip, outcome, words):
    with ScriptedMail(*lines, drip=drip) as server:
        receipt = sent(server.port, timeout=0.2)
    assert (receipt.outcome, receipt.message) == (outcome, words)


def test_a_server_that_takes_too_long_after_the_message():
    with ScriptedMail(*HELLO, "354 go on", "") as server:
        receipt = sent(server.port, data_timeout=0.1)
    assert receipt.outcome == "in-doubt"


def test_the_message_goes_out_whole_and_dotted():
    with ScriptedMail(*HELLO, "354 go on", "250 OK", "221 bye") as server:
        plain = EmailMessage(policy=policy.SMTP)
        plain.set_content(".one\n..two\nthree\n.\n")
        asyncio.run(_send_raw(channel(server.port), plain.as_bytes()))
    assert server.heard[0] == b"EHLO example.org\r\n"  # not this machine's name
    wire = server.heard[4]
    assert wire.endswith(b"\r\n..one\r\n...two\r\nthree\r\n..\r\n.\r\n")


async def _send_raw(mail_channel: EmailChannel, raw: bytes) -> None:
    client = mail_channel._client()
    await mail_channel._hand_over(client, raw)
    await client.protocol.read_response()
    await client.quit()


def test_a_cancelled_send_hangs_up():
    async def cancelled() -> None:
        task = asyncio.create_task(channel(server.port).send(alert()))
        await asyncio.to_thread(server.connected.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with ScriptedMail(*HELLO, "354 go on", "") as server:
        asyncio.run(cancelled())
        assert server.ended.wait(10)


# ── foreign errors ───────────────────────────────────────────────────────────────────────────────


def all_errors() -> list[Exception]:
    names = [getattr(aiosmtplib, name) for name in dir(aiosmtplib)]
    kinds = [kind for kind in names if isinstance(kind, type) and issubclass(kind, Exception)]
    refused_one = aiosmtplib.SMTPRecipientRefused(550, "no", "a@example.org")
    arguments = {"SMTPRecipientsRefused": ([refused_one],)}
    coded = (550, "no", "a@example.org")
    return [
        kind(*arguments.get(kind.__name__, coded[: _arity(kind)]))
        if kind.__name__ in arguments or issubclass(kind, aiosmtplib.SMTPResponseException)
        else kind("no")
        for kind in kinds
    ]


def _arity(kind: type) -> int:
    return 3 if kind.__name__ in {"SMTPSenderRefused", "SMTPRecipientRefused"} else 2


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: type(error).__name__)
def test_every_error_of_the_library_is_a_receipt(error, monkeypatch):
    """A release with a new kind of error fails here, not in somebody's night."""
    mail = channel(1)

    async def fails(*_):
        raise error

    monkeypatch.setattr(mail, "_hand_over", fails)
    receipt = asyncio.run(mail.send(alert()))
    assert receipt.outcome == ("refused" if getattr(error, "code", 0) == 550 else "later")
    assert receipt.message
    assert "\n" not in receipt.message


def test_there_are_errors_to_map():
    assert len(all_errors()) >= 14
