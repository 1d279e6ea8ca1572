"""Header fields: bytes on the wire, text in the program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from string import printable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from feeds.errors import TransferError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Fields = Sequence[tuple[bytes, bytes]]
"""Header fields of a request, in order."""


def encoded(headers: Mapping[str, str]) -> Fields:
    """Fields for the wire. Raises TransferError("protocol") for what HTTP cannot carry."""
    try:
        return [(name.encode("ascii"), text.encode("latin-1")) for name, text in headers.items()]
    except UnicodeEncodeError:  # never quoted: it may be a token
        message = "a header has characters that HTTP cannot carry"
        raise TransferError("protocol", message) from None


def joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Text by name in lower case; repeated fields joined by commas (RFC 9110 §5.2).

    Read as Latin-1, which loses no byte: a validator can be sent back as it came.
    """
    found: dict[str, str] = {}
    for field, text in raw:
        name, value = field.decode("latin-1").lower(), text.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def unmangled(text: str) -> str:
    """A Location out of `joined` that may hold raw bytes: UTF-8 read as such, others escaped."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return quote(text, safe=printable, encoding="latin-1")


def user_agent(contact: str) -> str:
    """Who asks, and where a publisher can complain about it."""
    try:
        release = version("wirewatch")
    except PackageNotFoundError:  # run from a checkout
        release = "0"
    contact = re.sub(r"[^ -~]", "", contact)
    return f"wirewatch/{release} (+{contact})" if contact else f"wirewatch/{release}"


SENDING = "http11.send_request_headers.started"  # an event of httpcore's "trace" extension


class Started:
    """Whether a request has begun to leave: from then on it may have arrived."""

    sending = False

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Take an event of httpcore's "trace" extension."""
        if event == SENDING:
            self.sending = True
