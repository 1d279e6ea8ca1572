"""Which IP addresses a feed may be fetched from: those of the public internet, and no other.

The list is our own: `ipaddress.is_global` of Python 3.11 passes 64:ff9b::7f00:1, 2002:7f00:1::,
::127.0.0.1 and 224.0.0.1, and what it passes differs from version to version.
Sources: the IANA special-purpose address registries (RFC 6890), IPv4 and IPv6.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_IPV4 = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier's customers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's platform service"),  # public by number, Azure's own by use
        ("169.254.0.0/16", "link-local"),  # 169.254.169.254: metadata of most clouds
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),  # 255.255.255.255 too
    )
)

# The part of IPv6 that is handed out at all (RFC 4291 §2.4); all else is refused unseen.
_IPV6_UNICAST = IPv6Network("2000::/3")
_IPV6 = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),  # RFC 9637
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)


def refusal(address: str) -> str:
    """Say why `address` is not public ("loopback", "private", …); "" if it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "not an IP address"
    if isinstance(parsed, IPv4Address):
        return _refusal_of_ipv4(parsed)
    if parsed.ipv4_mapped is not None and parsed.scope_id is None:
        return _refusal_of_ipv4(parsed.ipv4_mapped)  # the kernel dials the IPv4 address inside
    return _refusal_of_ipv6(parsed)


def _refusal_of_ipv4(address: IPv4Address) -> str:
    return next((kind for network, kind in _IPV4 if address in network), "")


def _refusal_of_ipv6(address: IPv6Address) -> str:
    if address.scope_id is not None:
        return "bound to one interface"
    kind = next((kind for network, kind in _IPV6 if address in network), "")
    return kind or ("" if address in _IPV6_UNICAST else "reserved")
