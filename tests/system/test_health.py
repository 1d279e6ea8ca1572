"""Feeds that fall ill and recover, by the whole program: what is alerted, and what `feeds health` says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.press import Press, article, mention
from tests.support.program import DESK, Program
from tests.support.servers import Request, reply
from tests.support.slack import SlackServer

RULE = "source health"


class Desk(Program):
    """Four papers on hosts of their own, polled by hand."""

    press: Press

    def round(self, times: int = 1) -> None:
        for _ in range(times):
            self.run("poll", "--all", status=None)

    def told(self) -> list[tuple[str, str]]:
        rows = self.rows(
            "SELECT relation, json_extract(payload, '$.title') AS title FROM alerts "
            "WHERE rule = ? ORDER BY id",
            RULE,
        )
        return [(row["relation"], row["title"]) for row in rows]

    def state(self, paper: int = 0) -> str:
        (row,) = self.rows("SELECT health FROM feeds WHERE name = ?", f"feed {paper}")
        return str(row["health"])


@pytest.fixture
def desk(tmp_path: Path, slack: SlackServer) -> Iterator[Desk]:
    with Press(4) as press:
        desk = Desk(tmp_path, {"WIREWATCH_SLACK_URL": slack.url})
        desk.press = press
        for paper in range(4):
            press.articles[paper] = tuple(article(n, paper=paper) for n in range(3))
        desk.write(press.feeds, f"{DESK}[health]\nafter_rounds = 2\n")
        desk.round()
        yield desk


def page(_: Request) -> bytes:
    body = b"<!DOCTYPE html><html><head><title>Hello</title></head><body>A page</body></html>"
    return reply(body, headers=[("Content-Type", "text/html")])


def busy(_: Request) -> bytes:
    return reply(status=503)


TITLES = {
    "unreachable": "feed 0 cannot be reached",
    "not a feed": "feed 1 sends something that is not a feed",
    "empty": "feed 2 has become empty",
    "dropping items": "feed 3 drops items before they are seen",
}


def test_each_kind_of_trouble_is_one_alert_and_one_recovery(desk: Desk, slack: SlackServer) -> None:
    press = desk.press
    before = list(press.articles)
    press.odd[0], press.odd[1], press.articles[2] = busy, page, ()
    for poll in range(1, 5):
        press.articles[3] = tuple(article(100 * poll + n, paper=3) for n in range(3))
        desk.round()
    assert [desk.state(paper) for paper in range(4)] == list(TITLES)
    assert sorted(desk.told()) == sorted(("trouble", title) for title in TITLES.values())
    listed = desk.run("alerts", "list", "--json").json
    assert {row["title"] for row in listed} == set(TITLES.values())
    assert {(row["rule"], row["story"], row["state"]) for row in listed} == {(RULE, None, "sent")}
    said = desk.run("alerts", "show", str(listed[0]["id"])).out
    assert "Last good poll:" in said
    assert "To do:" in said
    assert "story" not in said
    press.odd.clear()
    press.articles[2] = before[2]
    desk.round(3)
    assert [desk.state(paper) for paper in range(3)] == ["ok"] * 3
    well = [("recovery", f"feed {paper} is well again") for paper in range(3)]
    assert sorted(desk.told()[4:]) == well
    headers = [message["blocks"][0]["text"]["text"] for message in slack.accepted]
    assert sorted(headers) == sorted([*TITLES.values(), *(title for _, title in well)])


def test_everything_fails_and_comes_back(desk: Desk, slack: SlackServer) -> None:
    desk.press.odd.update(dict.fromkeys(range(4), busy))
    desk.round(3)
    title = "No feed answers: the fault seems to be here"
    assert desk.told() == [("trouble", title)]
    said = desk.run("feeds", "health", status=1).out
    assert "No feed answers since" in said
    assert "look at this machine's network" in said
    desk.press.odd.clear()
    desk.round(2)
    assert desk.told() == [("trouble", title), ("recovery", "Feeds answer again")]
    assert len(slack.accepted) == 2
    assert desk.run("feeds", "health", "--json").json["down"] is None


def test_feeds_health(desk: Desk) -> None:
    desk.press.odd[0] = busy
    desk.press.odd[1] = lambda _: reply(status=410)
    desk.round(2)
    ran = desk.run("feeds", "health", "--json", status=1)
    rows: list[dict[str, Any]] = ran.json["feeds"]
    assert [(row["name"], row["state"]) for row in rows] == [
        ("feed 1", "gone"),
        ("feed 0", "unreachable"),
        ("feed 2", "ok"),
        ("feed 3", "ok"),
    ]
    assert rows[0]["next_poll_at"] is None
    assert rows[1]["note"] == "the server answered 503 Service Unavailable"
    assert all(row["since"] and row["last_success_at"] and row["last_new_at"] for row in rows)
    said = desk.run("feeds", "health", status=1).out
    assert said.endswith("4 feeds, 2 in trouble. Times are UTC.\n")
    assert "feed 0 (unreachable): the server answered 503" in said
    assert "`wirewatch feeds health` says what to do." in desk.run("stats").out
    desk.press.odd.clear()
    desk.round()
    assert desk.run("feeds", "health").out.endswith("4 feeds, 0 in trouble. Times are UTC.\n")


def test_feeds_health_before_the_first_poll(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.write(["http://127.0.0.1:9/feed.xml"])
    (row,) = program.run("feeds", "health", "--json").json["feeds"]
    assert (row["state"], row["since"], row["advice"]) == ("new", None, "")
    assert "1 feeds, 0 in trouble" in program.run("feeds", "health").out


def test_baseline_days_alerts_what_is_fresh_on_the_first_poll(
    tmp_path: Path, slack: SlackServer
) -> None:
    """Undated as these are, nothing is fresh; the dates are tried in tests/monitor/test_alarm.py."""
    with Press(1) as press:
        program = Program(tmp_path, {"WIREWATCH_SLACK_URL": slack.url})
        press.articles[0] = (mention(1),)
        program.write(press.feeds, DESK)
        text = program.config.read_text(encoding="utf-8")
        program.config.write_text(f"baseline_days = 3\n{text}", encoding="utf-8")
        program.run("poll", "--all")
        assert program.count("alerts") == 0
        assert program.count("mentions") == 1
