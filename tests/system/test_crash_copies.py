"""kill -9 while copies are stored: whole stories, right counts, and nothing told once a copy."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.press import Press, article, words
from tests.support.program import DESK, PATIENCE, Program, members, until
from tests.support.slack import SlackServer, shown

KILLS = int(os.environ.get("WIREWATCH_KILLS", "6")) // 3
PAPERS = 6
SEED = 20261122


@dataclass(slots=True)
class Wire:
    """An agency whose every text all papers print, each under a headline of its own."""

    press: Press
    sent: int = 0

    def send(self) -> None:
        self.sent += 1
        text = words(80, f"wire {self.sent}").capitalize() + "."
        for paper in range(PAPERS):
            title = f"Huichon Power Station: {words(6, f'headline {paper} {self.sent}')}"
            self.press.articles[paper] += (article(self.sent, title, text, paper=paper),)


def kill(program: Program, press: Press, dice: random.Random) -> bool:
    """Start a round and end it at once after some of the papers have been read."""
    program.make_due()
    read = press.asked.total() + dice.randint(1, PAPERS)
    with program.start("poll", "--all", stdout=subprocess.DEVNULL) as process:
        until(lambda: press.asked.total() >= read or process.poll() is not None)
        time.sleep(dice.uniform(0, 0.15))
        killed = process.poll() is None
        process.send_signal(signal.SIGKILL)
        until(lambda: not members(process.pid), what="the parsers' end")
    return killed


def assert_whole(program: Program) -> None:
    """Every story has items, and says of them what is so."""
    assert program.rows("PRAGMA foreign_key_check") == []
    wrong = program.rows(
        "SELECT s.id, s.items, s.copies, s.origins, count(i.id) AS there, "
        "total(i.relation = 'copy') AS same, "
        "count(DISTINCT CASE WHEN i.relation <> 'copy' THEN i.feed END) AS tellers "
        "FROM stories AS s LEFT JOIN items AS i ON i.story = s.id GROUP BY s.id "
        "HAVING there = 0 OR s.items <> there OR s.copies <> same OR s.origins <> max(tellers, 1)"
    )
    assert wrong == []
    assert program.count("items", "relation <> 'original' AND of_item IS NULL") == 0
    assert program.rows("SELECT story FROM alerts GROUP BY story HAVING count(*) > 1") == []


@pytest.mark.timeout(120 + 20 * KILLS)
def test_kills_while_copies_are_stored(program: Program, slack: SlackServer) -> None:
    dice = random.Random(SEED)
    with Press(PAPERS) as press:
        wire = Wire(press)
        program.write(press.feeds, DESK)
        for paper in range(PAPERS):
            press.articles[paper] = (article(0, paper=paper),)
        program.run("poll", "--all")
        kills = 0
        while kills < KILLS:
            wire.send()
            kills += kill(program, press, dice)
            assert_whole(program)
        program.run("poll", "--all", within=PATIENCE + 3 * wire.sent)
        while program.count("alerts", "state <> 'sent'"):
            program.run("poll", "--all", within=PATIENCE + 3 * wire.sent)
    assert_whole(program)
    told = program.rows("SELECT items, copies, origins FROM stories WHERE items > 1")
    assert told == [{"items": PAPERS, "copies": PAPERS - 1, "origins": 1}] * wire.sent
    assert program.count("stories") == wire.sent + PAPERS
    assert program.count("alerts") == wire.sent
    titles = Counter(message["blocks"][0]["text"]["text"] for message in slack.accepted)
    assert len(titles) == wire.sent
    assert all("(possible repeat)" in shown(m) for m in again(slack))


def again(slack: SlackServer) -> list[dict[str, Any]]:
    """Messages whose headline had arrived before."""
    seen: set[str] = set()
    found = []
    for message in slack.accepted:
        title = message["blocks"][0]["text"]["text"]
        if title in seen:
            found.append(message)
        seen.add(title)
    return found
