"""The databases of a release, kept so that every later one is tried on them.

    python -m tests.support.release tests/system/data/release-0.1.0

makes them: the program of this tree polls two papers three times (new items, a copy, an edit, full
texts, an alert), a story is judged, and `wirewatch backup` copies what came of it. Run once, when a
release is made; what it wrote then is never written again.
"""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from monitor.store.desk import decisions
from tests.support.press import Article, rss, words
from tests.support.program import DESK, Program
from tests.support.reading import html, page
from tests.support.servers import HttpServer, Request, reply
from tests.support.slack import SlackServer

FILES = ("wirewatch.db", "reviews.db")


class _Papers(HttpServer):
    """Two papers on one server, with a page behind each article."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.carries: dict[str, tuple[Article, ...]] = {"/one.xml": (), "/two.xml": ()}

    def print(self, paper: str, number: int, title: str, text: str = "") -> None:
        """A new article, or another version of one."""
        link = self.url(f"{paper}/{number}")
        new = Article(
            guid=f"{paper}-{number}",
            title=title,
            text=text or words(40, f"{paper} {number}") + ".",
            link=link,
        )
        kept = tuple(old for old in self.carries[paper] if old.guid != new.guid)
        self.carries[paper] = (new, *kept)

    def _answer(self, request: Request) -> bytes:
        if request.target in self.carries:
            return reply(rss(self.carries[request.target]))
        if request.target == "/robots.txt":
            return reply(status=404)
        return html(page(f"What the page {request.target} says.", words(60, request.target)))


def make(target: Path) -> None:
    """Fill a folder with the files, packed."""
    with tempfile.TemporaryDirectory() as folder, SlackServer() as slack, _Papers() as papers:
        program = Program(Path(folder), {"WIREWATCH_SLACK_URL": slack.url})
        program.write([], DESK)
        (program.folder / "feeds.toml").write_text(
            "".join(
                f'[[feed]]\nurl = "{papers.url(path)}"\nname = "{path}"\nfull_text = {more}\n'
                for path, more in (("/one.xml", "true"), ("/two.xml", "false"))
            )
        )
        _history(program, papers)
        program.run("backup", str(program.folder / "copy"))
        target.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            with (
                (program.folder / "copy" / name).open("rb") as made,
                gzip.GzipFile(target / f"{name}.gz", "wb", mtime=0) as packed,
            ):
                shutil.copyfileobj(made, packed)


def _history(program: Program, papers: _Papers) -> None:
    papers.print("/one.xml", 1, "Prices of grain rise again")
    papers.print("/two.xml", 1, "A concert in the capital")
    program.run("poll", "--all")
    wire = words(80, "wire") + "."
    papers.print("/one.xml", 2, "Huichon Power Station in the DPRK takes up work", wire)
    papers.print("/two.xml", 2, "Huichon Power Station in the DPRK is at work", wire)
    papers.print("/one.xml", 3, "The second line of the railway is open")
    program.run("poll", "--all")
    papers.print("/one.xml", 3, "The third line of the railway is open")
    program.run("poll", "--all")
    reviews = decisions.beside(program.database)
    decisions.create(reviews)
    with closing(sqlite3.connect(reviews, isolation_level=None)) as db:
        decisions.prepare(db)
        at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
        one = decisions.Decision(
            story=1, verdict="relevant", reviewer="ann", decided_at=at, note="of interest"
        )
        decisions.record(db, [one])


def unpacked(release: Path, folder: Path) -> Path:
    """A working copy of the files; returns that of the evidence."""
    for name in FILES:
        with gzip.open(release / f"{name}.gz") as packed, (folder / name).open("wb") as out:
            shutil.copyfileobj(packed, out)
    return folder / FILES[0]


if __name__ == "__main__":
    make(Path(sys.argv[1]))
