"""What other suites expect: taken apart, compared and counted as it is said. Documents are ours."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from benchmarks import expectations
from benchmarks.expected_checks import RIGHT, WRONG

FEEDPARSER = """<!--
Header: Content-Type: application/xml
Expect: not bozo and entries[0]['title'] == '{title}' and feed.nothing == 'x'
-->
<rss version="2.0"><channel><title>Mill</title><item><title>A &lt;b&gt;mill&lt;/b&gt;</title>
</item></channel></rss>"""
RSS = """<rss version="2.0"><channel><title>Mill</title><link>https://a.example/</link><item><title>One</title>
<link>/1</link><guid>a:1</guid><pubDate>Sun, 22 Nov 2026 05:00:00 GMT</pubDate></item></channel></rss>"""
ITEM = {"title": "One", "link": "/1", "guid": "a:1", "isoDate": "2026-11-22T05:00:00.001Z"}


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A document of each suite, all as they should be."""
    body = (
        '<?xml version="1.0" encoding="euc-kr"?><rss><channel><title>제분소</title></channel></rss>'
    )
    row = {"path": "chardet+chardet/a.xml", "true_encoding": "cp949", "feed_title": "제분소",
           "items": 0, "first_item_title": ""}  # fmt: skip
    write(tmp_path / "chardet_expected.jsonl", json.dumps(row))
    write(tmp_path / "chardet+chardet/a.xml", body, "cp949")
    write(tmp_path / "kurtmckee+feedparser/tests/a.xml", FEEDPARSER.format(title="A mill"))
    write(tmp_path / "mmcdole+gofeed/testdata/translator/rss/a.xml", RSS)
    gofeed = {"title": "Mill", "items": [{**ITEM, "publishedParsed": "2026-11-22T05:00:00Z"}]}
    write(tmp_path / "mmcdole+gofeed/testdata/translator/rss/a.json", json.dumps(gofeed))
    write(tmp_path / "gpodder+podcastparser/tests/data/b.rss", RSS)
    podcast = {"title": "Mill", "episodes": [{**ITEM, "guid": "a:1", "published": 1795323600}]}
    write(tmp_path / "gpodder+podcastparser/tests/data/b.json", json.dumps(podcast))
    write(tmp_path / "rbren+rss-parser/test/input/c.rss", RSS)
    write(tmp_path / "rbren+rss-parser/test/output/c.json", json.dumps({"feed": {"items": [ITEM]}}))
    return tmp_path


def write(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def test_what_is_expected_is_found(suites: Path) -> None:
    checks = expectations.suites(suites)
    assert {check.verdict for check in checks} == {RIGHT}
    assert {check.field for check in checks} == {"title", "feed title", "link", "id", "published"}
    assert expectations.real(suites) == 1.0


def test_a_difference_without_a_reason_fails(suites: Path) -> None:
    write(suites / "kurtmckee+feedparser/tests/a.xml", FEEDPARSER.format(title="A weir"))
    checks = expectations.suites(suites)
    assert WRONG in {check.verdict for check in checks}
    with pytest.raises(SystemExit, match="not explained"):
        expectations.demand_reasons(checks)


def test_a_wrong_title_counts(suites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(suites / "chardet+chardet/a.xml", "<rss><channel><title>other</title></channel></rss>")
    assert expectations.real(suites) == 0.0
    assert "chardet+chardet/a.xml: wanted" in capsys.readouterr().out


def test_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with gzip.open(tmp_path / "a.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"title": "제분소가 문을 열었다", "text": "", "lang": "ko"}))
    expectations.languages(tmp_path)
    assert (
        "| ko       |        1 |                1 |          1 |                1 |"
        in capsys.readouterr().out
    )
