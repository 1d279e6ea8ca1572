"""Every command, as people and programs call it: output, exit status, and what it leaves alone."""

from __future__ import annotations

import importlib
import json
import resource
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from monitor.cli.main import COMMANDS
from tests.support.press import Press, article
from tests.support.press import words as some_words
from tests.support.program import DESK, PLANTS, Program, Ran, assert_quiet
from tests.support.servers import reply
from tests.support.slack import TOKEN, Fault, SlackServer
from tests.support.smtp import MailServer

PLANT = "Huichon Power Station of the DPRK"
MENTION = "Work goes on at the Huichon Power Station in the DPRK"
# Characters that command a terminal, turn text round or break a line, as a publisher may send them.
HOSTILE = (
    "\x1b]0;owned\x07\x1b[31mred \x9b2J \u202egnp.exe \u2028 two\nlines [bold]x[/bold] :smile:"
)


# ── help ─────────────────────────────────────────────────────────────────────────────────────────


def command_of(name: str) -> click.Command:
    module, attribute = COMMANDS[name][0].split(":")
    found = getattr(importlib.import_module(f"monitor.cli.{module}"), attribute)
    assert isinstance(found, click.Command)
    return found


def all_commands() -> list[tuple[str, ...]]:
    """Every command and every command of a group."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = command_of(name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, sub) for sub in command.commands]
    return found


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], str]:
    """What each says about itself. Two processes at a time: starting them is most of this module."""
    program = Program(tmp_path_factory.mktemp("help"))
    with ThreadPoolExecutor(2) as two:
        texts = two.map(lambda words: program.run(*words, "--help").out, all_commands())
        return dict(zip(all_commands(), texts, strict=True))


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_help_has_an_example(helps: dict[tuple[str, ...], str], words: tuple[str, ...]) -> None:
    text = helps[words]
    examples = [line for line in text.splitlines() if f"wirewatch {' '.join(words)}" in line]
    assert any(not line.startswith("Usage:") for line in examples), text


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help_is_that_of_the_table(name: str) -> None:
    assert command_of(name).short_help == COMMANDS[name][1]


def test_the_list_of_commands(program: Program) -> None:
    out = program.run("--help").out
    for name, (_, words) in COMMANDS.items():
        assert name in out
        assert words in out
    assert program.run("--version").out.startswith("wirewatch ")


def test_help_and_completion_import_nothing_heavy(program: Program) -> None:
    heavy = ["sqlite_utils", "datasette", "httpx", "rich", "feedparser", "apscheduler"]
    probe = (
        "import sys; sys.argv = ['wirewatch', '--help']\n"
        "from monitor.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print([m for m in {heavy} if m in sys.modules], file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == "[]\n"
    program.environment |= {
        "_WIREWATCH_COMPLETE": "bash_complete",
        "COMP_WORDS": "wirewatch wa",
        "COMP_CWORD": "1",
    }
    assert program.run().out == "plain,watchlist\n"


# ── a desk that has polled ───────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A database after two rounds: two feeds that answer, one that does not, two alerts."""
    with Press(3) as press, SlackServer() as slack:
        program = Program(tmp_path_factory.mktemp("desk"), {"WIREWATCH_SLACK_URL": slack.url})
        program.write(press.feeds, DESK)
        for paper in (0, 1):
            press.articles[paper] = (article(1, paper=paper), article(2, paper=paper))
        press.odd[2] = lambda _: reply(status=500)
        program.run("poll", "--all", status=1)
        for paper in (0, 1):
            # Two headlines that share little, else they tell of one event and one alert goes out.
            title = f"{some_words(14, f'hostile {paper}')}: {(MENTION, PLANT)[paper]} {HOSTILE}"
            text = f"{HOSTILE} {some_words(40, str(paper))}"
            press.articles[paper] += (article(3, title, text, paper=paper),)
        slack.faults.append(Fault(status=410, body=f"channel_is_archived \x1b[31m{TOKEN}"))
        program.run("poll", "--all", status=1)
        assert len(slack.accepted) == 1
        yield program


def test_poll_says_what_it_did(program: Program) -> None:
    with Press(2) as press:
        program.write(press.feeds)
        press.articles[0] = (article(1, MENTION), article(2))
        press.odd[1] = lambda _: reply(status=503)
        found = program.run("poll", "--all", "--json", status=1).json
        assert {key: found[key] for key in ("polled", "new", "mentions", "not_stored")} == {
            "polled": 2,
            "new": 2,
            "mentions": 1,
            "not_stored": 0,
        }
        by_name = {feed["name"]: feed for feed in found["feeds"]}
        assert by_name["feed 0"]["seen"] == 2
        assert by_name["feed 1"]["error"] == "http: the server answered 503 Service Unavailable"
        nothing = program.run("poll")
        assert "No feed is due" in nothing.out
        people = program.run("poll", "--all", status=1)
        assert "2 feeds polled: 0 new items" in people.out
        assert people.err == ""


def test_poll_takes_urls_and_names(program: Program) -> None:
    with Press(3) as press:
        program.write(press.feeds)
        found = program.run("poll", press.feed(1), "feed 2", "--json").json
        assert {feed["url"] for feed in found["feeds"]} == {press.feed(1), press.feed(2)}
        assert press.asked == {1: 1, 2: 1}


def test_poll_leaves_alerts_when_told_to(program: Program, slack: SlackServer) -> None:
    with Press(1) as press:
        program.write(press.feeds, DESK)
        program.run("poll", "--all")
        press.articles[0] = (article(1, MENTION),)
        assert program.run("poll", "--all", "--no-alerts", "--json").json["mentions"] == 1
        assert slack.accepted == []
        assert program.count("alerts", "state = 'pending'") == 1
        assert program.run("poll", "--json").json["alerts"]["sent"] == 1
        assert len(slack.accepted) == 1


def test_poll_does_not_wait_as_long_as_slack_may_ask(program: Program, slack: SlackServer) -> None:
    with Press(1) as press:
        program.write(press.feeds, DESK)
        program.run("poll", "--all")
        press.articles[0] = tuple(article(n, f"{MENTION}, stage {n}") for n in range(3))
        slack.faults.append(Fault(status=429, headers={"Retry-After": "7200"}))
        ran = program.run("poll", "--all", status=1)
        assert "alerts: 1 pending." in ran.out
        assert program.count("alerts", "state = 'pending'") == 3
        assert len(slack.posts) == 1


def test_a_full_disk_is_said_and_loses_nothing(program: Program) -> None:
    with Press(1) as press:
        program.write(press.feeds)
        program.run("poll", "--all")
        press.articles[0] = tuple(article(n, text="word " * 20_000) for n in range(8))
        room = program.database.stat().st_size + 2**16

        def small_disk() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with program.start("poll", "--all", preexec_fn=small_disk, **pipes) as process:
            out, err = (pipe.decode() for pipe in process.communicate(timeout=60))
        assert_quiet(err)
        assert process.returncode == 1, (out, err)
        assert "1 feeds could not be stored; they are still due." in out
        assert "not stored" in err
        assert program.rows("PRAGMA integrity_check")[0]["integrity_check"] == "ok"
        assert program.count("items") == 0
        assert program.run("poll", "--all", "--json").json["new"] == 8


def test_feeds_list(desk: Program) -> None:
    rows = desk.run("feeds", "list", "--json").json
    assert [row["health"] for row in rows] == ["ok", "ok", "failing"]
    assert [row["items"] for row in rows] == [3, 3, 0]
    out = desk.run("feeds", "list").out
    assert all(row["url"] in out for row in rows)
    assert out.endswith("3 feeds.\n")


def test_stats(desk: Program) -> None:
    found = desk.run("stats", "--json").json
    assert (found["feeds"], found["feeds_failing"], found["items"]) == (3, 1, 6)
    assert found["mentions"] == 2
    assert found["alerts"] == {"dead": 1, "sent": 1}
    assert found["failing"][0]["error"] == "http: the server answered 500 Internal Server Error"
    out = desk.run("stats").out
    assert "3 feeds: 2 ok, 1 failing" in out
    assert "alerts: 1 dead, 1 sent" in out


def test_alerts_list(desk: Program) -> None:
    rows = desk.run("alerts", "list", "--json").json
    assert {row["state"] for row in rows} == {"sent", "dead"}
    (dead,) = desk.run("alerts", "list", "--state", "dead", "--json").json
    assert dead["last_error"].startswith("Slack answered 410: channel_is_archived")
    assert TOKEN not in dead["last_error"]
    assert len(desk.run("alerts", "list", "--limit", "1", "--json").json) == 1
    assert "2 alerts." in desk.run("alerts", "list").out


@pytest.mark.parametrize(
    "words",
    [("alerts", "list"), ("search", "Huichon"), ("feeds", "list"), ("stats",)],
    ids=lambda words: words[0],
)
def test_what_feeds_say_is_inert_on_the_terminal(desk: Program, words: tuple[str, ...]) -> None:
    people = desk.run(*words)
    assert commands_in(people.out + people.err) == set()
    lines = people.out.splitlines()
    told = [line for line in lines if "Huichon" in line and "[bold]x[/bold] :smile:" in line]
    shows_titles = words[0] in ("alerts", "search")
    assert len(told) == (2 if shows_titles else 0)  # each on one line, nothing interpreted
    programs = desk.run(*words, "--json")
    assert commands_in(programs.out) == set()
    if shows_titles:  # escaped, not left out
        assert all("\u202egnp.exe" in row["title"] for row in programs.json)


def commands_in(text: str) -> set[str]:
    """Characters that do something else than show a letter."""
    return {c for c in text.replace("\n", "") if not c.isprintable()}


def test_text_of_feeds_would_not_be_inert_as_it_is(desk: Program) -> None:
    """What the test above guards against: the stored titles do hold such characters."""
    titles = desk.rows("SELECT title FROM items WHERE title LIKE '%bold%'")
    assert all("\u202e" in commands_in(row["title"]) for row in titles)
    assert len(titles) == 2


def test_a_terminal_that_knows_few_letters(desk: Program) -> None:
    desk.environment["PYTHONIOENCODING"] = "ascii"
    try:
        assert "Huichon" in desk.run("alerts", "list").out
        assert "Huichon" in desk.run("alerts", "list", "--json").json[0]["title"]
    finally:
        del desk.environment["PYTHONIOENCODING"]


def test_output_that_nobody_reads_to_its_end(desk: Program) -> None:
    for words in (("watchlist", "list", "--json"), ("alerts", "list")):
        with desk.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.stderr is not None
            assert process.stderr.read() == b""
        assert process.returncode == 0


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────


def test_feeds_are_added_and_removed(program: Program) -> None:
    program.write(["https://one.example/rss"])
    before = (program.folder / "feeds.toml").read_text()
    words = ("--name", "Two", "--language", "ko", "--kind", "wire", "--interval", "15m")
    out = program.run("feeds", "add", "https://two.example/rss", *words).out
    assert out == "added to feeds.toml: Two\n" or out.endswith("feeds.toml: Two\n")
    added = program.run("feeds", "add", "https://three.example/rss", "--json").json
    assert added["feeds"] == ["https://three.example/rss"]
    rows = program.run("feeds", "list", "--json").json
    assert [(row["name"], row["language"], row["interval"]) for row in rows[1:]] == [
        ("Two", "ko", 900),
        ("", "", None),
    ]
    program.run("feeds", "remove", "Two")
    gone = program.run("feeds", "remove", "https://three.example/rss", "--json").json
    assert gone["feeds"] == ["https://three.example/rss"]
    assert (program.folder / "feeds.toml").read_text().split() == before.split()
    assert not program.database.exists()


def test_feeds_go_out_and_come_back(program: Program, tmp_path: Path) -> None:
    urls = [f"https://paper{n}.example/rss?a=1&b=<{n}>" for n in range(3)]
    program.write(urls)
    program.run(
        "feeds", "add", "https://k.example/", "--name", "평양 <신문> & co", "--kind", "wire"
    )
    program.run("feeds", "export", "out.opml")
    exported = program.run("feeds", "export").out
    assert (tmp_path / "out.opml").read_text(encoding="utf-8") == exported
    listed = program.run("feeds", "list", "--json").json
    again = program.run("feeds", "import", "out.opml").out
    assert "0 feeds (4 were there already)" in again
    program.subscribe(urls[:1])
    came = program.run("feeds", "import", "out.opml", "--json").json
    assert came["feeds"] == [*urls[1:], "https://k.example/"]
    assert program.run("feeds", "list", "--json").json == listed


def test_a_name_from_a_foreign_list_is_inert(program: Program) -> None:
    program.write(["https://one.example/rss"])
    outline = '<outline type="rss" text="&#x202e;gnp&#x9b;2J" xmlUrl="https://two.example/"/>'
    opml = f'<opml version="2.0"><body>{outline}</body></opml>'
    (program.folder / "in.opml").write_text(opml)
    for words in (("import", "in.opml"), ("list",), ("remove", "https://two.example/")):
        ran = program.run("feeds", *words)
        assert commands_in(ran.out + ran.err) == set(), words


# ── watchlist, init ──────────────────────────────────────────────────────────────────────────────


def test_watchlist_list(program: Program) -> None:
    program.write(["https://one.example/rss"])
    rows = program.run("watchlist", "list", "--json").json
    assert {row["id"] for row in rows} >= {"huichon-power-station", "sunchon-cement-complex"}
    assert {name["language"] for row in rows for name in row["names"]} == set(SENTENCES)
    people = program.run("watchlist", "list", "--sector", "electric-power").out
    assert "Huichon Power Station" in people
    assert "Sunchon" not in people
    assert "2 entities" in people


def test_watchlist_check(program: Program) -> None:
    found = program.run("watchlist", "check", str(PLANTS), "--json").json
    assert found["failures"] == []
    assert found["watchlists"][0]["entities"] == 4
    assert "self-tests: all passed" in program.run("watchlist", "check", str(PLANTS)).out
    wrong = PLANTS.read_text(encoding="utf-8").replace(
        "Huichon Machine Tool Factory", "희천발전소에서"
    )
    (program.folder / "wrong.toml").write_text(wrong, encoding="utf-8")
    failed = program.run("watchlist", "check", "wrong.toml", status=1)
    assert "self-tests: 1 failed" in failed.out
    assert "huichon-power-station" in failed.err
    assert (
        len(program.run("watchlist", "check", "wrong.toml", "--json", status=1).json["failures"])
        == 1
    )


def test_init_writes_files_that_work(program: Program) -> None:
    out = program.run("init", "new").out
    assert "wirewatch.toml" in out
    assert "feeds.toml" in out
    written = program.run("init", "other", "--json").json["written"]
    assert [Path(name).name for name in written] == ["wirewatch.toml", "feeds.toml"]
    assert len(program.run("feeds", "list", "--config", "new/wirewatch.toml", "--json").json) > 10
    (program.folder / "new" / "wirewatch.toml").write_text("mine")
    assert "--force" in program.run("init", "new", status=2).err
    assert (program.folder / "new" / "wirewatch.toml").read_text() == "mine"
    program.run("init", "new", "--force")
    assert (program.folder / "new" / "wirewatch.toml").read_text() != "mine"


# ── tag ──────────────────────────────────────────────────────────────────────────────────────────

SENTENCES = {
    "en": "In the DPRK the 🏭 Tanchon Power Station was commissioned.",
    "ko": "🏭 평양에서 단천발전소가 준공되였다.",
    "zh": "朝鲜𠮷端川发电站竣工。",
    "ja": "朝鮮の端川発電所が竣工した。",
    "ru": "В КНДР сдана Танчхонская ГЭС.",
}


MENTION_KEYS = {"entity", "surface", "field", "start", "end", "name", "state", "rule"}


def tag(program: Program, given: bytes | str, *, status: int = 0) -> Any:
    data = given if isinstance(given, bytes) else given.encode()
    return program.run("tag", "--watchlist", str(PLANTS), given=data, status=status)


def test_tag_takes_json_lines_and_gives_exact_places(program: Program) -> None:
    items = [
        {"id": language, "title": f"⚡ {text}", "text": f"\n  {text}", "lang": language}
        for language, text in SENTENCES.items()
    ]
    given = (
        "\ufeff\n" + "\n\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\r\n"
    )
    lines = tag(program, given).lines
    assert [line["id"] for line in lines] == list(SENTENCES)
    for item, line in zip(items, lines, strict=True):
        found = line["mentions"]
        assert {m["field"] for m in found} == {"title", "text"}
        assert {m["entity"] for m in found} == {"tanchon-power-station"}
        for m in found:
            assert item[m["field"]][m["start"] : m["end"]] == m["surface"], item
            assert set(m) == MENTION_KEYS


def test_tag_takes_any_text(program: Program) -> None:
    text = "\n\n Первая строка.\r\nНа Хичхонской ГЭС — 희천발전소.\n"
    (line,) = tag(program, text).lines
    assert [text[m["start"] : m["end"]] for m in line["mentions"]] == [
        "Хичхонской ГЭС",
        "희천발전소",
    ]
    (program.folder / "text.txt").write_bytes(text.encode("utf-8-sig"))
    (same,) = program.run("tag", "text.txt", "-w", str(PLANTS)).lines
    assert same == {**line, "id": "text.txt"}


def test_tag_takes_nothing(program: Program) -> None:
    for empty in ("", "\n \n"):
        assert tag(program, empty).lines == [{"id": "<stdin>", "mentions": []}]


DEEP = '{"id": 1, "text": ' + "[" * 100_000 + "]" * 100_000 + "}"


def test_tag_goes_on_after_bad_lines(program: Program) -> None:
    good = '{"id": 9, "text": "희천발전소"}'
    bad = {
        2: b'{"text": ',
        3: b"[1, 2]",
        4: b'{"title": 7}',
        5: b'{"text": "\xff"}',
        6: DEEP.encode(),
        7: b'{"id": NaN, "text": "x"}',
        8: b'{"id": ' + b"9" * 5000 + b"}",
    }
    ran = tag(program, b"\n".join((good.encode(), *bad.values(), good.encode())), status=1)
    assert [line["id"] for line in ran.lines] == [9, 9]
    complaints = ran.err.splitlines()
    assert [int(line.split("line ")[1].split(":")[0]) for line in complaints] == list(bad)


def test_tag_counts_lines_from_the_first(program: Program) -> None:
    ran = tag(program, '\n\n{"id": 1}\nnonsense\n', status=1)
    assert "line 4" in ran.err


@pytest.mark.parametrize("coding", ["cp949", "gb18030", "utf-16", "koi8-r"])
def test_tag_refuses_other_encodings(program: Program, coding: str) -> None:
    letters = {"koi8-r": "На Хичхонской ГЭС", "gb18030": "端川发电站"}.get(coding, "희천발전소")
    ran = tag(program, letters.encode(coding), status=1)
    assert ran.out == ""
    assert "not UTF-8" in ran.err


def test_tag_takes_lone_surrogates(program: Program) -> None:
    given = '{"id": "\\ud800", "title": "\\udfff 희천발전소 \\ud800", "text": "희천발전소"}'
    (line,) = tag(program, given).lines
    assert line["id"] == "\ud800"
    places = [(m["field"], m["start"], m["end"]) for m in line["mentions"]]
    assert places == [("title", 2, 7), ("text", 0, 5)]


def test_tag_is_inert_on_the_terminal(program: Program) -> None:
    ran = tag(program, json.dumps({"id": "\x1b[31m\u202e\x9b", "text": "희천\u200b발전소"}))
    assert commands_in(ran.out) == set()
    (line,) = ran.lines
    assert line["id"] == "\x1b[31m\u202e\x9b"
    complaint = tag(program, b'{"id": "\x1b]0;x\x07\xc2\x9b", }', status=1)
    assert commands_in(complaint.err) == set()


# ── alerts test ──────────────────────────────────────────────────────────────────────────────────

MAIL = """
[channel.mail]
type = "email"
host = "127.0.0.1"
port = {port}
security = "none"
sender = "wirewatch@example.org"
to = ["a@example.org", "b@example.org"]
timeout = 5
data_timeout = 1
"""


def test_alerts_test_by_slack(program: Program, slack: SlackServer) -> None:
    program.write(["https://one.example/rss"], DESK)
    assert program.run("alerts", "test", "desk").out == "desk: sent\n"
    assert len(slack.accepted) == 1
    slack.faults.append(Fault(status=404, body=f"no_service {TOKEN}"))
    ran = program.run("alerts", "test", "desk", "--json", status=1)
    (answer,) = ran.json
    assert answer["outcome"] == "refused"
    assert answer["message"].startswith("Slack answered 404: no_service")
    slack.faults.append(Fault(drop=True))
    assert program.run("alerts", "test", "desk", status=1).out.startswith("desk: in-doubt: ")
    slack.stop()
    gone = program.run("alerts", "test", "desk", status=1)
    assert gone.out.startswith("desk: later: ")
    assert TOKEN not in ran.out + ran.err + gone.out + gone.err
    assert not program.database.exists()


def test_alerts_test_by_mail(program: Program) -> None:
    with MailServer() as server:
        program.write(["https://one.example/rss"], MAIL.format(port=server.port))
        out = program.run("alerts", "test", "mail").out
        assert out == "mail:a@example.org: sent\nmail:b@example.org: sent\n"
        assert server.recipients == ["a@example.org", "b@example.org"]
        server.faults.append("550 5.1.1 no such mailbox \x1b[31m")
        ran = program.run("alerts", "test", "mail", status=1)
        assert ran.out.startswith("mail:a@example.org: refused: recipient: the server answered 550")
        assert commands_in(ran.out) == set()


# ── serve ────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def served(program: Program) -> Iterator[str]:
    """`wirewatch serve` on a free port; gives its address."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with program.start("serve", "--port", "0", **pipes) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline().decode()
            assert line.startswith("Datasette: http://127.0.0.1:"), (line, process.poll())
            yield line.split()[1]
            process.terminate()
            _, err = process.communicate(timeout=60)
            assert_quiet(err.decode())
            assert process.returncode in (0, -signal.SIGTERM)
        finally:
            process.kill()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def test_serve_shows_described_tables(desk: Program) -> None:
    with served(desk) as address:
        rows = json.loads(get(f"{address}wirewatch/items.json?_shape=array&_sort=id"))
        assert [row["title"] for row in rows][:2] == [
            row["title"] for row in desk.rows("SELECT title FROM items ORDER BY id LIMIT 2")
        ]
        page = get(f"{address}wirewatch/items")
        assert "An article by one publisher" in page
        assert "Link, as published" in page
        with pytest.raises(urllib.error.HTTPError):
            get(f"{address}wirewatch.db")


def test_serve_while_the_daemon_writes(program: Program) -> None:
    with Press(1) as press:
        program.write(press.feeds, DESK)
        press.articles[0] = (article(1),)
        with program.daemon() as daemon:
            daemon.until(lambda: program.count_or_none("items"))
            with served(program) as address:
                listed = json.loads(get(f"{address}wirewatch/items.json?_shape=array"))
                assert len(listed) == 1
            assert daemon.stop() == 0


def test_serve_says_when_the_port_is_taken(desk: Program) -> None:
    with served(desk) as address:
        port = address.rsplit(":", 1)[1].strip("/")
        ran = desk.run("serve", "--port", port, status=2)
    assert f"cannot listen on 127.0.0.1 port {port}" in ran.err


# ── wrong calls and settings ─────────────────────────────────────────────────────────────────────

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
