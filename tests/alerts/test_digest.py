"""Digests: counted and named, in Slack and by mail, inert like any other message."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy

import pytest

from alerts import mail_digest
from alerts.letter import letter
from alerts.message import MOST_COUNTED, digest_of
from alerts.secrets import Secret
from alerts.settings import EmailSettings, SlackSettings
from alerts.slack import SlackChannel, digest_payload, plain_digest
from alerts.types import Alert, Named
from tests.support import slack
from tests.support.clock import START, Clock
from tests.support.posting import poster
from tests.support.sample import alert
from tests.support.slack import Fault, SlackServer
from tests.support.smtp import Page, parts

ANALYST = "analyst@example.org"


def digest(count: int, **changes: object) -> Alert:
    members = tuple(
        alert(
            id=n, **{"title": f"Story {n} of the day", "url": f"https://e.example/{n}", **changes}
        )
        for n in range(1, count + 1)
    )
    return alert(parts=members, batch="digest of power stations, due 2026-11-21T22:00:00.000Z")


def named(name: str) -> Named:
    return Named(entity=name, name=name, sector="s", kind="k", surface=name)


def test_title_and_counts() -> None:
    first = alert(named=(named("Arin Dam"), named("Arin Dam"), named("Bolu Mine")))
    members = (first, alert(named=(named("Arin Dam"),)), alert(rule="mines", named=()))
    made = digest_of(alert(parts=members))
    assert made.title == "3 alerts: power stations, mines"
    assert made.counts == (("Arin Dam", 2), ("Bolu Mine", 1))
    many = tuple(alert(rule=f"r{n}", named=(named(f"e{n}"),)) for n in range(30))
    made = digest_of(alert(parts=many))
    assert made.title == "30 alerts: r0, r1, r2 and 27 more rules"
    assert len(made.counts) == MOST_COUNTED


@pytest.mark.parametrize("count", [2, 40, 41, 300])
@pytest.mark.parametrize("text", ["plain", "<!channel> & *b* " * 40, "기사 " * 500, "🏭" * 900])
def test_slack_takes_it_whatever_its_length(count: int, text: str) -> None:
    made = digest_of(digest(count, title=text, source=text, rule=text))
    for payload in (digest_payload(made), plain_digest(made)):
        slack._check(payload)
        assert not [c for c in slack.controls(payload) if not c.startswith("http")]
    words = slack.shown(digest_payload(made))
    shown = sum(block["type"] == "section" for block in digest_payload(made)["blocks"])
    assert shown
    assert (f"And {count - shown} more" in words) == (shown < count)
    assert f"{count} alerts" in words


def test_slack_sends_it_and_the_short_form_where_blocks_are_refused() -> None:
    with SlackServer() as server:
        clock = Clock()
        settings = SlackSettings(name="desk", webhook_url=Secret(server.url))
        channel = SlackChannel(settings, poster(), clock.now, sleep=clock.sleep)
        assert asyncio.run(channel.send(digest(3))).outcome == "sent"
        server.faults.append(Fault(status=400, body="invalid_blocks"))
        assert asyncio.run(channel.send(digest(3))).outcome == "sent"
        full, short = server.accepted
    for n in (1, 2, 3):
        assert f"Story {n} of the day" in slack.shown(full)
        assert f"Story {n} of the day" in slack.shown(short)
    assert "due 21 Nov 2026, 22:00 UTC" in slack.shown(full)
    assert "blocks" not in short


def mail(alert: Alert):
    settings = EmailSettings(
        name="desk", host="localhost", sender="Watch <watch@example.org>", to=(ANALYST,)
    )
    raw = letter(alert, settings, ANALYST, START).as_bytes()
    return message_from_bytes(raw, policy=policy.default)


def test_mail_has_contents_and_every_story() -> None:
    message = mail(digest(3))
    text, source = parts(message)
    page = Page(source)
    assert message["Subject"] == "3 alerts: power stations"
    for words in (text, page.words):
        assert words.count("Story 2 of the day") == 2  # in the contents and as a heading
        assert "Tanchon Power Station (electric power)" in words
        assert "due 21 Nov 2026, 22:00 UTC" in words
    assert {f"#story-{n}" for n in (1, 2, 3)} <= set(page.links)
    assert {f"https://e.example/{n}" for n in (1, 2, 3)} <= set(page.links)
    assert all(f'id="story-{n}"' in source for n in (1, 2, 3))
    assert "######" in text  # the picture
    assert "width:160px" in source


def test_mail_of_hostile_stories_is_inert() -> None:
    text = "</h2><script>x</script>\r\nBcc: a@b.example =?utf-8?q?=0Ax?= \u2028 <img src=x>"
    member = Named(entity=text, name=text, sector=text, kind=text, surface=text)
    message = mail(digest(2, title=text, source=text, named=(member,), url="javascript:x"))
    _, source = parts(message)
    page = Page(source)
    assert not {"script", "img"} & page.tags
    assert all(link.startswith("#story-") for link in page.links)
    assert "Bcc" not in message


def test_a_repeat_says_so() -> None:
    twice = alert(parts=digest(2).parts, in_doubt=True)
    message = mail(twice)
    assert message["Subject"].endswith("(possible repeat)")
    assert all("(possible repeat)" in part for part in parts(message))
    assert "(possible repeat)" in slack.shown(digest_payload(digest_of(twice)))


def test_mails_about_one_story_stand_together() -> None:
    first = mail(alert(key="first-key"))
    later = mail(alert(key="later-key", thread=first["Message-ID"]))
    assert later["In-Reply-To"] == later["References"] == first["Message-ID"]
    assert "In-Reply-To" not in first


def test_a_mail_tells_of_so_many_in_full_and_counts_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail_digest, "IN_FULL", 5)
    made = digest_of(digest(7))
    for told in (mail_digest.digest_text(made), mail_digest.digest_html(made)):
        assert "7 alerts" in told
        assert "Story 5 of the day" in told
        assert "Story 6 of the day" not in told
        assert "And 2 more: the desk" in told
    whole = mail_digest.digest_text(digest_of(digest(5)))
    assert "more: the desk" not in whole
