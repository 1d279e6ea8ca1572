"""What some sites ask for: a password, a header, a cookie, or the way through a proxy.

It belongs to places, not to requests: what is sent to one is never sent to another, wherever a
redirect leads (RFC 9110 §15.4 asks no less).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from feeds.fields import Fields

EVERYWHERE = "*"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a site is asked with. Nothing of it is in a `repr`: it may be a secret."""

    name: str
    sites: tuple[str, ...]  # URLs: all that begins with one; EVERYWHERE for a proxy
    fields: Fields = field(default=(), repr=False)
    proxy: str = field(default="", repr=False)  # URL, with a user name and password if it has any


_Place = tuple[str, str, int | None, str]  # scheme, host, port, path


class Keys:
    """Every access of a configuration, found by the URL that is asked."""

    def __init__(self, accesses: Sequence[Access] = ()) -> None:
        """The longest place that fits counts; of two of the same length the first."""
        places = [(_place(site), access) for access in accesses for site in access.sites]
        self._places = sorted(places, key=lambda place: -len(place[0][3]))

    def fields(self, url: str) -> Fields:
        """Header fields that go with a request to `url`."""
        if not self._places:
            return ()
        return next((access.fields for access in self._for(url) if access.fields), ())

    def proxy(self, url: str) -> str:
        """URL of the proxy that leads to `url`; "" for none."""
        if not self._places:
            return ""
        return next((access.proxy for access in self._for(url) if access.proxy), "")

    def _for(self, url: str) -> list[Access]:
        asked = _place(url)
        return [access for place, access in self._places if _within(asked, place)]


def _place(url: str) -> _Place:
    if url == EVERYWHERE:
        return ("", "", None, "")
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    port = parts.port or _PORTS.get(scheme)
    return (scheme, (parts.hostname or "").rstrip("."), port, parts.path.rstrip("/"))


def _within(asked: _Place, place: _Place) -> bool:
    """Whether a place holds another; /news holds /news/today, and not /newsletter."""
    if place[:3] == ("", "", None):
        return True
    return asked[:3] == place[:3] and f"{asked[3]}/".startswith(f"{place[3]}/")
