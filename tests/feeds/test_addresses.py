"""Which addresses are public. The table is the specification."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from feeds.addresses import refusal
from tests.support.addresses import NON_PUBLIC

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
