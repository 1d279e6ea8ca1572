"""What the commands say of sites without a feed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from feeds.checkup import CheckUp
from feeds.lists import from_opml, read_list
from feeds.site_adapters import adapters
from feeds.types import Feed, FeedError, PageRules
from monitor.cli.feed_add import refusal, unseen
from monitor.cli.main import program

LIST = """\
[[feed]]
url = "https://a.example/rss"

[[feed]]
url = "https://b.example/news"
name = "B\\u001b[31m"

[feed.page]
items = "li"

[[feed]]
url = "http://www.kcna.kp/en/x"
name = "KCNA"
adapter = "kcna"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "wirewatch.toml").write_text('feeds = ["feeds.toml"]\n')
    (tmp_path / "feeds.toml").write_text(LIST.replace("\\u001b[31m", ""))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args):
    return CliRunner().invoke(program, args, catch_exceptions=True)


def test_an_export_says_what_other_readers_cannot_read(folder):
    done = run("feeds", "export", "out.opml")
    assert done.exit_code == 0
    assert "2 of them are pages of sites without a feed." in done.stderr
    assert done.stderr.rstrip().endswith("B, KCNA")
    assert done.stdout == ""
    assert from_opml((folder / "out.opml").read_bytes()) == read_list(folder / "feeds.toml")
    (folder / "feeds.toml").write_text(LIST.partition("\n\n")[0])
    assert run("feeds", "export", "out.opml").stderr == ""


def test_init_adds_the_pages_when_asked(tmp_path):
    done = run("init", str(tmp_path), "--pages")
    assert done.exit_code == 0
    feeds = read_list(tmp_path / "feeds.toml")
    assert {feed.page.adapter for feed in feeds if feed.page} == {"kcna", "naenara", "rodong"}
    assert len(feeds) == 29 + sum(feed.page is not None for feed in feeds)
    other = tmp_path / "other"
    run("init", str(other))
    assert not [feed for feed in read_list(other / "feeds.toml") if feed.page]


def test_the_catalogue_says_which_are_read_by_an_adapter():
    done = run("feeds", "catalogue", "--json", "--kind", "state-media", "--language", "ru")
    assert '"adapter": "kcna"' in done.stdout
    assert "Not verified" in done.stdout


def test_a_site_without_a_feed_is_not_added_but_said_what_else_there_is():
    error = FeedError(url="x", reason="not-a-feed", message="it is a web page")
    found = CheckUp(asked="x", error=error)
    assert refusal(found) == "it is a web page; `--no-check` adds it all the same"
    proposal = Feed(url="https://c.example/sitemap.xml", page=PageRules(type="sitemap"))
    words = refusal(replace(found, proposal=proposal))
    assert words.startswith("it is a web page. Its sitemap can be read in place of a feed: ")
    proposal = Feed(url="http://www.kcna.kp/en/x", page=adapters()["kcna"].rules)
    words = refusal(replace(found, proposal=proposal))
    assert (
        'The bundled adapter "kcna" reads list pages of this site (not tried by anybody)' in words
    )


def test_a_page_of_a_known_site_that_cannot_be_reached_is_added_with_its_adapter():
    there = Feed(url="http://www.rodong.rep.kp/ko/index.php?MUBANUAxQA==")
    assert unseen(there).page == adapters()["rodong"].rules
    other = Feed(url="https://a.example/rss")
    assert unseen(other) == other
