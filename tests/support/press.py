"""Newspapers for tests: feeds on loopback, each on a host of its own, whose articles a test writes."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.support.servers import HttpServer, Request, Route, reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    guid: str
    title: str
    text: str = ""
    link: str = ""


MENTION = "Work goes on at the Huichon Power Station in the DPRK"  # the small watchlist has it

_SYLLABLES = "ba de fi go hu ka le mi no pu ra se ti vo zu dra ste kli pro gru".split()  # noqa: SIM905


def words(number: int, seed: str) -> str:
    """So many words that mean nothing; another seed has hardly one of them."""
    dice = random.Random(seed)
    return " ".join("".join(dice.choices(_SYLLABLES, k=4)) for _ in range(number))


def article(number: int, title: str = "", text: str = "", *, paper: int = 0) -> Article:
    """An article that is no copy of another, and tells of no event that another tells of."""
    name = f"paper-{paper}-{number}"
    return Article(
        guid=name,
        title=title or words(8, f"title of {name}").capitalize(),
        text=text or words(40, f"text of {name}").capitalize() + ".",
        link=f"https://paper{paper}.example/{number}",
    )


def mention(number: int, *, paper: int = 0) -> Article:
    """The same, naming a power station that the small watchlist has."""
    title = f"Huichon Power Station: {words(7, f'mention {paper} {number}')}"
    return article(number, title, paper=paper)


def rss(articles: Sequence[Article], title: str = "Bulletin") -> bytes:
    items = "".join(
        f"<item><title>{escape(a.title)}</title><link>{escape(a.link)}</link>"
        f'<guid isPermaLink="false">{escape(a.guid)}</guid>'
        f"<description>{escape(a.text)}</description></item>"
        for a in articles
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{title}</title><language>en</language>{items}</channel></rss>"
    ).encode()


def atom(articles: Sequence[Article], title: str = "Bulletin") -> bytes:
    entries = "".join(
        f'<entry><title>{escape(a.title)}</title><link href="{escape(a.link)}"/>'
        f"<id>{escape(a.guid)}</id><summary>{escape(a.text)}</summary></entry>"
        for a in articles
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<title>{title}</title><id>urn:bulletin</id>{entries}</feed>"
    ).encode()


class Press(HttpServer):
    """Papers by number: even ones in RSS, odd ones in Atom, all with an ETag.

    `articles[n]` is what paper n carries; replace it to publish. `odd[n]` answers for paper n in
    another way. `asked[n]` counts its requests, `served` the entries sent in all.
    """

    def __init__(self, papers: int) -> None:
        super().__init__(self._answer, host="0.0.0.0")
        self.articles: list[tuple[Article, ...]] = [()] * papers
        self.odd: dict[int, Route] = {}
        self.asked: Counter[int] = Counter()
        self.not_modified = 0
        self.served = 0

    def feed(self, paper: int) -> str:
        """The address of a paper. All of 127.0.0.0/8 is this machine."""
        host = f"127.1.{paper // 200}.{paper % 200 + 1}"
        return self.url(f"/paper/{paper}.xml", host=host)

    @property
    def feeds(self) -> list[str]:
        return [self.feed(paper) for paper in range(len(self.articles))]

    def _answer(self, request: Request):
        paper = int(request.target.removeprefix("/paper/").removesuffix(".xml"))
        self.asked[paper] += 1
        if paper in self.odd:
            return self.odd[paper](request)
        articles = self.articles[paper]
        body = (atom if paper % 2 else rss)(articles)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            self.not_modified += 1
            return reply(status=304, headers=[("ETag", etag)])
        self.served += len(articles)
        return reply(body, headers=[("ETag", etag), ("Content-Type", "application/xml")])
