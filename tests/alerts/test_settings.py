"""alerts.settings and alerts.channels: settings that cannot work are named before anything starts."""

from __future__ import annotations

import pytest

from alerts.channels import channel_from, channel_names
from alerts.errors import SettingsError
from alerts.secrets import Secret
from alerts.settings import EmailSettings, SlackSettings
from tests.support.clock import Clock
from tests.support.posting import poster

MAIL = {
    "name": "mail",
    "host": "mail.example.org",
    "sender": "desk@example.org",
    "to": ("a@example.org",),
}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "a:b"}, "name"),  # would look like a recipient's channel
        ({"name": "a\n"}, "name"),
        ({"host": ""}, "host"),
        ({"host": "mail.example.org\r\nX"}, "host"),
        ({"host": "mail..example.org"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"security": "ssl"}, "security"),
        ({"sender": "desk"}, "sender"),
        ({"sender": "стол@example.org"}, "sender"),
        ({"to": ()}, "to"),
        ({"to": ("a@example.org", "A@example.org")}, "to"),
        ({"to": ("a@example.org\nBcc: b@example.org",)}, "to"),
        ({"to": ("A <a@example.org>",)}, "to"),
        ({"to": ("a" * 65 + "@example.org",)}, "to"),
        ({"username": "u"}, "password"),
        ({"password": Secret("p")}, "password"),
        ({"username": "u", "password": Secret("p"), "security": "none"}, "security"),
        ({"timeout": 0}, "timeout"),
        ({"data_timeout": -1}, "data_timeout"),
    ],
)
def test_mail_settings_that_cannot_work(changes, key):
    with pytest.raises(SettingsError) as caught:
        EmailSettings(**{**MAIL, **changes})
    assert caught.value.key == key
    assert str(caught.value).startswith(f"channel {caught.value.channel!r}: {key}: ")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sender": "Wirewatch <desk@example.org>"},
        {"host": "192.0.2.1"},
        {"host": "2001:db8::1"},
        {"security": "none"},
        {"security": "tls", "username": "u", "password": Secret("p")},
        {"to": ("a+b@sub.example.org", "c@localhost")},
    ],
)
def test_mail_settings_that_can(changes):
    assert EmailSettings(**{**MAIL, **changes})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org",
        "http://hooks.example.org/x",
        "file:///x",
        "https://",
        "https://[x",
        "ftp://127.0.0.1/",
    ],
)
def test_a_webhook_is_an_https_address(url):
    with pytest.raises(SettingsError) as caught:
        SlackSettings(name="desk", webhook_url=Secret(url))
    assert str(caught.value) == "channel 'desk': webhook_url: is not an https address"


@pytest.mark.parametrize(
    "url", ["https://hooks.example.org/x", "http://127.0.0.1:1/x", "http://[::1]/x"]
)
def test_or_on_this_machine(url):
    assert SlackSettings(name="desk", webhook_url=Secret(url))


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (SlackSettings(name="desk", webhook_url=Secret("https://h.example.org/x")), ("desk",)),
        (EmailSettings(**MAIL), ("mail:a@example.org",)),
        (
            EmailSettings(**{**MAIL, "to": ("b@example.org", "a@example.org")}),
            ("mail:b@example.org", "mail:a@example.org"),
        ),
    ],
)
def test_a_channel_for_every_name(settings, names):
    assert channel_names(settings) == names
    channels = channel_from(settings, poster(), Clock().now)
    assert tuple(channel.name for channel in channels) == names
    assert all(channel.gap == 1.0 for channel in channels)
