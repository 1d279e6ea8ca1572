"""Wrong calls and settings: named in a line, exit status 2, and nothing changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.program import DESK, PLANTS, Program, Ran
from tests.support.slack import TOKEN

GOOD = 'watchlists = ["{plants}"]\n'

# what is wrong → settings, command, what the error names
WRONG: dict[str, tuple[str | bytes, str, str]] = {
    "not TOML": ("feeds = [", "poll", "wirewatch.toml"),
    "not UTF-8": (b'database = "\xff"', "poll", "not UTF-8"),
    "unknown key": (GOOD + "[fetch]\nconctact = 1", "poll", 'did you mean "contact"'),
    "a value of the wrong kind": (GOOD + '[fetch]\nhost_gap = "soon"', "poll", "fetch.host_gap"),
    "no feed list": (GOOD + 'feeds = ["other.toml"]', "poll", "other.toml"),
    "a broken feed list": (GOOD + 'feeds = ["broken.toml"]', "poll", "broken.toml"),
    "no such watchlist": ('watchlists = ["none"]', "poll", "none"),
    "a broken watchlist": ('watchlists = ["broken.toml"]', "poll", "broken.toml"),
    "a rule for what is not watched": (
        GOOD + DESK.replace("to =", 'sectors = ["fisheries"]\nto ='),
        "poll",
        "fisheries",
    ),
    "a rule to nobody": (GOOD + DESK.replace('["desk"]', '["disk"]'), "poll", "disk"),
    "a secret that is not there": (
        GOOD + DESK.replace("SLACK_URL", "NONE"),
        "poll",
        "WIREWATCH_NONE",
    ),
    "a secret in the file": (GOOD + DESK.replace("env:", "https://x/"), "poll", "webhook_url"),
    "the database is a folder": (GOOD + 'database = "folder"', "poll", "database"),
    "the database is something else": (GOOD + 'database = "broken.toml"', "poll", "broken.toml"),
    "no folder for the database": (GOOD + 'database = "no/such.db"', "poll", "database"),
    "no certificates": (GOOD + '[fetch]\nca_file = "broken.toml"', "poll", "fetch.ca_file"),
    "a log level": (GOOD + '[log]\nlevel = "loud"', "run", "log.level"),
    "run: no feed list": (GOOD + 'feeds = ["other.toml"]', "run", "other.toml"),
    "run: no certificates": (GOOD + '[fetch]\nca_file = "broken.toml"', "run", "fetch.ca_file"),
    "an unknown feed": (GOOD, "poll https://other.example/", "not a subscribed feed"),
    "an unknown channel": (GOOD, "alerts test nobody", "nobody"),
    "an unknown option": (GOOD, "poll --everything", "--everything"),
    "an unknown command": (GOOD, "pole", "pole"),
    "an unknown state": (GOOD, "alerts list --state lost", "lost"),
    "no database for stats": (GOOD, "stats", "no database yet"),
    "no database for alerts": (GOOD, "alerts list", "no database yet"),
    "no database for serve": (GOOD, "serve --port 0", "no database yet"),
    "stats of something else": (GOOD + 'database = "broken.toml"', "stats", "broken.toml"),
    "stats of another database": (GOOD + 'database = "other.db"', "stats", "other.db"),
    "alerts of another database": (GOOD + 'database = "other.db"', "alerts list", "other.db"),
    "feeds of another database": (GOOD + 'database = "other.db"', "feeds list", "other.db"),
    "poll into another database": (GOOD + 'database = "other.db"', "poll", "other.db"),
    "a feed that is no URL": (GOOD, "feeds add nonsense", "nonsense"),
    "a feed that is no good URL": (GOOD, "feeds add http://[::1/", "http"),
    "a feed that is a file": (GOOD, "feeds add file:///etc/passwd", "must begin with http"),
    "a feed that is there": (GOOD, "feeds add https://one.example/rss", "watched already"),
    "a feed too often": (GOOD, "feeds add https://b.example/ --interval 5s", "--interval"),
    "a feed at no time": (GOOD, "feeds add https://b.example/ --interval ²", "--interval"),
    "a feed of an unknown kind": (GOOD, "feeds add https://b.example/ --kind rumour", "rumour"),
    "a feed that is not there": (GOOD, "feeds remove https://b.example/", "b.example"),
    "an import of nothing": (GOOD, "feeds import none.opml", "none.opml"),
    "an import of something else": (GOOD, "feeds import broken.toml", "OPML"),
    "an export into nowhere": (GOOD, "feeds export no/such.opml", "such.opml"),
    "an unknown watchlist": (GOOD, "watchlist list nonsense", "nonsense"),
    "a watchlist that is broken": (GOOD, "watchlist check broken.toml", "broken.toml"),
    "a text that is not there": (GOOD, "tag none.txt", "none.txt"),
    "a port beyond all": (GOOD, "serve --port 70000", "70000"),
}


def everything_in(folder: Path) -> dict[str, bytes]:
    """All files but the lock, which is empty of meaning when nobody holds it."""
    files = (f for f in folder.rglob("*") if f.is_file() and f.suffix != ".lock")
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    ran: Ran
    before: dict[str, bytes]
    after: dict[str, bytes]


def tried(folder: Path, what: str) -> Tried:
    """A wrong call in a folder of its own, with the files that calls trip over."""
    settings, words, _ = WRONG[what]
    program = Program(folder, {"WIREWATCH_SLACK_URL": f"http://127.0.0.1:9/{TOKEN}"})
    program.subscribe(["https://one.example/rss"])
    (folder / "folder").mkdir()
    (folder / "broken.toml").write_text("this = = is no TOML, and no database of ours\n")
    other_database(folder / "other.db")
    if isinstance(settings, str):
        settings = settings.replace("{plants}", str(PLANTS)).encode()
    program.config.write_bytes(settings)
    before = everything_in(folder)
    ran = program.run(*words.split(), status=None)
    return Tried(ran=ran, before=before, after=everything_in(folder))


@pytest.fixture(scope="module")
def all_tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tried]:
    with ThreadPoolExecutor(2) as two:
        folders = [tmp_path_factory.mktemp("wrong") for _ in WRONG]
        return dict(zip(WRONG, two.map(tried, folders, WRONG), strict=True))


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_and_nothing_changed(all_tried: dict[str, Tried], what: str) -> None:
    found = all_tried[what]
    assert found.ran.status == 2, found.ran
    assert found.ran.out == ""
    assert WRONG[what][2] in found.ran.err
    assert TOKEN not in found.ran.err
    assert found.after == found.before


def other_database(path: Path) -> None:
    """A database of another program, which has a table of one of our names."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE feeds (something TEXT)")
        db.commit()


def test_no_settings_at_all(program: Program) -> None:
    for words in (("poll",), ("run",), ("stats",), ("feeds", "list"), ("alerts", "test", "desk")):
        assert "`wirewatch init` writes one" in program.run(*words, status=2).err
    assert everything_in(program.folder) == {}
