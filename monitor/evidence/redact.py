"""Secrets taken out of what is archived: evidence is handed on, an access key is not.

Only what we sent is touched, and where a server repeats it in its answer's fields. The body is the
publisher's and stays as it came. Pure.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus, urlsplit

MARK = "REDACTED"
LEAST = 4  # characters; a shorter value would be found by chance in any field

# Names of query parameters that grant access. "key" alone, since keyword and monkey are none.
_SECRET = re.compile(
    r"(.*[-_.])?(api)?(key|sig|sid|auth|pass|pwd|jwt|session)"
    r"|.*(token|secret|password|passwd|passphrase|apikey|accesskey|signature|credentials?"
    r"|sessionid|authorization)",
    re.IGNORECASE,
)
_FIELDS = re.compile(
    rb"^(authorization|proxy-authorization|cookie2?|[^:\s]*(?:token|secret|api-?key)[^:\s]*):.*$",
    re.IGNORECASE | re.MULTILINE,
)


def secrets_of(url: str) -> frozenset[str]:
    """The secret values in an address, as they are written there."""
    try:
        parts = urlsplit(url)
        found = [part for part in (parts.password, parts.username) if part]
    except ValueError:
        return frozenset()
    for pair in re.split("[&;]", parts.query):
        name, equals, value = pair.partition("=")
        if equals and value and _SECRET.fullmatch(unquote_plus(name)):
            found.append(value)
    return frozenset(found)


def redacted(text: str, secrets: frozenset[str]) -> str:
    """`text` without those values: an address, most likely."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(rf"(?<=[=/:@]){re.escape(secret)}(?=[&;#@:/\s]|$)", MARK, text)
    return text


def redacted_head(head: bytes, secrets: frozenset[str]) -> bytes:
    """A request's or an answer's head without secrets, with its fields in their places."""
    head = redacted(head.decode("latin-1"), secrets).encode("latin-1")
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= LEAST:
            head = head.replace(secret.encode("latin-1", "replace"), MARK.encode())
            head = head.replace(unquote_plus(secret).encode("latin-1", "replace"), MARK.encode())
    return head


def redacted_request(head: bytes, secrets: frozenset[str]) -> bytes:
    """A request's head without secrets: those of its address, and fields that log in."""
    fields = head.replace(b"\r\n", b"\n")
    fields = _FIELDS.sub(lambda found: found[1] + b": " + MARK.encode(), fields)
    return redacted_head(fields.replace(b"\n", b"\r\n"), secrets)
