"""Untrusted text made safe and short for each place it goes to. Pure.

Everything here takes what a feed published and gives back something inert: one line, no control
or direction characters, no markup of the place it is shown in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

ELLIPSIS = "…"
LONGEST_READ = 20_000  # characters looked at; a 10 MB title must not cost seconds to throw away
LONGEST_URL = 2_000  # a longer one is refused by clients, and a cut one leads elsewhere
MOST_MARKS = 4  # combining marks on one letter; more only paints over the lines around it

# Letters and symbols that show nothing: Hangul fillers and the empty braille cell.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")

Cost = Callable[[str], int]
"""What one character takes of a limit."""


def clean(text: str) -> str:
    """`text` on one line, without what is invisible or changes the text around it.

    Line breaks of every kind (U+2028, U+0085, U+000B … too) and runs of blanks become one blank;
    control and format characters (Unicode Cc, Cf: escapes, bidi overrides, zero-width) go; a lone
    surrogate, which no encoding can carry, becomes U+FFFD.
    """
    kept: list[str] = []
    marks = 0
    for char in text[:LONGEST_READ]:
        shown = _shown(char)
        marks = marks + 1 if _is_mark(shown) else 0
        if shown and marks <= MOST_MARKS:
            kept.append(shown)
    return "".join(kept)


def one_line(text: str, limit: int, cost: Cost | None = None) -> str:
    """`text` cleaned, with single blanks, and cut to `limit`."""
    line = " ".join(clean(text).split())
    if len(text) > LONGEST_READ:
        line += ELLIPSIS
    return shorten(line, limit, cost)


def shorten(text: str, limit: int, cost: Cost | None = None) -> str:
    """At most `limit` of `text`, cut between two letters as people see them, then "…".

    `cost` says how much of the limit a character takes (default: 1).
    """
    room = limit - 1  # one for the ellipsis
    used = cut = 0
    for at, char in enumerate(text):
        if used <= room and not _continues(text, at):
            cut = at
        used += cost(char) if cost else 1
        if used > limit:
            return text[:cut].rstrip() + ELLIPSIS
    return text


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "Z" or char.isspace() or char in _BLANK_LETTERS:
        return " "
    if category in {"Cc", "Cf"}:
        return ""
    return "\ufffd" if category == "Cs" else char


def _is_mark(char: str) -> bool:
    return bool(char) and unicodedata.category(char) in {"Mn", "Me"}


def _continues(text: str, at: int) -> bool:
    """Whether `text[at]` belongs to the letter before it (the common cases of UAX #29)."""
    if at == 0:
        return False
    char = text[at]
    if unicodedata.category(char)[0] == "M" or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True  # accents, vowel signs, variation selectors; skin tones
    if "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb":
        return True  # the later letters of a Hangul syllable written in parts
    return _flag_half(char) and _flags_before(text, at) % 2 == 1


def _flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < at and _flag_half(text[at - 1 - count]):
        count += 1
    return count


# ── addresses ────────────────────────────────────────────────────────────────────────────────────

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[\w.-]+)(?P<port>:\d{1,5})?(?P<rest>([/?#].*)?)",
    re.IGNORECASE | re.DOTALL,
)

# RFC 3986 reserved and unreserved characters, and % of what is encoded already. Not among them:
# blanks, < > | " ` \ ^ { } and everything outside ASCII.
_URL_SAFE = "/?#[]@!$&'()*+,;=:%-._~"


def safe_url(url: str) -> str:
    """`url` if it is a plain http(s) address, with what could end or open markup percent-encoded.

    "" for every other scheme, for an address with a user name in it (it shows one host and leads
    to another), without a host, or longer than `LONGEST_URL`.
    """
    match = _URL.fullmatch(url.strip()) if len(url) <= LONGEST_URL else None
    if match is None:
        return ""
    tail = quote(match["rest"].encode("utf-8", "replace"), safe=_URL_SAFE)
    whole = f"{match['scheme'].lower()}://{match['host']}{match['port'] or ''}{tail}"
    return whole if len(whole) <= LONGEST_URL else ""


def host_of(url: str) -> str:
    """Of an address that `safe_url` gave: what people know a site by."""
    match = _URL.fullmatch(url)
    return match["host"] if match else ""


# ── Slack ────────────────────────────────────────────────────────────────────────────────────────

_SLACK_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SLACK_QUOTES = str.maketrans({"<": "\u2039", ">": "\u203a"})  # ‹ ›

# mrkdwn knows no escape for these; letters of the same look say the same and format nothing.
_SLACK_LOOK_ALIKES = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"})


def slack_escaped(text: str) -> str:
    """For mrkdwn: & < > as entities, so that no link, mention or date can be opened."""
    return text.translate(_SLACK_ENTITIES)


def slack_unformatted(text: str) -> str:
    """For mrkdwn: escaped, and no character left that makes bold, italic, struck or code."""
    return slack_escaped(text.translate(_SLACK_LOOK_ALIKES))


def slack_literal(text: str) -> str:
    """For plain_text and rich_text, which are not parsed: no entity, and no < either way."""
    return text.translate(_SLACK_QUOTES)


def slack_cost(char: str) -> int:
    """What a character takes of Slack's limits, counted the strictest way.

    After escaping, and in UTF-16 units as JavaScript counts: an emoji is two.
    """
    return len(slack_escaped(char)) + (char > "\uffff")
