"""A digest in a mail: who was named how often, a table of contents, then every story. Pure."""

from __future__ import annotations

from html import escape

from alerts.mail_parts import (
    CELL,
    FOOT,
    H1,
    LINK,
    SMALL,
    TABLE,
    html_page,
    html_repeat,
    html_story,
    html_title,
    of,
    subject_line,
    text_story,
)
from alerts.message import REPEAT, Digest, Message

IN_FULL = 1_000  # stories; a storm may gather 5,000, and mail servers refuse what is above 10 MB
BAR = 24  # the longest bar of the picture, in letters of the plain text
PIXELS = 160  # and in the HTML: fits beside a name on a telephone

_H2 = "margin:28px 0 12px;font-size:18px;line-height:1.3;font-weight:700;color:#1c1b19"
_BAR = "display:inline-block;height:10px;background:#b8860b;vertical-align:middle"
_RULE = "border:0;border-top:1px solid #dcd7cb;margin:24px 0"


def digest_subject(digest: Digest) -> str:
    """`12 alerts: power stations`."""
    return subject_line(digest.title, repeat=digest.repeat)


def digest_text(digest: Digest) -> str:
    """For readers without HTML."""
    width = max((len(name) for name, _ in digest.counts), default=0)
    picture = [
        f"{name:<{width}}  {'#' * _share(count, digest, BAR)} {count}"
        for name, count in digest.counts
    ]
    shown = digest.messages[:IN_FULL]
    contents = [f"{n}. {message.title}" for n, message in enumerate(shown, 1)]
    parts = [f"{digest.title}\n{REPEAT}" if digest.repeat else digest.title]
    parts += ["\n".join(lines) for lines in (picture, contents) if lines]
    for number, message in enumerate(shown, 1):
        title, *rest = text_story(message)
        parts += [f"{'-' * 60}\n\n{number}. {title}", *rest]
    parts += [f"{'-' * 60}\n\n{more}" for more in _more(digest)]
    parts.append(f"-- \nWirewatch sent these together: {digest.why}.")
    return "\n\n".join(parts) + "\n"


def _more(digest: Digest) -> tuple[str, ...]:
    """What is said of the stories that are not told."""
    left = len(digest.messages) - IN_FULL
    return (f"And {left:,} more: the desk and “wirewatch alerts list” show them.",) * (left > 0)


def _share(count: int, digest: Digest, longest: int) -> int:
    return max(round(count * longest / digest.counts[0][1]), 1)


def digest_html(digest: Digest) -> str:
    """The same as a page. The picture is a table with coloured cells, which every program shows."""
    rows = "".join(_bar(name, count, digest) for name, count in digest.counts)
    shown = tuple(enumerate(digest.messages[:IN_FULL], 1))
    contents = "".join(_line(*numbered) for numbered in shown)
    return html_page(
        digest.title,
        f'<h1 style="{H1}" dir="auto">{escape(digest.title)}</h1>',
        html_repeat(repeat=digest.repeat),
        f'<table style="{TABLE}">{rows}</table>' if rows else "",
        f'<ol style="{SMALL}">{contents}</ol>',
        *(part for numbered in shown for part in _story(*numbered)),
        *(f'<hr style="{_RULE}"><p>{escape(more)}</p>' for more in _more(digest)),
        f'<p style="{FOOT}">Wirewatch sent these together: {escape(digest.why)}.</p>',
    )


def _bar(name: str, count: int, digest: Digest) -> str:
    bar = f'<span style="{_BAR};width:{_share(count, digest, PIXELS)}px"></span>'
    cell = f'<td style="{CELL};padding-right:12px" dir="auto">{escape(name)}</td>'
    return f'<tr>{cell}<td style="{CELL};white-space:nowrap">{bar} {count}</td></tr>'


def _line(number: int, message: Message) -> str:
    title = escape(message.title)
    return f'<li{of(message)}><a href="#story-{number}" style="{LINK}">{title}</a></li>'


def _story(number: int, message: Message) -> tuple[str, ...]:
    heading = f'<h2 style="{_H2}" id="story-{number}"{of(message)}>{html_title(message)}</h2>'
    return f'<hr style="{_RULE}">', heading, *html_story(message)
