"""One story in a mail: subject, plain text, HTML. Pure.

Nothing remote: no image, no style sheet, no tracking. A reader's mail program asks no server for
anything until the link is followed.
"""

from __future__ import annotations

from html import escape

from alerts.message import REPEAT, Message
from alerts.text import shorten

LONGEST_SUBJECT = 200  # characters; 3,000 were measured to fold into 53 header lines


def subject(message: Message) -> str:
    """`[rule] title`, on one line; a repeat says so at the end, where no cut can take it.

    `=?` is broken up, since it opens an encoded word (RFC 2047): `email` decodes one that it is
    given, and a line break inside became a header of its own (CVE-2024-6923; later Pythons raise).
    """
    head = f"[{message.rule}] {message.title}" if message.rule else message.title
    return subject_line(head, repeat=message.repeat)


def subject_line(head: str, *, repeat: bool) -> str:
    """A subject of any words."""
    tail = f" {REPEAT}" if repeat else ""
    return shorten(head.replace("=?", "= ?"), LONGEST_SUBJECT - len(tail)) + tail


# ── the plain text ───────────────────────────────────────────────────────────────────────────────


def text_part(message: Message) -> str:
    """For readers without HTML: the headline, the facts in a column, the words, the link."""
    parts = [*text_story(message)]
    parts.append(f"-- \n{_reason(message)}")  # RFC 3676, section 4.3: the signature's mark
    return "\n\n".join(parts) + "\n"


def text_story(message: Message) -> list[str]:
    """The paragraphs about one story."""
    parts = [_text_title(message), _column(message.facts)]
    if message.snippet:
        words = "".join(f"*{p.text}*" if p.name else p.text for p in message.snippet)
        parts.append(f"> {words}")
    return [*parts, message.url] if message.url else parts


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
    "margin:0;padding:24px 16px;background:#fbfaf7;color:#1c1b19;overflow-wrap:anywhere;"
    "font:16px/1.5 Georgia,'Noto Serif','Noto Serif CJK KR','Nanum Myeongjo',SimSun,serif"
)
_SHEET = "max-width:640px;margin:0 auto"
H1 = "margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:700;color:#1c1b19"
LINK = "color:#1c1b19;text-decoration:underline;text-decoration-color:#8a8478"
_QUOTE = "margin:0 0 20px;padding:2px 0 2px 14px;border-left:3px solid #c9c3b6"
_NAME = "background:#fdf0c4;color:#1c1b19;border-bottom:2px solid #b8860b;font-weight:700"
SMALL = "font:14px/1.5 system-ui,'Segoe UI','Noto Sans','Noto Sans CJK KR',sans-serif"
TABLE = f"{SMALL};border-collapse:collapse;margin:0 0 20px"
_HEAD = (
    "padding:2px 16px 2px 0;white-space:nowrap;text-align:left;vertical-align:top;"
    "font-weight:400;color:#6a655b"
)
CELL = "padding:2px 0;vertical-align:top;color:#1c1b19"
FOOT = f"{SMALL};font-size:13px;color:#6a655b;border-top:1px solid #dcd7cb;padding-top:10px"


def html_part(message: Message) -> str:
    """For everyone else: the same, as a page of headline, quoted words and a small table."""
    return html_page(
        message.title,
        f'<h1 style="{H1}"{of(message)}>{html_title(message)}</h1>',
        html_repeat(repeat=message.repeat),
        *html_story(message),
        f'<p style="{FOOT}">{escape(_reason(message))}</p>',
    )


def html_page(title: str, *parts: str) -> str:
    """A page of these parts. No style sheet: many mail programs drop it."""
    return "\n".join(
        (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            f"<title>{escape(title)}</title></head>",
            f'<body style="{_BODY}"><div style="{_SHEET}">',
            *parts,
            "</div></body></html>",
        )
    )


def html_story(message: Message) -> tuple[str, str]:
    """The quoted words and the facts."""
    rows = "".join(_row(*fact) for fact in message.facts)
    return _html_quote(message), f'<table style="{TABLE}">{rows}</table>'


def of(message: Message) -> str:
    """Language and direction of what the publisher wrote: they choose the shapes of Han letters."""
    lang = f' lang="{escape(message.language)}"' if message.language else ""
    return f'{lang} dir="auto"'


def html_title(message: Message) -> str:
    """The headline, linked where there is an address."""
    title = escape(message.title)
    return f'<a href="{escape(message.url)}" style="{LINK}">{title}</a>' if message.url else title


def html_repeat(*, repeat: bool) -> str:
    """The mark of a message that may have come before."""
    return f'<p style="{SMALL}">{escape(REPEAT)}</p>' if repeat else ""


def _html_quote(message: Message) -> str:
    if not message.snippet:
        return ""
    words = "".join(_html_piece(piece.text, name=piece.name) for piece in message.snippet)
    return f'<blockquote style="{_QUOTE}"{of(message)}>{words}</blockquote>'


def _html_piece(text: str, *, name: bool) -> str:
    return f'<b style="{_NAME}">{escape(text)}</b>' if name else escape(text)


def _row(label: str, value: str) -> str:
    head = f'<th scope="row" style="{_HEAD}">{escape(label)}</th>'
    return f'<tr>{head}<td style="{CELL}" dir="auto">{escape(value)}</td></tr>'
