"""Full texts where people meet them: retag, the story's page, packs, counts."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from monitor.cli.packing import target
from monitor.evidence.archive import Archive
from monitor.pack.build import Question, build
from monitor.pack.verify import verify
from monitor.retagging import Retag
from monitor.store.desk import story as stories
from monitor.store.dossier import Dossier, Wanted
from monitor.store.verdicts import decisions_on, states_of
from monitor.types import Document, Mention, Watchlist
from tests.support.asking import Asking
from tests.support.collection import Ran, run
from tests.support.learning import WATCHLIST, entity, entry, tag
from tests.support.reading import ReadingDesk, html, page
from tests.support.servers import reply

HOSTILE = "It is near the mine: &lt;script&gt;alert(1)&lt;/script&gt; was said, and no more."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ReadingDesk]:
    desk = ReadingDesk(tmp_path, {"/mine": html(page(HOSTILE)), "/gone": reply(status=410)})
    feed = desk.urls["one"]
    (tmp_path / "feeds.toml").write_text(f'[[feed]]\nurl = "{feed}"\nfull_text = true\n')
    (tmp_path / "wirewatch.toml").write_text('database = "test.db"\nfeeds = ["feeds.toml"]\n')
    desk.start()
    yield desk
    desk.close()


NEW = Watchlist(
    name="test", version="2", entities={**WATCHLIST.entities, "spring": entity("spring")}
)


def tag_new(document: Document) -> tuple[Mention, ...]:
    """As before, and every `spring`, which the sentences of a page have."""
    found = []
    for field, text in (("title", document.title), ("text", document.text)):
        if (start := text.find("spring")) >= 0:
            found.append(
                Mention(
                    entity="spring", name="spring", surface="spring", field=field, start=start,
                    end=start + 6, state="confirmed", rule="test",
                )
            )  # fmt: skip
    return (*tag(document), *found)


class TestRetag:
    def retagged(self, desk: ReadingDesk) -> int:
        new = replace(desk.desk, tag=tag_new, entities=NEW.entities)
        with Retag(desk.store, [NEW], new) as work:
            work.compute()
            tally = work.difference()
            work.apply(desk.now)
        return tally.changed

    def test_full_texts_are_tagged_again(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.fetch()
        (before,) = desk.rows("SELECT * FROM mentions")
        assert self.retagged(desk) == 1
        text = desk.article("/mine")["text"]
        old, new = desk.rows("SELECT * FROM mentions ORDER BY id")
        assert old == before  # its row, version and time stay
        assert (new["entity"], new["field"]) == ("spring", "article")
        assert text[new["start"] : new["end"]] == "spring"
        assert "spring" in new["snippet"]
        assert self.retagged(desk) == 0

    def test_a_full_text_that_came_between_two_runs_is_tagged_too(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        new = replace(desk.desk, tag=tag_new, entities=NEW.entities)
        with Retag(desk.store, [NEW], new) as work:
            work.compute()  # and then it is interrupted
        desk.fetch()
        with Retag(desk.store, [NEW], new) as work:
            assert work.resumed
            work.compute()
            work.apply(desk.now)
        assert [r["entity"] for r in desk.rows("SELECT entity FROM mentions ORDER BY id")] == [
            "mine", "spring",
        ]  # fmt: skip


class TestPages:
    def test_the_story_has_the_full_text_with_its_marks(self, desk: ReadingDesk) -> None:
        desk.bring("/mine", "/gone")
        desk.fetch()
        with closing(sqlite3.connect(desk.store.path)) as conn:
            found = {s: stories.story(conn, s) for s in (2, 3)}
        (full,) = [
            i.article for s in found.values() if s for i in s.items if i.article and i.article.text
        ]
        (span,) = full.spans
        assert full.text[span.start : span.end] == "mine"
        (missing,) = [
            i.article
            for s in found.values()
            if s
            for i in s.items
            if i.article and not i.article.text
        ]
        assert (missing.state, "410" in missing.why) == ("failed", True)

    def test_what_the_page_says_is_text(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.fetch()
        asking = Asking(folder=desk.folder, database="test.db")
        try:
            shown = asking.get("/-/desk/story/2").text
        finally:
            asking.close()
        assert "&lt;script&gt;alert(1)&lt;/script&gt; was said" in shown
        assert "<script>alert(1)" not in shown
        assert 'mark class="facility sector-mining confirmed"' in shown
        assert "Full text" in shown

    def test_a_list_shows_the_words_round_the_name(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.fetch()
        with closing(sqlite3.connect(desk.store.path)) as conn:
            found = stories.story(conn, 2)
        assert found is not None
        (excerpt,) = found.row.excerpts
        assert (excerpt.field, "near the mine" in excerpt.text) == ("article", True)

    @pytest.mark.parametrize("page", ["/-/desk?state=all", "/-/desk/entity/mine"])
    def test_and_so_do_the_pages(self, desk: ReadingDesk, page: str) -> None:
        desk.bring("/mine")
        desk.fetch()
        asking = Asking(folder=desk.folder, database="test.db")
        try:
            shown = asking.get(page).text
        finally:
            asking.close()
        (excerpt,) = re.findall(r'<p class="excerpt"[^>]*>(.*?)</p>', shown, flags=re.DOTALL)
        assert re.sub("<[^>]+>", "", excerpt).count("near the mine") == 1

    def test_a_feed_without_kind_and_language(self, desk: ReadingDesk) -> None:
        """Nothing stands before how often it is polled."""
        with desk.store.transaction() as db:
            db.execute("UPDATE feeds SET kind = '', language = ''")
        asking = Asking(folder=desk.folder, database="test.db")
        try:
            assert "<p>Polled every" in asking.get("/-/desk/source/1").text
        finally:
            asking.close()


class TestPacks:
    def test_a_pack_has_it_with_its_page(self, desk: ReadingDesk, tmp_path: Path) -> None:
        folder = tmp_path / "evidence"
        desk.archive = Archive(desk.store, folder, rotate=10**8, now=lambda: desk.now)
        desk.bring("/mine")
        desk.fetch()
        desk.archive.close()
        path = desk.store.path
        question = Question(
            wanted=Wanted(entity="mine"),
            evidence=folder,
            decisions=partial(decisions_on, path),
            states=partial(states_of, path),
        )
        out = tmp_path / "pack"
        with closing(sqlite3.connect(path)) as db, target(out) as packed:
            dossier = Dossier(db)
            told = build(dossier, question, packed)
            dossier.close()
        assert told.documents == 1
        (item,) = [json.loads(line) for line in (out / "items.jsonl").read_text().splitlines()]
        assert "near the mine" in item["article"]["text"]
        assert item["article"]["evidence"] == 1
        assert "near the mine" in (out / "items.csv").read_text()
        index = (out / "index.html").read_text()
        assert "<mark" in index
        assert "&lt;script&gt;" in index
        assert "<script>" not in index
        assert not verify(out).problems


class TestCounts:
    def run(self, desk: ReadingDesk, *words: str) -> Ran:
        config = str(desk.folder / "wirewatch.toml")
        return run(*words, "--config", config, now=desk.now)

    def test_what_became_of_them_is_said(self, desk: ReadingDesk) -> None:
        desk.bring("/mine", "/gone")
        desk.fetch()
        desk.poll(entry(99, "Next", url=desk.url("/next")), entry(0, "Old", url=""))
        shown = self.run(desk, "feeds", "health").out
        assert "full texts: 1 failed, 1 fetched, 1 skipped, 1 waiting" in shown
        assert "1 failed: the server answered 410 Gone" in shown
        assert "1 skipped: the entry has no link" in shown
        assert "1 failed, 1 fetched, 1 skipped, 1 waiting" in self.run(desk, "stats").out
        assert self.run(desk, "stats", "--json").json["full_texts"]["fetched"] == 1
        (feed,) = self.run(desk, "feeds", "health", "--json").json["feeds"]
        assert {"state": "fetched", "reason": "", "count": 1} in feed["full_texts"]

    def test_search_shows_where_the_words_stand(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.fetch()
        (found,) = self.run(desk, "search", "neighbouring county", "--json").json
        assert "neighbouring county" in found["snippet"]
        assert "article" not in found
