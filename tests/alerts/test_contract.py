"""What every channel owes the outbox: one suite for all of them."""

from __future__ import annotations

import pytest

from alerts.types import Named
from tests.support.injections import HOSTILE, RTL
from tests.support.sample import DEFAULTS, alert


def test_an_alert_arrives_with_everything_it_says(rig):
    receipt = rig.send(alert())
    (arrival,) = rig.arrivals()
    assert (receipt.alert, receipt.outcome, receipt.message) == (7, "sent", "")
    for words in (
        "Tanchon Power Station project makes headway",
        "Tanchon Power Station (electric power)",
        "Example Wire (state media)",
        "21 Nov 2026, 06:15 UTC",
        "21 Nov 2026, 06:12 UTC (as “Sat, 21 Nov 2026 15:12:00 +0900”)",
        "1 origin, 4 copies",
        "builders completed a section",
        "power stations",
    ):
        assert words in arrival.text
    assert set(arrival.links) == {DEFAULTS["url"]}
    assert arrival.active == []
    assert "possible repeat" not in arrival.text


@pytest.mark.parametrize(
    ("fault", "outcome", "words", "retry_after"),
    [
        ("refused", "refused", {"archived", "no such mailbox", "error=410"}, {None}),
        ("busy", "later", {"503", "451"}, {None}),
        ("limited", "later", {"429", "421"}, {42.0, None}),
        (
            "lost",
            "in-doubt",
            {"broke off", "lost", "Connection aborted", "RemoteDisconnected"},
            {None},
        ),
        ("stalled", "in-doubt", {"no answer", "lost", "Read timed out"}, {None}),
    ],
)
def test_a_failure_is_told_for_what_it_is(rig, fault, outcome, words, retry_after):
    rig.fault(fault)
    receipt = rig.send(alert())
    assert receipt.outcome == outcome
    assert any(word in receipt.message for word in words), receipt.message
    assert receipt.retry_after in retry_after
    assert len(rig.arrivals()) == (outcome == "in-doubt")


@pytest.mark.parametrize("fault", ["busy", "limited", "lost", "stalled"])
def test_a_fault_that_is_over_leaves_nothing_behind(rig, fault):
    rig.fault(fault)
    rig.send(alert())
    assert rig.send(alert(attempts=1)).outcome == "sent"


@pytest.mark.parametrize("fault", ["lost", "stalled"])
def test_a_repeat_in_doubt_is_marked_and_keeps_its_key(rig, fault):
    rig.fault(fault)
    assert rig.send(alert()).outcome == "in-doubt"
    assert rig.send(alert(attempts=1, in_doubt=True)).outcome == "sent"
    first, second = rig.arrivals()
    assert "(possible repeat)" not in first.text
    assert "(possible repeat)" in second.text
    assert first.key == second.key


def test_a_server_that_is_not_there_is_tried_later(rig):
    rig.server.stop()
    receipt = rig.send(alert())
    assert receipt.outcome == "later"
    assert "connect" in receipt.message.lower()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_a_feed_writes_arrives_inert(rig, text):
    named = Named(entity="e", name=text, sector=text, kind=text, surface=text + "x")
    hostile = alert(
        rule=text, title=text, source=text, source_kind=text, language=text,
        published_raw=text, published_at=None, named=(named,) * 3,
        snippet=text, snippet_marks=((0, 3), (2, 9), (-4, 10**9), (5, 1)),
    )  # fmt: skip
    assert rig.send(hostile).outcome == "sent"
    (arrival,) = rig.arrivals()
    assert arrival.active == []
    assert all(link.startswith("https://news.example.org/") for link in arrival.links)
    unseen = set(map(chr, [*range(9), *range(11, 32), *range(127, 160)])) | set(
        "\u2028\u2029\u200b"
    )
    assert not set(arrival.text) & (
        unseen | {RTL, "\ud800"} | set("\u200e\u200f\u061c\u2067\u2069")
    )
    assert len(arrival.text) < 40_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\u2028two", "one two"),
        ("one\r\nBcc: boss@example.com", "one Bcc: boss@example.com"),
        ("Q&A at R&D", "Q&A at R&D"),
        ("a|b", "a|b"),
        ("熙川3号発電所 단천발전소 Хичхонская ГЭС", "熙川3号発電所 단천발전소 Хичхонская ГЭС"),
        ("&lt;b&gt; is bold", "&lt;b&gt; is bold"),
        ("if a < b > c", "if a < b > c"),
        ("<!channel> look", "<!channel> look"),
        ("<@U1> look", "<@U1> look"),
        ("javascript:alert(1) is said", "javascript:alert(1) is said"),
        (f"invoice {RTL}fdp.exe", "invoice fdp.exe"),
        ("\u2067\u200fmine\u2069 opens", "mine opens"),
        ("one\u2029two\x85three", "one two three"),
        pytest.param("단천발전소 " * 2_000_000, "단천발전소 단천발전소 단천발전소", id="long"),
    ],
)
def test_and_readable(rig, text, shown):
    rig.send(alert(title=text, snippet=""))
    (arrival,) = rig.arrivals()
    assert shown in arrival.text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "https://bank.example@evil.example/",
        "file:///etc/passwd",
        "//evil.example/",
        "https://",
        "https://e.example/" + "a" * 3_000,
    ],
)
def test_an_address_that_is_no_plain_web_address_is_no_link(rig, url):
    assert rig.send(alert(url=url)).outcome == "sent"
    (arrival,) = rig.arrivals()
    assert arrival.links == []
    assert "left out: not a plain http(s) address" in arrival.text


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://e.example/a b|c", "https://e.example/a%20b%7Cc"),
        ("https://e.example/<!channel>", "https://e.example/%3C!channel%3E"),
        ('https://e.example/"onclick=', "https://e.example/%22onclick="),
        ("https://e.example/a\r\nBcc: x", "https://e.example/a%0D%0ABcc:%20x"),
        ("https://e.example/기사", "https://e.example/%EA%B8%B0%EC%82%AC"),
    ],
)
def test_an_address_cannot_leave_its_link(rig, url, link):
    rig.send(alert(url=url))
    (arrival,) = rig.arrivals()
    assert set(arrival.links) == {link}
    assert arrival.active == []


def test_no_address_is_no_link(rig):
    rig.send(alert(url=""))
    (arrival,) = rig.arrivals()
    assert arrival.links == []
    assert "left out" not in arrival.text
