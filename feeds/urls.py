"""URLs of articles: made absolute, made canonical, and reduced to the key that copies share.

Conservative on purpose: identifiers live in paths and query strings, and two articles under one
URL lose one of them. Only what is known to say nothing about the article is taken away.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, quote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

URL_LIMIT = 2_048  # characters: what Media Cloud stores, and more than browsers long allowed

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Who sent the reader, never what is read: campaign, click, mail and share parameters.
_TRACKING_PREFIXES = ("utm_", "at_custom", "pk_", "mtm_", "hsa_")
_TRACKING = frozenset({
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ymclid",
    "ysclid", "_openstat", "twclid", "ttclid", "igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok",
    "vero_id", "_hsenc", "_hsmi", "hsctatracking", "oly_anon_id", "oly_enc_id", "rb_clickid",
    "s_kwcid", "ef_id", "wickedid", "_ga", "_gl", "at_medium", "at_campaign", "at_link_id",
    "at_format", "at_ptr_name", "at_link_type", "at_link_origin", "at_bbc_team",
    "__twitter_impression",
})  # fmt: skip
_BLANK = re.compile(r"[\t\n\r]")  # browsers drop them wherever they stand (WHATWG URL §4.4)
# What stands in no URL (RFC 3986 §2) and does harm elsewhere: controls, blanks, quotes, surrogates.
_UNSAFE = re.compile('[\x00-\x20"<>\x7f-\xa0\u2028\u2029\ud800-\udfff\ufffe\uffff]')
_ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_LONE = re.compile("[\ud800-\udfff]")  # has no UTF-8; quote() would make a question mark of it
# An absolute address with nothing in it that has to be resolved, escaped or left out.
_PLAIN = re.compile(
    r"https?://[a-z0-9.-]+(?:/[\w.~/%&+,=:@!$*()-]*(?:\?[\w.~/%&+,=:@!$*()-]+)?)?", re.ASCII
)
_KEPT = "!#$%&'()*+,/:;=?@[]~|^`{}\\"
_SITE_PREFIX = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
_AMP_PATH = re.compile(r"(?:(?<=[^/])/amp|\.amp(?=\.html?$))/?(?=$|\.html?$)")
# Redirectors that carry the article's own address: host and path → the parameter that holds it.
_WRAPPERS = {
    "google.com/url": "url",
    "news.url.google.com/url": "url",
    "bing.com/news/apiclick.aspx": "url",
    "l.facebook.com/l.php": "u",
    "lm.facebook.com/l.php": "u",
    "out.reddit.com": "url",
    "vk.com/away.php": "to",
    "link.naver.com/bridge": "url",
}
# One of these stands in each of their addresses, blanks and all.
_WRAPPER = re.compile(r"[\t\n\r]|google|bing|facebook|reddit|vk\.com|naver", re.IGNORECASE)
_AMP_PARAMETERS = frozenset({"amp", "amp=1", "amp=true", "outputtype=amp"})


def absolute_url(link: str, base: str) -> str:
    """`link` as published, made absolute by `base`; "" if it is too long or not http(s).

    What may stand in no URL is escaped, letters of other scripts are left as they are.
    """
    link = _BLANK.sub("", link.strip())
    if not link or len(link) > URL_LIMIT:
        return ""
    if _PLAIN.fullmatch(link):
        return link
    try:
        url = urljoin(base, link)
        parts = urlsplit(url)
    except ValueError:  # an IPv6 address or a port that is none
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc or len(url) > URL_LIMIT:
        return ""
    return _UNSAFE.sub(lambda found: quote(found[0], errors="replace"), url)


def canonical_url(url: str) -> str:
    """The same address in its one spelling (RFC 3986 §6.2.2), without fragment and tracking.

    What is not an http(s) URL is given back as it is.
    """
    parts = _canonical(url)
    return parts.geturl() if parts else url


def url_key(url: str) -> str:
    """What the plain, secure, mobile and AMP addresses of one article have in common.

    A key for comparing, not an address: scheme, `www.`/`m.`/`amp.` before a host, AMP's marks and
    a last slash are gone.
    """
    parts = _canonical(_unwrapped(url))
    if parts is None:
        return url
    site = _SITE_PREFIX.sub("", parts.netloc)
    path = _AMP_PATH.sub("", parts.path).rstrip("/")
    query = _query(parts.query, lambda part: part.lower() in _AMP_PARAMETERS)
    return f"{site}{path}?{query}" if query else site + path


def _unwrapped(url: str) -> str:
    """Where a known redirector leads, if its address says so; else the URL as it is."""
    if not _WRAPPER.search(url):
        return url
    try:
        parts = urlsplit(_BLANK.sub("", url.strip()))
        named = _WRAPPERS.get(_SITE_PREFIX.sub("", parts.hostname or "") + parts.path.rstrip("/"))
        inner = parse_qs(parts.query).get(named, [""])[0] if named else ""
        return inner if urlsplit(inner).scheme in _DEFAULT_PORTS else url
    except ValueError:  # an address or a port that is none, or too many fields
        return url


def _canonical(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(_BLANK.sub("", url.strip()))
        host = _host(parts)
    except ValueError:  # an address or a port that is none
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return None
    query = _spelt(_query(parts.query, _tracks))
    return SplitResult(parts.scheme, host, _spelt(parts.path) or "/", query, "")


def _query(query: str, dropped: Callable[[str], bool]) -> str:
    return "&".join(part for part in query.split("&") if not dropped(part))


def _tracks(part: str) -> bool:
    name = part.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _host(parts: SplitResult) -> str:
    """Host and port in lower case, the scheme's own port dropped. Raises ValueError."""
    name = parts.hostname or ""
    if not name.isascii():
        name = name.encode("idna").decode("ascii")  # its UnicodeError is a ValueError
    name = name.rstrip(".")
    if ":" in name:
        name = f"[{name}]"
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    port = parts.port
    return user + name + (f":{port}" if port and port != _DEFAULT_PORTS.get(parts.scheme) else "")


def _spelt(text: str) -> str:
    """Escapes in upper case, what is not ASCII as the escapes of its UTF-8; nothing unescaped."""
    escaped = quote(_LONE.sub("\ufffd", text), safe=_KEPT)
    return _ESCAPE.sub(lambda found: found[0].upper(), escaped)
