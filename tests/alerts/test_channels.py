"""What only one channel does: threads by Slack's bot, signatures by the webhook."""

from __future__ import annotations

import base64
import json

import pytest

from alerts import settings as s
from alerts.errors import SettingsError
from alerts.secrets import Secret
from alerts.webhook import signed
from tests.support import hook, slack
from tests.support.clock import START
from tests.support.sample import alert
from tests.support.slack import Fault


class TestThreads:
    def test_later_alerts_stand_under_the_first(self, bot_rig) -> None:
        first = bot_rig.send(alert())
        later = bot_rig.send(alert(thread=first.thread, news="An edit added Arin Dam."))
        assert first.thread == later.thread == "1795000000.000000"
        assert [m.get("thread_ts") for m in bot_rig.server.accepted] == [None, first.thread]
        assert "An edit added Arin Dam." in slack.shown(bot_rig.server.accepted[1])

    def test_a_thread_that_was_deleted_begins_anew(self, bot_rig) -> None:
        receipt = bot_rig.send(alert(thread="1700000000.000001"))
        assert (receipt.outcome, receipt.thread) == ("sent", "1795000000.000000")

    def test_without_blocks_where_they_are_refused(self, bot_rig) -> None:
        bot_rig.server.faults.append(hook.no("invalid_blocks"))
        assert bot_rig.send(alert()).outcome == "sent"
        (message,) = bot_rig.server.accepted
        assert "blocks" not in message
        assert bot_rig.clock.slept == [1.0]

    def test_both_at_once(self, bot_rig) -> None:
        bot_rig.server.faults.append(hook.no("msg_blocks_too_long"))
        assert bot_rig.send(alert(thread="1700000000.000001")).outcome == "sent"

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            ("channel_not_found", "refused"),
            ("not_in_channel", "refused"),
            ("invalid_auth", "refused"),
            ("ratelimited", "later"),
            ("service_unavailable", "later"),
            ("internal_error", "in-doubt"),
            ("fatal_error", "in-doubt"),
        ],
    )
    def test_errors(self, bot_rig, error: str, outcome: str) -> None:
        bot_rig.server.faults.append(hook.no(error))
        receipt = bot_rig.send(alert())
        assert (receipt.outcome, receipt.message) == (outcome, f"Slack answered {error}")

    def test_an_answer_that_is_none_of_slacks(self, bot_rig) -> None:
        bot_rig.server.faults.append(Fault(body="<html>proxy</html>"))
        assert bot_rig.send(alert()).outcome == "in-doubt"

    def test_a_long_answer_is_understood(self, bot_rig) -> None:
        """Answers are cut at 2,000 characters, and Slack repeats the message in its own."""
        receipt = bot_rig.send(alert(snippet="word " * 500, snippet_marks=()))
        assert (receipt.outcome, receipt.thread) == ("sent", "1795000000.000000")


class TestWebhook:
    def test_what_programs_read(self, hook_rig) -> None:
        hook_rig.send(alert(relation="edit", news="An edit added it."))
        (told,) = hook_rig.server.accepted
        assert told["type"] == "alert"
        assert (told["version"], told["rule"], told["relation"]) == (1, "power stations", "edit")
        assert (told["story"], told["origins"], told["copies"]) == (3, 1, 4)
        assert told["first_seen_at"] == "2026-11-21T06:15:00+00:00"
        assert told["named"][0]["entity"] == "tanchon-power-station"
        ((start, end),) = told["snippet_marks"]
        assert told["snippet"][start:end] == "Tanchon Power Station"
        assert told["possible_repeat"] is False

    def test_a_digest(self, hook_rig) -> None:
        hook_rig.send(alert(parts=(alert(id=1), alert(id=2)), batch="why", key="one-key"))
        (told,) = hook_rig.server.accepted
        assert (told["type"], told["title"]) == ("digest", "2 alerts: power stations")
        assert [one["id"] for one in told["alerts"]] == [1, 2]
        assert told["why"] == "why"

    def test_another_key_is_refused(self, hook_rig) -> None:
        hook_rig.channel._secret = Secret("another-key-of-some-length")
        assert hook_rig.send(alert()).outcome == "refused"

    def test_the_signature_of_the_specification(self) -> None:
        """The example of the Standard Webhooks libraries."""
        secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        headers = signed(
            b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek",
            START.fromtimestamp(1614265330, START.tzinfo), secret,
        )  # fmt: skip
        assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_a_key_that_is_no_base64_is_taken_as_it_is(self) -> None:
        headers = signed(b"{}", "k", START, Secret("whsec_***not base64***"))
        assert len(base64.b64decode(headers["webhook-signature"].removeprefix("v1,"))) == 32


@pytest.mark.parametrize("rig_name", ["bot_rig", "hook_rig", "apprise_rig"])
def test_no_receipt_holds_a_secret(rig_name: str, request, caplog) -> None:
    rig = request.getfixturevalue(rig_name)
    rig.refuse_login()
    receipts = [rig.send(alert())]
    for fault in ("refused", "busy", "limited", "lost", "stalled"):
        rig.fault(fault)
        receipts.append(rig.send(alert()))
    rig.server.stop()
    receipts.append(rig.send(alert()))
    told = json.dumps([r.message for r in receipts]) + repr(vars(rig.channel)) + caplog.text
    assert receipts[0].outcome == "refused"
    for secret in (hook.BOT_TOKEN, hook.KEY, hook.PATH_TOKEN):
        assert secret not in told


KEY = Secret(hook.KEY)
HTTPS = Secret("https://hook.example.org/x")


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: s.SlackBotSettings(name="a", token=KEY, channel="#general"), "channel"),
        (lambda: s.SlackBotSettings(name="a", token=Secret("x\ny"), channel=hook.ROOM), "token"),
        (
            lambda: s.SlackBotSettings(name="a", token=KEY, channel=hook.ROOM, api_url="x"),
            "api_url",
        ),
        (lambda: s.WebhookSettings(name="a", url=Secret("http://e.example"), secret=KEY), "url"),
        (lambda: s.WebhookSettings(name="a", url=HTTPS, secret=Secret("short")), "secret"),
        (lambda: s.WebhookSettings(name="a b", url=HTTPS, secret=KEY), "name"),
    ],
)
def test_settings_that_cannot_work(make, key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make()
    assert caught.value.key == key
    assert hook.KEY not in str(caught.value)


def test_apprise_is_asked_for_by_name_where_it_is_not_installed(monkeypatch) -> None:
    monkeypatch.setattr(s, "is_installed", lambda: False)
    with pytest.raises(SettingsError, match=r"pip install 'wirewatch\[apprise\]'"):
        s.AppriseSettings(name="phone", apprise_url=Secret("ntfy://topic"))


def test_apprise_must_know_the_address() -> None:
    pytest.importorskip("apprise")
    with pytest.raises(SettingsError, match="Apprise knows"):
        s.AppriseSettings(name="phone", apprise_url=Secret("nonsense-of-mine"))
