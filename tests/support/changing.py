"""An invented feed that changes from poll to poll, in every format that there is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

BEGAN = datetime(2026, 11, 20, tzinfo=UTC)
WORDS = [
    "mine",
    "dam",
    "harvest",
    "river",
    "council",
    "opens",
    "visits",
    "says",
    "new",
    "hall",
    "workers",
    "plan",
    "평양",
    "공장",
    "завод",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An entry as it is published now."""

    guid: str
    link: str
    title: str
    text: str
    date: datetime | None
    more: str = ""  # markup of its own: namespaces, languages, images


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document as it is published now, its entries as a rule the youngest first."""

    pieces: tuple[Piece, ...]
    built: int = 0  # what changes in its head each time
    root: str = ""  # attributes of its root
    behind: str = ""  # what stands behind its entries


def _rss_item(one: Piece) -> str:
    date = f"<pubDate>{format_datetime(one.date)}</pubDate>" if one.date else ""
    guid = f'<guid isPermaLink="false">{escape(one.guid)}</guid>' if one.guid else ""
    link = f"<link>{escape(one.link)}</link>" if one.link else ""
    return (
        f"<item>{guid}<title>{escape(one.title)}</title>{link}"
        f"<description>{escape(one.text)}</description>{date}{one.more}</item>"
    )


def rss20(paper: Paper) -> str:
    return (
        f'<?xml version="1.0"?>\n<rss version="2.0" {paper.root}><channel>'
        f"<title>News {paper.built}</title><link>https://news.example/</link>"
        f"<language>en</language><ttl>{5 + paper.built % 2}</ttl>"
        f"<lastBuildDate>{format_datetime(BEGAN + timedelta(minutes=paper.built))}</lastBuildDate>\n"
        + "\n".join(map(_rss_item, paper.pieces))
        + f"{paper.behind}</channel></rss>"
    )


def rss091(paper: Paper) -> str:
    return rss20(paper).replace('version="2.0"', 'version="0.91"')


def rss10(paper: Paper) -> str:
    items = []
    for number, one in enumerate(paper.pieces):
        date = f"<dc:date>{one.date.isoformat()}</dc:date>" if one.date else ""
        about = escape(one.guid or one.link or f"urn:{number}")
        items.append(
            f'<item rdf:about="{about}"><title>{escape(one.title)}</title>'
            f"<link>{escape(one.link)}</link><description>{escape(one.text)}</description>"
            f"{date}{one.more}</item>"
        )
    return (
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {paper.root}>'
        f"<channel rdf:about='https://news.example/'><title>News {paper.built}</title>"
        f"<link>https://news.example/</link></channel>{''.join(items)}{paper.behind}</rdf:RDF>"
    )


def atom10(paper: Paper) -> str:
    entries = []
    for one in paper.pieces:
        date = f"<updated>{one.date.isoformat()}</updated>" if one.date else ""
        guid = f"<id>{escape(one.guid)}</id>" if one.guid else ""
        entries.append(
            f'<entry>{guid}<title>{escape(one.title)}</title><link href="{escape(one.link)}"/>'
            f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>'
            f"{escape(one.text)}</p></div></content>{date}{one.more}</entry>"
        )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" {paper.root}>'
        f"<title>News {paper.built}</title><id>urn:news</id>"
        f"<updated>{(BEGAN + timedelta(minutes=paper.built)).isoformat()}</updated>\n"
        + "\n<!-- next -->".join(entries)
        + f"{paper.behind}</feed>"
    )


def atom03(paper: Paper) -> str:
    old = atom10(paper).replace("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
    return old.replace("<feed ", '<feed version="0.3" ').replace("updated>", "modified>")


FORMATS: dict[str, Callable[[Paper], str]] = {
    "rss20": rss20,
    "rss091": rss091,
    "rss10": rss10,
    "atom10": atom10,
    "atom03": atom03,
}

_NOTE = '<x:note xmlns:x="http://x.example/">aside</x:note>'  # a namespace that feedparser keeps
_MORE = (
    *("",) * 12,
    *("<author>A. Writer</author>",) * 4,
    '<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">B. Writer</dc:creator>',
    "<image><url>https://news.example/a.png</url><link>https://news.example/p</link></image>",
    '<summary xml:lang="ko" xml:base="https://base.example/">요약</summary>',
)


@dataclass(slots=True)
class Newsroom:
    """Publishes, edits, takes out, moves about, and makes the mistakes that feeds make."""

    dice: random.Random
    paper: Paper = field(default_factory=lambda: Paper(pieces=()))
    number: int = 0

    def start(self, count: int) -> None:
        for _ in range(count):
            self.publish()

    def turn(self) -> Paper:
        """The next document."""
        for _ in range(self.dice.randint(0, 2)):
            self.dice.choice(self.acts)()
        self.paper = replace(self.paper, built=self.paper.built + 1, behind=self._behind())
        if self.dice.random() > 0.1:
            return self.paper
        at = self._some()
        noted = replace(self.paper.pieces[at], more=_NOTE)
        pieces = self.paper.pieces
        return replace(self.paper, pieces=(*pieces[:at], noted, *pieces[at + 1 :]))

    @property
    def acts(self) -> tuple[Callable[[], object], ...]:
        return (
            *(self.publish,) * 4,
            *(self.edit, self.edit, self.take_out, self.shuffle, self.wrap, self.same_guid),
            *(self.same_link, self.nameless, self.twice, self.moved, self.reissue, self.spoil),
            *(self.retitle, self.declare, self.undate),
        )

    def _behind(self) -> str:
        return self.dice.choice(("",) * 12 + ("<title>Behind</title>", "<!-- end -->"))

    def _put(self, pieces: list[Piece]) -> None:
        self.paper = replace(self.paper, pieces=tuple(pieces))

    def _some(self) -> int:
        return self.dice.randrange(len(self.paper.pieces))

    def _change(self, at: int, **fields: object) -> None:
        pieces = list(self.paper.pieces)
        pieces[at] = replace(pieces[at], **fields)  # type: ignore[arg-type] # fields of a Piece
        self._put(pieces)

    def words(self, count: int) -> str:
        return " ".join(self.dice.choices(WORDS, k=count))

    def publish(self) -> None:
        self.number += 1
        date = BEGAN + timedelta(hours=self.number)
        one = Piece(
            guid=f"id-{self.number}",
            link=f"https://news.example/{self.number}",
            title=f"{self.words(6)} {self.number}",
            text=self.words(30),
            date=date,
            more=self.dice.choice(_MORE),
        )
        self._put([one, *self.paper.pieces][:12])

    def edit(self) -> None:
        self._change(self._some(), text=self.words(30))

    def retitle(self) -> None:
        self._change(self._some(), title=self.words(7))

    def take_out(self) -> None:
        if len(self.paper.pieces) > 4:
            pieces = list(self.paper.pieces)
            del pieces[self._some()]
            self._put(pieces)

    def shuffle(self) -> None:
        pieces = list(self.paper.pieces)
        self.dice.shuffle(pieces)
        self._put(pieces)

    def wrap(self) -> None:
        at = self._some()
        self._change(at, text=self.paper.pieces[at].text.replace(" ", "\n", 3))

    def same_guid(self) -> None:
        self._change(self._some(), guid=self.paper.pieces[self._some()].guid)

    def same_link(self) -> None:
        self._change(self._some(), link=self.paper.pieces[self._some()].link)

    def nameless(self) -> None:
        self._change(self._some(), guid="", link=self.dice.choice(("", "https://news.example/")))

    def twice(self) -> None:
        self._put([self.paper.pieces[self._some()], *self.paper.pieces])

    def moved(self) -> None:
        at = self._some()
        self._change(at, link=self.paper.pieces[at].link.replace("https:", "http:"))

    def reissue(self) -> None:
        self.number += 1
        pieces = [replace(p, guid=f"{p.guid}-{self.number}", link="") for p in self.paper.pieces]
        self._put(pieces)

    def spoil(self) -> None:
        self._change(self._some(), text="â€™s " * 12)

    def declare(self) -> None:
        root = self.dice.choice(("", 'xml:lang="ru"', 'xmlns:m="http://m.example/"'))
        self.paper = replace(self.paper, root=root)

    def undate(self) -> None:
        self._change(self._some(), date=None)
