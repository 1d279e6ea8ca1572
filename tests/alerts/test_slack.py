"""alerts.slack: limits, escaping, and what each answer means."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import slack as module
from alerts.errors import PostError
from alerts.message import message_of
from alerts.posting import outcome_of, seconds_asked
from alerts.secrets import Secret
from alerts.settings import SlackSettings
from alerts.slack import SlackChannel, payload, plain_payload
from alerts.types import Named, PostAnswer
from tests.support import slack
from tests.support.clock import START, Clock
from tests.support.posting import poster
from tests.support.sample import alert
from tests.support.slack import Fault, SlackServer, refusal

JSON = "application/json; charset=utf-8"
URL = "https://hooks.example.org/services/T/B/x"


def refused(message: dict) -> str:
    return refusal(JSON, json.dumps(message).encode())


# ── the message ──────────────────────────────────────────────────────────────────────────────────


def test_the_message_in_full():
    message = payload(message_of(alert(in_doubt=True)))
    link = "https://news.example.org/articles/2026/11/21/tanchon?lang=en&amp;part=1"
    assert message["text"] == "(possible repeat) Tanchon Power Station project makes headway"
    assert message["blocks"][0]["text"] == {
        "type": "plain_text",
        "text": "Tanchon Power Station project makes headway",
        "emoji": False,
    }
    assert message["blocks"][1]["text"]["text"].splitlines() == [
        f"<{link}|Read it at news.example.org> (possible repeat)",
        "*Named:* Tanchon Power Station (electric power)",
        "*Source:* Example Wire (state media)",
        "*First seen:* 21 Nov 2026, 06:15 UTC",
        "*Published:* 21 Nov 2026, 06:12 UTC (as “Sat, 21 Nov 2026 15:12:00 +0900”)",
        "*Carried by:* 1 origin, 4 copies",
    ]
    assert message["blocks"][1]["text"]["verbatim"] is True
    assert message["blocks"][2]["elements"][0]["type"] == "rich_text_quote"
    assert slack.bold(message) == ["Tanchon Power Station"]
    assert message["blocks"][3]["elements"][0]["text"] == "Alert rule: power stations"


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"url": ""}, "*Named:* Tanchon Power Station (electric power)"),
        ({"url": "", "in_doubt": True}, "(possible repeat)"),
        ({"url": "https://e.example/a|b"}, "<https://e.example/a%7Cb|Read it at e.example>"),
        ({"url": "https://[2001:db8::1]:8080/"}, "<https://[2001:db8::1]:8080/|Read it at [2001:db8::1]>"),
        ({"url": "https://e.example/", "title": "T" * 151}, f"<https://e.example/|{'T' * 151}>"),
        ({"url": "https://e.example/" + "a" * 1_500}, "Tanchon Power Station project makes headway"),
    ],
)  # fmt: skip
def test_the_headline_is_said_again_only_where_it_was_cut(changes, first):
    message = payload(message_of(alert(**changes)))
    assert message["blocks"][1]["text"]["text"].splitlines()[0] == first


def test_nothing_is_fetched_for_a_preview():
    for message in (payload(message_of(alert())), plain_payload(message_of(alert()))):
        assert message["unfurl_links"] is False
        assert message["unfurl_media"] is False
        assert message["mrkdwn"] is False


def test_a_name_is_bold_within_a_korean_word():
    message = payload(message_of(alert(snippet="단천발전소는 가동", snippet_marks=((0, 5),))))
    quote = message["blocks"][2]["elements"][0]["elements"]
    assert [leaf["text"] for leaf in quote] == ["단천발전소", "는 가동"]
    assert slack.bold(message) == ["단천발전소"]


def test_without_snippet_and_rule_there_is_no_empty_block():
    message = payload(message_of(alert(snippet="", rule="", named=(), url="")))
    assert [block["type"] for block in message["blocks"]] == ["header", "section"]
    assert refused(message) == ""


def giant(text: str) -> dict:
    named = tuple(
        Named(entity=f"e{n}", name=text, sector=text, kind=text, surface=text) for n in range(9)
    )
    return {
        "title": text, "rule": text, "source": text, "source_kind": text, "named": named,
        "published_raw": text, "published_at": None, "snippet": text, "in_doubt": True,
        "snippet_marks": tuple((n * 7, n * 7 + 3) for n in range(200)),
    }  # fmt: skip


GIANTS = ["&" * 9_000, "<" * 9_000, "🏭" * 9_000, "🏭&" * 9_000, "가 " * 9_000, "a" * 9_000]


@pytest.mark.parametrize("text", GIANTS, ids=[text[:2] for text in GIANTS])
@pytest.mark.parametrize(
    "url", ["https://e.example/" + "&" * 150, "https://e.example/" + "a" * 1_900, "x"]
)
def test_the_greatest_message_is_within_every_limit(text, url):
    message = message_of(alert(url=url, **giant(text)))
    assert refused(payload(message)) == ""
    assert refused(plain_payload(message)) == ""
    assert slack.units(plain_payload(message)["text"]) <= 1_000


def test_a_long_address_is_left_out_whole():
    message = payload(message_of(alert(url="https://e.example/" + "&" * 900)))
    assert slack.controls(message) == []


ANY = st.text(st.characters(categories=None), max_size=400)


@settings(max_examples=150, deadline=None)
@given(ANY, ANY, ANY, st.lists(st.tuples(st.integers(-9, 400), st.integers(-9, 400)), max_size=9))
def test_no_text_makes_a_message_that_slack_refuses(title, snippet, url, marks):
    hostile = alert(title=title, snippet=snippet, url=f"https://e.example/{url}", rule=title,
                    source=snippet, published_raw=url, snippet_marks=tuple(marks))  # fmt: skip
    message = message_of(hostile)
    for body in (payload(message), plain_payload(message)):
        assert refused(body) == ""
        assert all(control.startswith("https://e.example/") for control in slack.controls(body))


# ── the twins: what the guards are for ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("function", "twin", "title", "problem"),
    [
        ("slack_unformatted", str, "if a < b" + " long" * 40, "invalid_payload"),
        ("slack_unformatted", str, "R&D" + " long" * 40, "invalid_payload"),
        ("shorten", lambda text, *_: text, "a" * 200, "invalid_blocks"),
        ("shorten", lambda text, limit, _: text[:limit], "🏭" * 200, "invalid_blocks"),
    ],
)
def test_without_its_guard_slack_refuses_the_message(monkeypatch, function, twin, title, problem):
    assert refused(payload(message_of(alert(title=title)))) == ""
    monkeypatch.setattr(module, function, twin)
    assert refused(payload(message_of(alert(title=title)))) == problem


@pytest.mark.parametrize("title", ["<!channel>", "<@U1>", "<#C1|x>"])
def test_without_escaping_a_headline_pings_the_channel(monkeypatch, title):
    assert "<" not in json.dumps(payload(message_of(alert(title=title, url=""))))
    for name in ("slack_unformatted", "slack_literal", "slack_escaped"):
        monkeypatch.setattr(module, name, str)
    message = payload(message_of(alert(title=title, url="")))
    assert refused(message) == ""  # Slack takes it
    assert title[1:-1] in slack.controls(message)  # and does what it says


# ── the dialogue ─────────────────────────────────────────────────────────────────────────────────


def test_blocks_that_are_refused_are_sent_once_more_as_text(slack_rig):
    slack_rig.server.faults.append(Fault(status=400, body="invalid_blocks"))
    assert slack_rig.send(alert()).outcome == "sent"
    (message,) = slack_rig.server.accepted
    assert "blocks" not in message
    assert message["text"].startswith("Tanchon Power Station project makes headway\nhttps://news")
    assert slack_rig.clock.slept == [1.0]  # between the two


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        (Fault(status=400, body="invalid_payload"), "refused"),
        (Fault(status=429, headers={"Retry-After": "9"}), "later"),
        (Fault(accept=True, drop=True), "in-doubt"),
    ],
)
def test_the_second_answer_counts(slack_rig, second, outcome):
    slack_rig.server.faults += [Fault(status=400, body="invalid_blocks"), second]
    assert slack_rig.send(alert()).outcome == outcome
    assert len(slack_rig.server.posts) == 2


def test_a_wrong_token_is_refused(slack_rig):
    broken = SlackSettings(name="desk", webhook_url=Secret(slack_rig.server.url + "x"))
    channel = SlackChannel(broken, slack_rig.channel._post, slack_rig.clock.now)
    receipt = asyncio.run(channel.send(alert()))
    assert (receipt.outcome, receipt.message) == ("refused", "Slack answered 404: no_service")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, "sent") for status in (200, 204)),
        *((status, "refused") for status in (400, 401, 403, 404, 405, 410, 413)),
        *((status, "later") for status in (408, 425, 429, 500, 502, 503, 504, 599)),
        *((status, "later") for status in (100, 301, 302, 307, 304)),
    ],
)
def test_outcomes(status, outcome):
    assert outcome_of(status) == outcome


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        (" 0 ", 0.0),
        ("9" * 400, 1e9),
        ("Sat, 21 Nov 2026 06:16:00 GMT", 60.0),
        ("Sat, 21 Nov 2026 06:16:00 -0000", 60.0),
        ("Sat, 21 Nov 2026 06:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - START).total_seconds()),
        *((junk, None) for junk in ("", "soon", "-1", "1.5", "inf", "nan", "३", "²", "Sat, 99 Nov 2026 06:16:00 GMT")),
    ],
)  # fmt: skip
def test_retry_after(value, seconds):
    assert seconds_asked(value, START) == seconds


def answering(post, **more) -> SlackChannel:
    clock = Clock()
    settings = SlackSettings(name="desk", webhook_url=Secret(URL))
    return SlackChannel(settings, post, clock.now, sleep=clock.sleep, **more)


@pytest.mark.parametrize(("maybe_sent", "outcome"), [(True, "in-doubt"), (False, "later")])
def test_no_answer_is_doubt_only_if_something_was_sent(maybe_sent, outcome):
    async def post(url, body, headers):
        raise PostError("timeout", f"for {url}\nagain", maybe_sent=maybe_sent)

    receipt = asyncio.run(answering(post).send(alert()))
    assert receipt.outcome == outcome
    assert receipt.message == "timeout: for *** again"


def test_a_transport_that_never_returns_is_given_up():
    async def post(url, body, headers):
        await asyncio.Event().wait()

    receipt = asyncio.run(answering(post, deadline=0.05).send(alert()))
    assert (receipt.outcome, receipt.message) == ("in-doubt", "no answer within 0.05 s")


def test_what_is_posted():
    seen = []

    async def post(url, body, headers):
        seen.append((url, json.loads(body), dict(headers)))
        return PostAnswer(status=200, headers={}, body="ok")

    assert asyncio.run(answering(post).send(alert())).outcome == "sent"
    ((url, body, headers),) = seen
    assert url == URL
    assert body == payload(message_of(alert()))
    assert headers == {"content-type": JSON}


def test_the_fake_is_as_strict_as_it_says():
    """The rules that the other tests lean on, each broken once."""
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    empty = {"type": "section", "text": {"type": "mrkdwn", "text": ""}}
    assert refused({"text": "x", "blocks": [section]}) == ""
    assert refused({"blocks": [section] * 51}) == "invalid_blocks"
    assert refused({"blocks": [header]}) == "invalid_blocks"
    assert refused({"blocks": [long]}) == "invalid_blocks"
    assert refused({"blocks": [empty]}) == "invalid_blocks"
    assert refused({"blocks": [{"type": "poem"}]}) == "invalid_blocks"
    assert refused({"text": ""}) == "no_text"
    assert refused({"text": "x" * 10_001}) == "msg_blocks_too_long"
    assert refused({"text": "a < b"}) == "invalid_payload"
    assert refused({"text": "<not a link>"}) == "invalid_payload"
    assert refused({"text": "<https://e.example|x> <@U1> &amp;"}) == ""
    assert refusal("text/plain", b"{}") == "invalid_payload"
    assert refusal(JSON, b"not json") == "invalid_payload"


def test_the_fake_takes_one_message_a_second():
    clock = Clock()
    with SlackServer(clock.monotonic) as server:
        settings = SlackSettings(name="desk", webhook_url=Secret(server.url))
        channel = SlackChannel(settings, poster(), clock.now, sleep=clock.sleep)
        first, second = (asyncio.run(channel.send(alert())) for _ in range(2))
        clock.seconds += 1
        third = asyncio.run(channel.send(alert()))
    assert [first.outcome, second.outcome, third.outcome] == ["sent", "later", "sent"]
    assert second.retry_after == 30.0
