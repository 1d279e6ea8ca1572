"""Who a URL belongs to: the key by which requests are spaced out, so that nobody is crowded."""

from __future__ import annotations

from functools import cache, lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


def host_key(url: str) -> str:
    """The registrable domain of `url`'s host, or its IP address; "" if it has no host.

    `news.kbs.co.kr` and `www.kbs.co.kr` share `kbs.co.kr`. Blogs under a shared suffix
    (`a.github.io`) belong to different people and have a key each. Not for judging safety.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return registrable_domain(host)


@lru_cache(maxsize=10_000)  # 10 µs each, asked at every poll
def registrable_domain(host: str) -> str:
    """The part of `host` that someone registered (public suffix and one label), in ASCII.

    An IP address stands for itself; a host with no public suffix (`localhost`, `co.kr`) too.
    """
    name = host.strip().rstrip(".").lower()
    try:
        return ip_address(name.strip("[]")).compressed
    except ValueError:
        pass
    name = _ascii(name)
    return _suffixes().privatesuffix(name) or name


def _ascii(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


@cache
def _suffixes() -> PublicSuffixList:
    """The list as the package carries it: 60 ms to read, so only when first asked for."""
    return PublicSuffixList()
