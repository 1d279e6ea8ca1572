"""The benchmarks of delivery count what they say they count, and see what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from alerts import slack
from benchmarks import delivery, preview
from monitor.store import Store


def played(
    capsys: pytest.CaptureFixture[str], only: str, alerts: int = 26, speed: int = 40
) -> tuple[int, dict]:
    words = ["--alerts", str(alerts), "--speed", str(speed), "--only", only, "--json"]
    with pytest.raises(SystemExit) as ended:
        delivery.main(words)
    (row,) = json.loads(capsys.readouterr().out)
    return int(ended.value.code or 0), row


def test_a_lost_answer_makes_one_marked_repeat(capsys: pytest.CaptureFixture[str]) -> None:
    status, row = played(capsys, "takes it and hangs up")
    assert status == 0
    told = {key: row[key] for key in ("alerts", "arrived", "answers lost", "again", "unmarked")}
    assert told == {"alerts": 26, "arrived": 26, "answers lost": 1, "again": 1, "unmarked": 0}


def test_two_recipients_have_a_fate_each(capsys: pytest.CaptureFixture[str]) -> None:
    status, row = played(capsys, "550", alerts=4)
    assert (status, row["alerts"], row["arrived"], row["given up"], row["lost"]) == (0, 8, 4, 4, 0)


def test_it_sees_what_is_too_early(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A twin without the pause between two messages: Slack limits it, and it is counted."""
    monkeypatch.setattr(slack.SlackChannel, "gap", 0.0)
    status, row = played(capsys, "none: a message a second", alerts=3, speed=8)
    assert status == 1
    assert row["early"] > 0
    assert row["lost"] == 0


def test_it_sees_a_repeat_that_does_not_say_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A twin that forgets that a try may have arrived."""
    settle = Store.settle
    monkeypatch.setattr(
        Store,
        "settle",
        lambda self, done, *more: settle(self, replace(done, in_doubt=False), *more),
    )
    status, row = played(capsys, "takes it and hangs up")
    assert (status, row["again"], row["unmarked"]) == (1, 1, 1)


@pytest.mark.parametrize("key", ["lost", "early", "unmarked", "unexplained", "given_up"])
def test_every_break_of_the_promise_counts(key: str) -> None:
    good = delivery.Outcome(scenario=delivery.SCENARIOS[0], alerts=10, arrived=10)
    assert good.kept
    assert not replace(good, **{key: 1}).kept


def test_previews_are_written_and_inert(tmp_path: Path) -> None:
    preview.main([str(tmp_path)])
    pages = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.glob("*.html")}
    assert len(pages) == 2 * len(preview.SAMPLES) + 1
    assert "단천발전소" in pages["mail-korean.html"]
    assert "3 alerts not delivered to desk" in pages["slack-notice.html"]
    for page in pages.values():
        for sign in ("<script", "<img", '"color:red"', 'href="javascript:'):
            assert sign not in page
