"""`feeds doctor` and `feeds add` as people call them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import tomllib
from collections.abc import Callable

from tests.support.checkups import XML, entry, page, rss
from tests.support.press import Press
from tests.support.program import PATIENCE, Program, commands_in
from tests.support.servers import HttpServer, Request, reply

RSS = "application/rss+xml"
HOSTILE = "a\x9b2J\u202egnp\u200b.exe [bold]x[/bold]"
ONE = page(f"{RSS} /good")
TWO = page(f"{RSS} /good", f"{RSS} /bad").replace(
    b'href="/bad"', f'href="/bad" title="{HOSTILE}"'.encode()
)


def newest(count: int = 6) -> tuple[str, ...]:
    """Entries of days gone by; the clock of the program is the machine's."""
    return tuple(
        entry(number, date=f"0{number} Mar 2024 09:00 GMT") for number in range(1, count + 1)
    )


PAGES = {
    "/good": rss(*newest()).encode(),
    "/bad": rss(*(entry(n, date=None, title=f"{HOSTILE} 평양화력발전소") for n in (1, 2)), title=HOSTILE).encode(),
    "/": ONE,
    "/two": TWO,
}  # fmt: skip


def route(request: Request) -> bytes:
    if request.headers.get("if-none-match"):
        return reply(status=304)
    body = PAGES.get(request.target)
    return reply(body, headers=[XML, ("ETag", '"1"')]) if body else reply(status=404)


def listed(program: Program) -> list[dict[str, object]]:
    return tomllib.loads((program.folder / "feeds.toml").read_text(encoding="utf-8"))["feed"]


def with_site(program: Program, use: Callable[[HttpServer], None]) -> None:
    with HttpServer(route) as server:
        program.write(["https://one.example/rss"])
        use(server)


def test_doctor(program: Program) -> None:
    def ask(server: HttpServer) -> None:
        good = program.run("feeds", "doctor", server.url("/good")).out
        assert "conditional ones work (ETag)" in good
        toml = tomllib.loads(good[good.index("[[feed]]") :])["feed"][0]
        assert toml == {"url": server.url("/good"), "name": "Bulletin", "language": "ko"}
        of_page = program.run("feeds", "doctor", server.url("/"), "--json").json
        assert (of_page["page"], of_page["url"], of_page["requests"]) == (
            True,
            server.url("/good"),
            3,
        )
        assert of_page["error"] is None
        bad = program.run("feeds", "doctor", server.url("/bad"), status=1)
        assert "WRONG dates" in bad.out
        two = program.run("feeds", "doctor", server.url("/two"), status=1)
        assert server.url("/bad") in two.out
        none = program.run("feeds", "doctor", server.url("/none"), status=1)
        assert "404" in none.out
        for ran in (bad, two):
            assert commands_in(ran.out + ran.err) == set()
        assert len(listed(program)) == 1
        assert not program.database.exists()

    with_site(program, ask)


def test_doctor_without_settings_keeps_to_public_addresses(program: Program) -> None:
    with HttpServer(route) as server:
        found = program.run("feeds", "doctor", server.url("/good"), "--json", status=1).json
        assert server.requests == []
    assert found["error"]["reason"] == "refused-address"
    assert "URL" in program.run("feeds", "doctor", "nonsense", status=2).err


def test_add_looks_first(program: Program) -> None:
    def ask(server: HttpServer) -> None:
        added = program.run("feeds", "add", server.url("/"), "--kind", "press").out
        assert "nothing wrong with it" in added
        assert listed(program)[1] == {
            "url": server.url("/good"),
            "name": "Bulletin",
            "language": "ko",
            "kind": "press",
        }
        again = program.run("feeds", "add", server.url("/"), status=2)
        assert "is watched already" in again.err
        refused = program.run("feeds", "add", server.url("/none"), status=2)
        assert "404" in refused.err
        assert "--no-check" in refused.err
        asked = len(server.requests)
        program.run("feeds", "add", server.url("/none"), "--no-check")
        assert len(server.requests) == asked
        bad = program.run("feeds", "add", server.url("/bad"), "--language", "ja")
        assert "no entry has one" in bad.out
        assert listed(program)[3]["language"] == "ja"
        assert commands_in(bad.out + bad.err) == set()

    with_site(program, ask)


def test_add_of_several_asks_or_lists_them(program: Program) -> None:
    def ask(server: HttpServer) -> None:
        ran = program.run("feeds", "add", server.url("/two"), status=2)
        assert server.url("/good") in ran.err
        assert server.url("/bad") in ran.err
        assert commands_in(ran.out + ran.err) == set()
        data = program.run("feeds", "add", server.url("/two"), "--json", status=2).json
        assert [link["url"] for link in data["choices"]] == [
            server.url("/good"),
            server.url("/bad"),
        ]
        assert len(listed(program)) == 1
        ours, theirs = pty.openpty()
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with program.start("feeds", "add", server.url("/two"), stdin=theirs, **pipes) as process:
            os.write(ours, b"1\n")
            out, err = process.communicate(timeout=PATIENCE)
        os.close(ours)
        os.close(theirs)
        assert process.returncode == 0, err
        assert b"added to" in out
        assert listed(program)[1]["url"] == server.url("/good")

    with_site(program, ask)


def test_add_offline_warns_and_adds(program: Program) -> None:
    program.write(["https://one.example/rss"])
    ran = program.run("feeds", "add", "http://127.0.0.1:9/rss")
    assert "added unseen" in ran.err
    assert listed(program)[1] == {"url": "http://127.0.0.1:9/rss"}


def test_the_daemon_watches_it_at_once(program: Program) -> None:
    with Press(2) as press:
        program.write(press.feeds[:1])
        with program.daemon() as daemon:
            daemon.wait_for("watching")
            daemon.until(lambda: program.count_or_none("polls") == 1)
            out = program.run("feeds", "add", press.feed(1), "--no-check").out
            assert f"The daemon (process {daemon.process.pid}) goes on with 2 feeds." in out
            daemon.until(lambda: press.asked[1])
            out = program.run("feeds", "remove", press.feed(1)).out
            assert out.endswith(" goes on with 1 feeds.\n")
            list_file = program.folder / "more.opml"
            list_file.write_text(f"<opml><outline xmlUrl='{press.feed(1)}'/></opml>")
            asked = json.loads(program.run("feeds", "import", str(list_file), "--json").out)
            assert asked["daemon"] == {"pid": daemon.process.pid, "feeds": 2}
            assert daemon.stop() == 0
