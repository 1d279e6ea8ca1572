"""What an attempt on an article means: its state, what it names, whom that is news for. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from feeds.article import Article
from feeds.hosts import host_key
from feeds.types import Entry, FeedError
from feeds.visit import HOPS, Moved
from monitor import announce
from monitor.articles.records import ArticleItem, ArticleRecord, Attempt, Refused
from monitor.articles.tagging import of_article
from monitor.desk import Desk
from monitor.offering import confirmed
from monitor.records import OutboxAlert
from monitor.types import Document, Mention

# After each failure that may pass: 21 hours in all. Who is down longer is likely to stay so, and
# the news is a day old.
WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4), timedelta(hours=16))
MOST_ATTEMPTS = len(WAITS) + 1
# A pause that a server asks for: as for feeds, neither a joke nor a silence of days.
LEAST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)

NEWS = "Named in the article's full text, which the feed does not carry."

# Reasons of feeds.errors that another hour may mend, and those by which we refuse.
# Reading a page takes long on a busy machine too, where the extractor has to be loaded first.
_PASSING = frozenset(
    {"dns", "connect", "tls", "timeout", "protocol", "parse-timeout", "parse-crash"}
)
_OURS = frozenset({"refused-address", "bad-url"})
# Request Timeout, Too Early, Too Many Requests (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4).
_PASSING_STATUS = frozenset({408, 425, 429})


def judge(attempt: Attempt, item: ArticleItem, desk: Desk, *, now: datetime) -> ArticleRecord:
    """Everything that an attempt taught, ready to be stored."""
    due, answer = attempt.due, attempt.answer
    same = ArticleRecord(
        due=due,
        now=now,
        state="waiting",
        url=due.url,
        host=due.host,
        hops=due.hops,
        attempts=due.attempts,
        http_status=answer.http_status if answer else None,
    )
    match attempt.result:
        case Article() as article:
            return _fetched(same, article, item, desk)
        case Moved() as moved:
            return _moved(same, moved)
        case Refused() as refused:
            return _again(same, refused.why) if refused.for_now else _final(same, refused.why)
        case FeedError() as error:
            return _failed(same, error)
        case _:
            assert_never(attempt.result)


def _fetched(same: ArticleRecord, article: Article, item: ArticleItem, desk: Desk) -> ArticleRecord:
    feed = same.due.feed.feed
    document = Document(
        title=item.title,
        text="",
        language=item.language,
        source=feed.name,
        source_kind=feed.kind,
    )
    mentions = of_article(desk.tag, document, article.text)
    return replace(
        same,
        state="fetched",
        why=f"cut after {len(article.text):,} characters" if article.cut else "",
        text=article.text,
        mentions=mentions,
        alerts=() if same.due.baseline else _alerts(same, article, item, mentions, desk),
        timings={rule.name: announce.timing(rule, same.now) for rule in desk.rules},
    )


def _alerts(
    same: ArticleRecord,
    article: Article,
    item: ArticleItem,
    mentions: tuple[Mention, ...],
    desk: Desk,
) -> tuple[OutboxAlert, ...]:
    """For what the article names and nothing of the story has named before."""
    entry = Entry(
        url=item.url,
        title=item.title,
        text=item.text,
        author=item.author,
        published_at=item.published_at,
        published_raw=item.published_raw,
    )
    facts = announce.Facts(
        entry=entry,
        article=article.text,
        mentions=mentions,
        feed=same.due.feed.feed,
        language=item.language,
        now=same.now,
        first_seen_at=item.first_seen_at,
        news=NEWS,
    )
    facts = announce.only(facts, confirmed(mentions) - item.told)
    return tuple(
        OutboxAlert(
            rule=offer.rule,
            channel=offer.channel,
            new_item=None,
            item=same.due.item,
            payload=offer.payload,
            min_origins=offer.min_origins,
        )
        for offer in announce.offers(facts, desk.rules, desk.entities, desk.routes)
    )


def _moved(same: ArticleRecord, moved: Moved) -> ArticleRecord:
    """A redirect is a step of its own, with the robots.txt and the pause of where it leads."""
    if same.hops == HOPS:
        return _final(same, f"more than {HOPS} redirects", state="failed")
    url = moved.to.partition("#")[0]
    return replace(same, url=url, host=host_key(url), hops=same.hops + 1, next_try_at=same.now)


def _failed(same: ArticleRecord, error: FeedError) -> ArticleRecord:
    status = error.http_status or 0
    if error.reason in _OURS:
        return _final(same, error.message)
    if error.reason in _PASSING:
        return _again(same, error.message)
    if error.reason == "http" and (status >= 500 or status in _PASSING_STATUS):
        return _again(same, error.message, asked=error.retry_after)
    return _final(same, error.message, state="failed")


def _final(same: ArticleRecord, why: str, *, state: str = "refused") -> ArticleRecord:
    return replace(same, state=state, attempts=same.attempts + 1, why=why)


def _again(same: ArticleRecord, why: str, *, asked: float | None = None) -> ArticleRecord:
    """Later, unless it was tried often enough."""
    attempts = same.attempts + 1
    pause = None
    if asked is not None:
        seconds = max(0.0, min(asked, LONGEST_PAUSE.total_seconds()))
        pause = same.now + max(timedelta(seconds=seconds), LEAST_PAUSE)
    if attempts >= MOST_ATTEMPTS:
        why = f"{why} (tried {attempts} times)"
        return replace(same, state="failed", attempts=attempts, why=why, host_rests_until=pause)
    later = same.now + WAITS[attempts - 1]
    return replace(
        same,
        attempts=attempts,
        why=why,
        next_try_at=max(later, pause) if pause else later,
        host_rests_until=pause,
    )
