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

from alerts.mail_digest import digest_html, digest_subject, digest_text
from alerts.mail_parts import html_part, subject, text_part
from alerts.message import digest_of, message_of
from alerts.settings import EmailSettings
from alerts.text import one_line
from alerts.types import Alert, Mailing

# 7 bit on the wire: no server has to announce 8BITMIME, and no line grows beyond 998 octets.
_POLICY = SMTP.clone(cte_type="7bit")

_SAFE_KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")


def letter(alert: Alert, settings: EmailSettings, recipient: str, now: datetime) -> EmailMessage:
    """The mail to one recipient, dated `now`."""
    words, text, page = _contents(alert)
    mail = _headed(settings, recipient, now, words)
    mail["Message-ID"] = message_id(alert, _domain(settings))
    if alert.thread:  # a story's messages stand together: RFC 5322, section 3.6.4
        mail["In-Reply-To"] = mail["References"] = alert.thread
    mail.set_content(text)
    mail.add_alternative(page, subtype="html")
    return mail


def report_letter(
    mailing: Mailing, settings: EmailSettings, recipient: str, now: datetime
) -> EmailMessage:
    """A report to one recipient, dated `now`; its page goes with it as a file."""
    mail = _headed(settings, recipient, now, one_line(mailing.subject, 200))
    key = _hashed(f"{mailing.subject}\0{recipient}\0{now.isoformat()}")
    mail["Message-ID"] = f"<{key}@{_domain(settings)}>"
    mail.set_content(mailing.text)
    mail.add_alternative(mailing.html, subtype="html")
    mail.add_attachment(mailing.page, subtype="html", filename=mailing.file)
    return mail


def _headed(settings: EmailSettings, recipient: str, now: datetime, words: str) -> EmailMessage:
    """A mail without a body, its subject in these words."""
    name, sender = parseaddr(settings.sender)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(one_line(name, 80) or "Wirewatch", addr_spec=sender)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = words
    mail["Date"] = format_datetime(now)
    list_id = f"{_label(settings.name)}.{_domain(settings)}"
    mail["List-Id"] = f"Wirewatch alerts <{list_id}>"  # RFC 2919
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
    return mail


def _domain(settings: EmailSettings) -> str:
    return parseaddr(settings.sender)[1].partition("@")[2]


def _contents(alert: Alert) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    if alert.parts:
        digest = digest_of(alert)
        return digest_subject(digest), digest_text(digest), digest_html(digest)
    message = message_of(alert)
    return subject(message), text_part(message), html_part(message)


def message_id(alert: Alert, domain: str) -> str:
    """The same for every try (RFC 1047): mail programs show a repeat once."""
    key = alert.key or f"alert-{alert.id}"
    return f"<{key if _SAFE_KEY.fullmatch(key) else _hashed(key)}@{domain}>"


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:40]


def _label(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:30].strip("-") or "alerts"
