"""Feed lists with `[feed.page]` and `adapter`: written, read back, and every mistake named."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from feeds.document import ENTRY_LIMIT
from feeds.errors import ListError
from feeds.lists import add_to_list, feed_table, read_list, remove_from_list
from feeds.site_adapters import adapter_for, adapters
from feeds.types import Feed, PageRules

URL = "https://paper.example/news"
RULES = PageRules(
    items="ul > li.n",
    link="a@href",
    title='h3[data-x="1"]',
    date=".d",
    text="p",
    id="@data-id",
    id_match=r"n(\d+)",
    only="/news/",
    date_format="%Y.%m.%d",
    next="a[rel=next]@href",
    pages=3,
    limit=50,
    article_text="article p",
)
OWN = Feed(url=URL, name="Paper", timezone="Asia/Seoul", page=RULES)
BUNDLED = Feed(url="http://www.kcna.kp/en/x", interval=3600, page=adapters()["kcna"].rules)
MAP = Feed(url="https://s.example/sitemap.xml", page=PageRules(type="sitemap", only="/en/"))
API = Feed(
    url="https://j.example/api", page=PageRules(type="json", items="a.b[0]", link="u", title="t")
)


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "feeds.toml"
    path.write_text("# mine\n")
    add_to_list(path, OWN, BUNDLED, MAP, API)
    assert read_list(path) == (OWN, BUNDLED, MAP, API)
    text = path.read_text()
    assert 'adapter = "kcna"' in text
    assert text.count("[feed.page]") == 3


def test_removing_takes_the_rules_along(tmp_path):
    path = tmp_path / "feeds.toml"
    add_to_list(path, Feed(url="https://a.example/"), OWN, Feed(url="https://b.example/"))
    assert remove_from_list(path, "Paper") == OWN
    assert "page" not in path.read_text()
    assert [feed.url for feed in read_list(path)] == ["https://a.example/", "https://b.example/"]


def test_the_table_says_no_more_than_what_is_set():
    assert feed_table(MAP).splitlines() == [
        "[[feed]]", 'url = "https://s.example/sitemap.xml"', "",
        "[feed.page]", 'type = "sitemap"', 'only = "/en/"',
    ]  # fmt: skip


HEAD = f'# one\n[[feed]]\nurl = "{URL}"\n'
PAGE = HEAD + '\n[feed.page]\nitems = "li"\n'
JSON = HEAD + '[feed.page]\ntype = "json"\nitems = "a"\nlink = "u"\ntitle = "t"\n'
MISTAKES = [
    (HEAD + 'adapter = "kcan"\n', 'feeds.toml:4: feed[1].adapter: must be one of kcna, naenara, rodong (is "kcan"; did you mean "kcna"?)'),
    (HEAD + 'adapter = "kcna"\n[feed.page]\nitems = "li"\n', "feeds.toml:5: feed[1].page: stands beside adapter"),
    (HEAD + "page = 3\n", "feeds.toml:4: feed[1].page: must be a table of settings (is 3)"),
    (HEAD + "[feed.page]\n", "feeds.toml:4: feed[1].page.items: is missing"),
    (HEAD + '[feed.page]\nitem = "li"\nitems = "li"\n', 'feeds.toml:5: feed[1].page.item: unknown key; did you mean "items"?'),
    (PAGE.replace('"li"', '"li["'), "feeds.toml:6: feed[1].page.items: must be a CSS selector"),
    (PAGE.replace('"li"', '"li@href"'), "feeds.toml:6: feed[1].page.items: must be a CSS selector"),
    (PAGE + 'title = "a::text"\n', 'feeds.toml:7: feed[1].page.title: must be a CSS selector such as "ul.news li", without a comma at its end (an attribute is written'),
    (PAGE + 'link = "a >> b@href"\n', "feeds.toml:7: feed[1].page.link: must be a CSS selector"),
    (PAGE + 'article_text = "p,"\n', "feeds.toml:7: feed[1].page.article_text: must be a CSS selector"),
    (PAGE + 'title = ""\n', "feeds.toml:7: feed[1].page.title: must not be empty"),
    (PAGE + f'title = "{"a" * 301}"\n', "feeds.toml:7: feed[1].page.title: must be one line of at most 300"),
    (PAGE + 'only = "("\n', "feeds.toml:7: feed[1].page.only: must be a regular expression"),
    (PAGE + 'id_match = "x"\n', "feeds.toml:7: feed[1].page.id_match: does nothing without id"),
    (PAGE + 'date_format = "%d.%m."\n', 'feeds.toml:7: feed[1].page.date_format: must be "juche", or a date format with a year'),
    (PAGE + 'date_format = "%Y %Q"\n', "feeds.toml:7: feed[1].page.date_format: must be"),
    (PAGE + "pages = 11\n", "feeds.toml:7: feed[1].page.pages: must be a whole number from 1 to 10"),
    (PAGE + "pages = 2\n", "feeds.toml:7: feed[1].page.pages: needs next, or page_url"),
    (PAGE + 'next = "a@href"\n', "feeds.toml:7: feed[1].page.next: does nothing without pages"),
    (PAGE + 'pages = 2\nnext = "a@href"\npage_url = "https://x.example/{page}"\n', "feeds.toml:9: feed[1].page.page_url: stands beside next"),
    (PAGE + 'pages = 2\npage_url = "https://x.example/"\n', "feeds.toml:8: feed[1].page.page_url: must be an address with {page}"),
    (PAGE + "limit = 0\n", "feeds.toml:7: feed[1].page.limit: must be a whole number from 1 to 5000"),
    (PAGE + 'type = "xml"\n', "feeds.toml:7: feed[1].page.type: must be one of html, json, sitemap"),
    (PAGE + 'type = "sitemap"\n', "feeds.toml:6: feed[1].page.items: a sitemap has no items; leave it out"),
    (PAGE + 'type = "json"\ntitle = "t"\n', "feeds.toml:5: feed[1].page.link: is missing"),
    (JSON.replace('"a"', '"a..b"'), "feeds.toml:6: feed[1].page.items: must be a path such as"),
    (JSON.replace('"u"', '"https://x.example/{a"'), "feeds.toml:7: feed[1].page.link: must be an address such as"),
    (JSON.replace('"u"', '"https://x.example/{}"'), "feeds.toml:7: feed[1].page.link: must be a path"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), MISTAKES, ids=range(len(MISTAKES)))
def test_every_mistake_is_named_with_its_line_when_the_list_is_read(tmp_path, text, complaint):
    path = tmp_path / "feeds.toml"
    path.write_text(text)
    with pytest.raises(ListError) as caught:
        read_list(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path}/{complaint}")


def test_a_wrong_rule_is_not_added(tmp_path):
    path = tmp_path / "feeds.toml"
    with pytest.raises(ListError, match=r"feed\.page\.items: must be a CSS selector"):
        add_to_list(path, Feed(url=URL, page=PageRules(items="li[")))
    assert not path.exists()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://kcna.kp/en", "kcna"),
        ("http://www.RODONG.rep.kp/", "rodong"),
        ("http://x.kp/", None),
    ],
)
def test_a_site_has_its_adapter(url, name):
    found = adapter_for(url)
    assert (found and found.name) == name


def test_no_adapter_claims_to_be_verified_before_somebody_ran_it():
    """Whoever verifies one says so in its file, in docs/sources.md and here."""
    assert {one.name for one in adapters().values() if one.verified} == set()


KCNA_LIST = adapters()["kcna"].lists[0]  # a feed stands in a list once; the page shows it twice


def test_the_examples_of_the_docs_are_right(tmp_path):
    page = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    path = tmp_path / "feeds.toml"
    text = "\n".join(examples).replace(KCNA_LIST, "http://www.kcna.kp/other", 1)
    path.write_text(text, encoding="utf-8")
    first, *feeds = read_list(path)
    shown = {replace(feed.page, adapter=first.page.adapter) for feed in feeds[:3] if feed.page}
    bundled = [replace(one.rules, adapter=first.page.adapter) for one in adapters().values()]
    assert shown == set(bundled)
    assert [feed.page and feed.page.type for feed in feeds[3:]] == ["sitemap", "html", "json"]


def test_as_many_entries_are_taken_as_of_a_feed():
    assert PageRules().limit == ENTRY_LIMIT


def test_the_docs_name_every_adapter():
    folder = Path(__file__).resolve().parents[2] / "docs"
    for name in adapters():
        assert f"| `{name}` |" in (folder / "sources.md").read_text(encoding="utf-8")
        assert f"`{name}`" in (folder / "configuration.md").read_text(encoding="utf-8")
