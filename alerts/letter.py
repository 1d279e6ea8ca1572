"""An alert as a mail: headers, a plain text and a simple HTML part. Pure.

Nothing remote: no image, no style sheet, no tracking. A reader's mail program asks no server for
anything until the link is followed.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from alerts.message import REPEAT, Message, message_of
from alerts.settings import EmailSettings
from alerts.text import one_line, shorten
from alerts.types import Alert

LONGEST_SUBJECT = 200  # characters; 3,000 were measured to fold into 53 header lines

# 7 bit on the wire: no server has to announce 8BITMIME, and no line grows beyond 998 octets.
_POLICY = SMTP.clone(cte_type="7bit")

_SAFE_KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")


def letter(alert: Alert, settings: EmailSettings, recipient: str, now: datetime) -> EmailMessage:
    """The mail to one recipient, dated `now`."""
    message = message_of(alert)
    name, sender = parseaddr(settings.sender)
    domain = sender.partition("@")[2]
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(one_line(name, 80) or "Wirewatch", addr_spec=sender)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = subject(message)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(alert, domain)
    mail["List-Id"] = f"Wirewatch alerts <{_label(settings.name)}.{domain}>"  # RFC 2919
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
    mail.set_content(text_part(message))
    mail.add_alternative(html_part(message), subtype="html")
    return mail


def message_id(alert: Alert, domain: str) -> str:
    """The same for every try (RFC 1047): mail programs show a repeat once."""
    key = alert.key or f"alert-{alert.id}"
    if not _SAFE_KEY.fullmatch(key):
        key = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:40]
    return f"<{key}@{domain}>"


def subject(message: Message) -> str:
    """`[rule] title`, on one line; a repeat says so at the end, where no cut can take it.

    `=?` is broken up, since it opens an encoded word (RFC 2047): `email` decodes one that it is
    given, and a line break inside became a header of its own (CVE-2024-6923; later Pythons raise).
    """
    tail = f" {REPEAT}" if message.repeat else ""
    head = f"[{message.rule}] {message.title}" if message.rule else message.title
    return shorten(head.replace("=?", "= ?"), LONGEST_SUBJECT - len(tail)) + tail


def _label(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:30].strip("-") or "alerts"


# ── the plain text ───────────────────────────────────────────────────────────────────────────────


def text_part(message: Message) -> str:
    """For readers without HTML: the headline, the facts in a column, the words, the link."""
    parts = [_text_title(message), _column(message.facts)]
    if message.snippet:
        words = "".join(f"*{p.text}*" if p.name else p.text for p in message.snippet)
        parts.append(f"> {words}")
    if message.url:
        parts.append(message.url)
    parts.append(f"-- \n{_reason(message)}")  # RFC 3676, section 4.3: the signature's mark
    return "\n\n".join(parts) + "\n"


def _text_title(message: Message) -> str:
    return f"{message.title}\n{REPEAT}" if message.repeat else message.title


def _column(facts: tuple[tuple[str, str], ...]) -> str:
    width = max((len(label) for label, _ in facts), default=0) + 1
    return "\n".join(f"{label + ':':<{width}} {value}" for label, value in facts)


def _reason(message: Message) -> str:
    rule = f" because of the alert rule “{message.rule}”" if message.rule else ""
    return f"Wirewatch sent this{rule}."


# ── the HTML ─────────────────────────────────────────────────────────────────────────────────────

_BODY = (
    "margin:0;padding:24px 16px;background:#fbfaf7;color:#1c1b19;"
    "font:16px/1.5 Georgia,'Noto Serif','Noto Serif CJK KR','Nanum Myeongjo',SimSun,serif"
)
_SHEET = "max-width:640px;margin:0 auto"
_H1 = "margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:700;color:#1c1b19"
_LINK = "color:#1c1b19;text-decoration:underline;text-decoration-color:#8a8478"
_QUOTE = "margin:0 0 20px;padding:2px 0 2px 14px;border-left:3px solid #c9c3b6"
_NAME = "background:#fdf0c4;color:#1c1b19;border-bottom:2px solid #b8860b;font-weight:700"
_SMALL = "font:14px/1.5 system-ui,'Segoe UI','Noto Sans','Noto Sans CJK KR',sans-serif"
_TABLE = f"{_SMALL};border-collapse:collapse;margin:0 0 20px"
_HEAD = (
    "padding:2px 16px 2px 0;white-space:nowrap;text-align:left;vertical-align:top;"
    "font-weight:400;color:#6a655b"
)
_CELL = "padding:2px 0;vertical-align:top;color:#1c1b19"
_FOOT = f"{_SMALL};font-size:13px;color:#6a655b;border-top:1px solid #dcd7cb;padding-top:10px"


def html_part(message: Message) -> str:
    """For everyone else: the same, as a page of headline, quoted words and a small table."""
    return "\n".join(
        (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            f"<title>{escape(message.title)}</title></head>",
            f'<body style="{_BODY}"><div style="{_SHEET}">',
            f'<h1 style="{_H1}"{_of(message)}>{_html_title(message)}</h1>',
            _html_repeat(message),
            _html_quote(message),
            f'<table style="{_TABLE}">{"".join(_row(*fact) for fact in message.facts)}</table>',
            f'<p style="{_FOOT}">{escape(_reason(message))}</p>',
            "</div></body></html>",
        )
    )


def _of(message: Message) -> str:
    """Language and direction of what the publisher wrote: they choose the shapes of Han letters."""
    lang = f' lang="{escape(message.language)}"' if message.language else ""
    return f'{lang} dir="auto"'


def _html_title(message: Message) -> str:
    title = escape(message.title)
    return f'<a href="{escape(message.url)}" style="{_LINK}">{title}</a>' if message.url else title


def _html_repeat(message: Message) -> str:
    return f'<p style="{_SMALL}">{escape(REPEAT)}</p>' if message.repeat else ""


def _html_quote(message: Message) -> str:
    if not message.snippet:
        return ""
    words = "".join(_html_piece(piece.text, name=piece.name) for piece in message.snippet)
    return f'<blockquote style="{_QUOTE}"{_of(message)}>{words}</blockquote>'


def _html_piece(text: str, *, name: bool) -> str:
    return f'<b style="{_NAME}">{escape(text)}</b>' if name else escape(text)


def _row(label: str, value: str) -> str:
    head = f'<th scope="row" style="{_HEAD}">{escape(label)}</th>'
    return f'<tr>{head}<td style="{_CELL}" dir="auto">{escape(value)}</td></tr>'
