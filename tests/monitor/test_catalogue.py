"""The catalogue of public feeds: what it holds, how it is read, and the lists made from it."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from feeds.feed_keys import KINDS, feed_identity
from feeds.lists import read_list, remove_from_list
from monitor.cli.main import program
from monitor.config import init_files, load
from monitor.errors import ConfigError
from monitor.sources import (
    ANSWERED,
    EVIDENCE,
    GROUPS,
    catalogue,
    choose,
    feed_list,
    read_catalogue,
)

LISTINGS = catalogue()
PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"


def run(*args):
    return CliRunner().invoke(program, args, catch_exceptions=True)


# What is in it


def test_it_is_of_the_size_that_its_page_tells():
    assert 60 <= len(LISTINGS) <= 70
    assert 25 <= sum(listing.start for listing in LISTINGS) <= 30


def test_its_page_says_how_many_and_what_each_evidence_means():
    page = PAGE.read_text(encoding="utf-8")
    start = sum(listing.start for listing in LISTINGS)
    assert f"a catalogue of {len(LISTINGS)} public feeds" in page
    assert {int(found) for found in re.findall(r"[Tt]he (\d+)\b", page)} == {start}
    table = page.split("| evidence |")[1].split("\n\n")[0]
    assert re.findall(r"^\| (.+?) \| ", table, re.MULTILINE) == list(EVIDENCE)
    assert {listing.evidence for listing in LISTINGS} == set(EVIDENCE)


def test_every_feed_stands_in_it_once():
    for count in (
        Counter(feed_identity(listing.feed.url) for listing in LISTINGS),
        Counter(listing.feed.url.partition("://")[2].rstrip("/") for listing in LISTINGS),
        Counter(listing.feed.name.casefold() for listing in LISTINGS),
    ):
        assert max(count.values()) == 1


def test_five_languages_and_all_kinds_of_source_are_there():
    by_language = Counter(word for listing in LISTINGS for word in listing.languages)
    assert set(by_language) == {"en", "ja", "ko", "ru", "zh"}
    assert min(by_language.values()) >= 3
    assert {listing.feed.kind for listing in LISTINGS} == set(KINDS) - {"blog", "other"}
    assert {word for listing in choose(LISTINGS) for word in listing.languages} == set(by_language)


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.feed.name)
def test_what_is_said_of_each(listing):
    assert listing.feed.url.startswith(("https://", "http://"))
    assert listing.home.startswith(("https://", "http://"))
    assert listing.evidence in EVIDENCE
    assert listing.answered is (listing.evidence in ANSWERED)
    assert listing.feed.language == (listing.languages[0] if len(listing.languages) == 1 else "")
    if not listing.feed.url.startswith("https://"):
        assert "Not over TLS." in listing.notes


def test_publishers_of_korea_write_korean_time():
    korean = [
        listing
        for listing in LISTINGS
        if listing.home.split("/")[2].endswith((".kr", ".kp", "dailynk.com", "kcnawatch.org"))
    ]
    assert len(korean) >= 12
    assert {listing.feed.timezone for listing in korean} == {"Asia/Seoul"}


def test_every_kind_has_a_heading():
    assert sorted(GROUPS) == sorted(KINDS)


# How it is read

GOOD = """\
[[feed]]
name = "Example News"
url = "https://news.example.org/rss"
home = "https://news.example.org"
languages = ["ko"]
kind = "press"
evidence = "listed by a public collector"
"""

TWIN = GOOD.replace("Example News", "Other").replace("https://news.e", "HTTPS://News.E")

REFUSED = [
    (GOOD.replace("https://news.example.org/rss", "ftp://a.example/rss"), "3: feed[1].url: must"),
    (GOOD.replace('"press"', '"newspaper"'), "feed[1].kind: must be one of"),
    (GOOD.replace('["ko"]', '["Korean"]'), "feed[1].languages[1]: must be"),
    (GOOD.replace('["ko"]', "[]"), "feed[1].languages: must not be empty"),
    (GOOD.replace('"listed by', '"seen by'), "feed[1].evidence: must be one of"),
    (GOOD + 'language = "ko"\n', "8: feed[1].language: unknown key"),
    (GOOD + 'start = "yes"\n', "8: feed[1].start: must be true or false"),
    (GOOD + 'timezone = "Asia/Soul"\n', "8: feed[1].timezone: must be"),
    (GOOD + GOOD.replace("/rss", "/rss2"), "9: feed[2].name: stands at own.toml:1 already"),
    (GOOD + TWIN, "10: feed[2].url: stands at own.toml:1 already"),
    ("# nothing\n", "own.toml: feed: is missing"),
    ("feed = [\n", "is not TOML"),
    *(
        ("\n".join(line for line in GOOD.splitlines() if not line.startswith(key)), f"{key}: is mi")
        for key in ("name", "url", "home", "languages", "kind", "evidence")
    ),
]


def test_a_good_one_is_read_whole():
    (listing,) = read_catalogue(GOOD.encode(), "own.toml")
    assert (listing.feed.name, listing.feed.language) == ("Example News", "ko")
    assert (listing.start, listing.notes, listing.answered) == (False, "", False)
    (listing,) = read_catalogue(GOOD.replace('["ko"]', '["ko", "en"]').encode(), "own.toml")
    assert (listing.languages, listing.feed.language) == (("ko", "en"), "")


@pytest.mark.parametrize(("text", "complaint"), REFUSED)
def test_mistakes_are_named(text, complaint):
    with pytest.raises(ConfigError) as caught:
        read_catalogue(text.encode(), "own.toml")
    (line,) = caught.value.lines
    assert complaint in line
    assert line.startswith("own.toml")


# What is chosen


def test_choices_narrow_each_other():
    every = choose(LISTINGS, everything=True)
    assert every == LISTINGS
    assert choose(LISTINGS) == tuple(listing for listing in every if listing.start)
    wires = choose(LISTINGS, kinds=["wire", "analysis"], languages=["en", "ja"], everything=True)
    assert {listing.feed.kind for listing in wires} == {"wire", "analysis"}
    assert {listing.feed.language for listing in wires} == {"en", "ja"}
    assert set(choose(LISTINGS, kinds=["wire"], languages=["en"])) < set(wires)


def test_a_feed_of_several_languages_goes_with_each():
    for language in ("ko", "en"):
        names = [listing.feed.name for listing in choose(LISTINGS, languages=[language])]
        assert "KCNA Watch" in names


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ({"languages": ["ko", "de"]}, 'language "de": not in the catalogue, which has en, ja, ko'),
        ({"kinds": ["wires"]}, 'kind "wires": not in the catalogue, which has analysis, broad'),
        ({"kinds": ["ngo"]}, "no feed of the catalogue is all of that; 1 more with --all-feeds"),
        (
            {"kinds": ["ngo"], "languages": ["zh"], "everything": True},
            "no feed of the catalogue is all of that",
        ),
    ],
)
def test_an_empty_choice_is_refused(wanted, complaint):
    with pytest.raises(ConfigError) as caught:
        choose(LISTINGS, **wanted)
    assert str(caught.value).startswith(complaint)


# The list that is written


def test_the_list_is_read_back_as_it_was_chosen(tmp_path):
    path = tmp_path / "feeds.toml"
    path.write_text(feed_list(LISTINGS), encoding="utf-8")
    assert read_list(path) == tuple(listing.feed for listing in LISTINGS)
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 100


def test_each_feed_stands_under_its_group_with_its_evidence():
    text = feed_list(choose(LISTINGS))
    headings = [line[5:-3] for line in text.splitlines() if line.startswith("# ── ")]
    there = {listing.feed.kind for listing in choose(LISTINGS)}
    assert headings == [heading for kind, heading in GROUPS.items() if kind in there]
    for part in text.split("# ── ")[1:]:
        kinds = {table["kind"] for table in tomllib.loads("# " + part)["feed"]}
        assert [GROUPS[kind] for kind in kinds] == [part.partition(" ──")[0]]
    for listing in choose(LISTINGS):
        table = text.split(f'url = "{listing.feed.url}"')[0].rpartition("[[feed]]")[2]
        said = " ".join(line.removeprefix("# ") for line in table.split("\n")).strip().casefold()
        assert said.startswith(f"{listing.evidence}.".casefold())
        assert said.endswith(listing.notes.casefold())


def test_a_feed_that_is_removed_takes_its_comment_along(tmp_path):
    path = tmp_path / "feeds.toml"
    path.write_text(feed_list(LISTINGS), encoding="utf-8")
    assert "Rimjin-gang" in path.read_text(encoding="utf-8")
    remove_from_list(path, "AsiaPress")
    assert "Rimjin-gang" not in path.read_text(encoding="utf-8")


# The commands


def test_init_writes_what_was_chosen(tmp_path):
    path, _ = init_files(tmp_path / "all", chosen=LISTINGS)
    assert len(load(path, environ={}).feeds) == len(LISTINGS)
    done = run(
        "init", str(tmp_path / "some"), "--languages", "ko, en", "--kinds", "WIRE", "--all-feeds"
    )
    assert done.exit_code == 0
    chosen = choose(LISTINGS, languages=["ko", "en"], kinds=["wire"], everything=True)
    assert f"{len(chosen)} feeds" in done.output
    config = load(tmp_path / "some" / "wirewatch.toml", environ={})
    assert config.feeds == tuple(listing.feed for listing in chosen)


def test_init_writes_nothing_for_a_wrong_choice(tmp_path):
    done = run("init", str(tmp_path / "none"), "--languages", "de")
    assert isinstance(done.exception, ConfigError)
    assert not (tmp_path / "none").exists()


def test_the_catalogue_is_listed_with_what_is_known():
    done = run("feeds", "catalogue", "--json")
    rows = json.loads(done.stdout)
    assert [row["url"] for row in rows] == [listing.feed.url for listing in LISTINGS]
    (row,) = [row for row in rows if row["name"] == "NK News"]
    assert row == {
        "url": "https://www.nknews.org/feed/",
        "name": "NK News",
        "home": "https://www.nknews.org",
        "languages": ["en"],
        "kind": "specialist",
        "timezone": "",
        "adapter": None,
        "interval": None,
        "evidence": "in daily use in September 2026",
        "answered": True,
        "notes": "Articles behind a paywall.",
        "start": True,
    }


def test_the_catalogue_is_listed_for_people():
    done = run(
        "feeds", "catalogue", "--language", "ja", "--language", "zh", "--kind", "broadcaster"
    )
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert "Broadcasters (broadcaster)" in [line.strip() for line in lines]
    assert [line.split("  ")[0].strip() for line in lines if "https://" in line] == [
        "KBS World Chinese",
        "NHK international",
    ]
    assert lines[-1] == "2 feeds, 0 of them written by `wirewatch init`."
    assert "●" in run("feeds", "catalogue").stdout
