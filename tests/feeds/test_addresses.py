"""Which addresses are public. The table is the specification."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from feeds.addresses import refusal

NON_PUBLIC = {
    "0.0.0.0": "this network",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "100.64.0.1": "shared by a carrier's customers",
    "100.100.100.200": "shared by a carrier's customers",  # a cloud's metadata
    "100.127.255.255": "shared by a carrier's customers",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "a cloud's platform service",
    "169.254.0.1": "link-local",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "reserved for protocols",
    "192.0.0.192": "reserved for protocols",  # another cloud's metadata
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.51.100.7": "documentation",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "IPv4-compatible",
    "::8.8.8.8": "IPv4-compatible",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:100.64.0.1": "shared by a carrier's customers",
    "::ffff:169.254.169.254": "link-local",
    "::ffff:0:127.0.0.1": "reserved",  # IPv4-translated, RFC 2765
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b::808:808": "NAT64",
    "64:ff9b:1::1": "NAT64",
    "100::1": "reserved",  # discard only
    "2001::1": "Teredo",
    "2001:0:7f00:1::": "Teredo",
    "2001:2::1": "reserved for protocols",  # benchmarking
    "2001:10::1": "reserved for protocols",  # ORCHID
    "2001:20::1": "reserved for protocols",  # ORCHIDv2
    "2001:db8::1": "documentation",
    "2002:7f00:1::1": "6to4",
    "2002:a00:1::": "6to4",
    "3fff::1": "documentation",
    "4000::1": "reserved",
    "5f00::1": "reserved",  # segment routing
    "fc00::1": "private",
    "fd00:ec2::254": "private",  # a cloud's metadata
    "fe80::1": "link-local",
    "fe80::1%eth0": "bound to one interface",
    "2606:2800:220:1::1%1": "bound to one interface",
    "::ffff:8.8.8.8%1": "bound to one interface",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "": "not an IP address",
    "example.org": "not an IP address",
    "127.1": "not an IP address",
    "2130706433": "not an IP address",
}

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.17",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.1",
    "175.45.176.1",  # the DPRK's own range
    "192.0.1.1",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2400:cb00::1",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001::1",
    "3ffe:ffff::1",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize(("address", "kind"), NON_PUBLIC.items())
def test_what_is_not_public_is_refused_by_name(address, kind):
    assert refusal(address) == kind


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_passes(address):
    assert refusal(address) == ""


def test_the_tables_are_as_long_as_they_must_be():
    assert len(NON_PUBLIC) >= 40
    assert len(PUBLIC) >= 15


def test_python_s_own_judgement_would_let_some_in():
    """Why there is a list of our own: the standard library passes a part of the table."""
    passed = [address for address in NON_PUBLIC if _is_global(address)]
    assert "2002:7f00:1::1" in passed or "64:ff9b::7f00:1" in passed
    assert "224.0.0.1" in passed


def _is_global(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return False
