"""Every command, as people and programs call it: what it prints, and its exit status."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest

from tests.support.press import MENTION, Press, article
from tests.support.program import DESK, PLANTS, Program, assert_quiet, commands_in
from tests.support.servers import reply
from tests.support.slack import TOKEN, Fault, SlackServer
from tests.support.smtp import MailServer

LANGUAGES = {"en", "ko", "zh", "ja", "ru"}


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
    assert [row["health"] for row in rows] == ["ok", "ok", "unreachable"]
    assert [row["items"] for row in rows] == [3, 3, 0]
    out = desk.run("feeds", "list").out
    assert all(row["url"] in out for row in rows)
    assert out.endswith("3 feeds.\n")


def test_stats(desk: Program) -> None:
    found = desk.run("stats", "--json").json
    assert (found["feeds"], found["feeds_in_trouble"], found["items"]) == (3, 1, 6)
    assert found["mentions"] == 2
    assert found["alerts"] == {"dead": 1, "sent": 1}
    assert found["in_trouble"][0]["note"] == "the server answered 500 Internal Server Error"
    out = desk.run("stats").out
    assert "3 feeds: 2 ok, 1 in trouble" in out
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
    words = (
        "--name",
        "Two",
        "--language",
        "ko",
        "--kind",
        "wire",
        "--interval",
        "15m",
        "--no-check",
    )
    out = program.run("feeds", "add", "https://two.example/rss", *words).out
    assert out == "added to feeds.toml: Two\n" or out.endswith("feeds.toml: Two\n")
    added = program.run("feeds", "add", "https://three.example/rss", "--no-check", "--json").json
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
        "feeds",
        "add",
        "https://k.example/",
        "--no-check",
        "--name",
        "평양 <신문> & co",
        "--kind",
        "wire",
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
    assert {name["language"] for row in rows for name in row["names"]} == LANGUAGES
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
