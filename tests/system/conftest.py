"""What tests of the whole program share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.press import MENTION, Press, article, words
from tests.support.program import DESK, Program
from tests.support.servers import reply
from tests.support.slack import TOKEN, Fault, SlackServer

PLANT = "Huichon Power Station of the DPRK"
# Characters that command a terminal, turn text round or break a line, as a publisher may send them.
HOSTILE = (
    "\x1b]0;owned\x07\x1b[31mred \x9b2J \u202egnp.exe \u2028 two\nlines [bold]x[/bold] :smile:"
)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def program(tmp_path: Path, slack: SlackServer) -> Program:
    """An empty folder, and an environment that knows the Slack-like server."""
    return Program(tmp_path, {"WIREWATCH_SLACK_URL": slack.url})


@pytest.fixture(scope="session")
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
            title = f"{words(14, f'hostile {paper}')}: {(MENTION, PLANT)[paper]} {HOSTILE}"
            text = f"{HOSTILE} {words(40, str(paper))}"
            press.articles[paper] += (article(3, title, text, paper=paper),)
        slack.faults.append(Fault(status=410, body=f"channel_is_archived \x1b[31m{TOKEN}"))
        program.run("poll", "--all", status=1)
        assert len(slack.accepted) == 1
        yield program
