"""alerts.secrets: a secret is nowhere but where it was asked for."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import logging
import pickle
import traceback

import pytest

from alerts.channels import channel_from
from alerts.errors import SettingsError
from alerts.secrets import Secret, redacted
from alerts.settings import (
    AppriseSettings,
    EmailSettings,
    SlackBotSettings,
    SlackSettings,
    WebhookSettings,
)
from tests.support import slack
from tests.support.clock import Clock
from tests.support.posting import poster
from tests.support.sample import alert
from tests.support.slack import Fault

WORD = "correct-horse-battery"


def test_only_reveal_gives_it_out():
    secret = Secret(WORD)
    assert secret.reveal() == WORD
    texts = [repr(secret), str(secret), f"{secret}", f"{secret:>30}", "%s %r" % (secret, secret)]  # noqa: UP031  # logging formats so
    texts += [repr([secret]), json.dumps({"x": secret}, default=str), ascii(secret)]
    assert not any(WORD in text for text in texts)
    assert all("***" in text for text in texts)
    assert not hasattr(secret, "__dict__")


def test_equality_truth_and_hash():
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert [bool(Secret(word)) for word in ("a", "")] == [True, False]
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_pickle_holds_nothing_and_says_so():
    raw = pickle.dumps(Secret(WORD))
    assert WORD.encode() not in raw
    with pytest.raises(ValueError, match="pickling"):
        pickle.loads(raw).reveal()


def test_a_copy_still_works():
    assert copy.deepcopy({"x": Secret(WORD)})["x"].reveal() == WORD
    assert copy.copy(Secret(WORD)).reveal() == WORD


def test_settings_show_no_secret():
    chat = SlackSettings(name="desk", webhook_url=Secret(f"https://hooks.example.org/{WORD}"))
    mail = EmailSettings(
        name="mail", host="mail.example.org", sender="a@example.org", to=("b@example.org",),
        username="u", password=Secret(WORD),
    )  # fmt: skip
    bot = SlackBotSettings(name="bot", token=Secret(WORD), channel="C0123456789")
    hook = WebhookSettings(
        name="hook", url=Secret(f"https://hooks.example.org/{WORD}"), secret=Secret(WORD)
    )
    phone = AppriseSettings(name="phone", apprise_url=Secret(f"json://localhost/{WORD}"))
    for settings in (chat, mail, bot, hook, phone):
        shown = (
            repr(settings)
            + repr(dataclasses.asdict(settings))
            + repr(dataclasses.replace(settings))
        )
        assert WORD not in shown
        assert "***" in shown
        for channel in channel_from(settings, poster(), Clock().now):
            assert WORD not in repr(channel) + repr(vars(channel))


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (SlackSettings, {"webhook_url": Secret(f"ftp://{WORD}")}),
        (SlackBotSettings, {"token": Secret(f"{WORD} "), "channel": "C0123456789"}),
        (SlackBotSettings, {"token": Secret(WORD), "channel": "general"}),
        (WebhookSettings, {"url": Secret(f"http://e.example/{WORD}"), "secret": Secret(WORD)}),
        (WebhookSettings, {"url": Secret("https://e.example/"), "secret": Secret(WORD[:15])}),
        (AppriseSettings, {"apprise_url": Secret(f"nothing://{WORD}")}),
        (
            EmailSettings,
            {
                "host": "mail.example.org",
                "sender": "a@example.org",
                "to": ("b@example.org",),
                "password": Secret(WORD),
            },
        ),
    ],
)
def test_settings_that_cannot_be_used_say_why_without_the_secret(kind, wrong, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingsError) as caught:
        kind(name="desk", **wrong)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert WORD[:15] not in told


URL = "https://hooks.example.org/services/T0TEAM/B0123456789/XyZ0secretXyZ0"


@pytest.mark.parametrize(
    "text",
    [
        f"404 for url '{URL}'",
        "POST /services/T0TEAM/B0123456789/XyZ0secretXyZ0 HTTP/1.1",
        "proxied https%3A%2F%2Fhooks.example.org%2Fservices%2FT0TEAM%2FB0123456789%2FXyZ0secretXyZ0",
        "token XyZ0secretXyZ0",
        "AUTH " + base64.b64encode(URL.encode()).decode(),
    ],
)
def test_redacted_knows_the_forms_a_url_takes(text):
    shown = redacted(text, Secret(URL))
    assert "XyZ0secret" not in shown
    assert "***" in shown
    assert base64.b64encode(URL.encode()).decode()[:30] not in shown


def test_redacted_leaves_other_text_alone():
    assert redacted("services are down", Secret(URL), None, Secret("")) == "services are down"


FAULTS = ["refused", "busy", "limited", "lost", "stalled", "gone", "login"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_tells_the_secret(rig, fault, caplog, capfd):
    """In receipts, logs, output and errors, at every level and for every kind of failure."""
    caplog.set_level(logging.DEBUG)
    for noisy in ("mail.log", "mail.debug"):  # the test server's own log of what it was told
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    if fault == "gone":
        rig.server.stop()
    elif fault == "login":
        rig.refuse_login()
    else:
        rig.fault(fault)
    receipt = rig.send(alert())
    assert receipt.outcome != "sent"
    output = capfd.readouterr()
    assert (
        rig.token not in repr(receipt) + repr(rig.channel) + caplog.text + output.out + output.err
    )
    assert base64.b64encode(rig.token.encode()).decode().rstrip("=") not in repr(receipt)


def test_a_transport_that_names_the_url_is_a_real_danger(slack_rig):
    """The twin without redaction: what the transport says does hold the token."""
    slack_rig.server.stop()
    try:
        slack_rig.send_raw()
    except Exception:  # noqa: BLE001  # whatever it is, its text is the point
        assert slack.TOKEN in traceback.format_exc()
    else:
        pytest.fail("nothing was raised")


def test_a_server_that_echoes_the_token_is_masked(slack_rig):
    slack_rig.server.faults.append(Fault(status=500, body=f"bad hook {slack_rig.server.url}"))
    receipt = slack_rig.send(alert())
    assert slack.TOKEN not in receipt.message
    assert "***" in receipt.message
