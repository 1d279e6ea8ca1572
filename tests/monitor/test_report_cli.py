"""`wirewatch report`: the command, its days, and the mail."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from alerts.email import EmailChannel
from alerts.settings import EmailSettings
from alerts.types import Mailing
from tests.support.clock import START
from tests.support.collection import Collection
from tests.support.learning import entry
from tests.support.smtp import MailServer, ScriptedMail


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    collection = Collection(tmp_path_factory.mktemp("report"))
    collection.poll(entry(1, "Arin Dam opens again", "The Arin Dam was shut for a year."))
    return collection


def test_it_writes_a_page_and_says_where(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    day = f"{collection.now:%Y-%m-%d}"
    ran = collection.run("report", "--to", day, "--from", day)
    assert ran.status == 0
    assert f"wirewatch-{day}.html" in ran.out
    page = (tmp_path / f"wirewatch-{day}.html").read_text(encoding="utf-8")
    assert "opens again" in page
    assert "Arin Dam" in page
    again = collection.run("report", "--to", day, "-o", "other.html", "--json")
    assert json.loads(again.out)["file"] == "other.html"
    assert collection.run("report", "--week", "2026-W02", "-o", "-").out.startswith("<!doctype")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--week", "last"], "2026-W47"),
        (["--week", "2026-W47", "--from", "2026-11-01"], "leave out --from"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "--from comes before --to"),
        (["--from", "2020-01-01", "--to", "2026-01-01"], "at most 366 days"),
        (["--mail", "desk"], "no mail channel 'desk' (there are: none)"),
    ],
)
def test_a_wrong_call_is_named(
    collection: Collection, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_SUCH_URL", "https://hooks.example/x")
    ran = collection.run("report", *arguments)
    assert ran.status == 2
    assert said in ran.err


MAILING = Mailing(
    subject="Wirewatch, a week\r\nBcc: all@example.org",
    text="Nothing was named.\n.\nA line with a dot alone stands above.\n",
    html="<p>Nothing was named.</p>",
    file="wirewatch-2026-11-21.html",
    page="<!doctype html><p>평양 &lt;</p>",
)


def test_the_mail_brings_the_page_as_a_file() -> None:
    with MailServer() as server:
        channel = EmailChannel(settings(server.port), "a@example.org", lambda: START)
        assert asyncio.run(channel.send_report(MAILING)).outcome == "sent"
    (mail,) = server.accepted
    assert mail["Bcc"] is None
    assert "Bcc: all@example.org" in str(mail["Subject"])
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[:2] == ["Nothing was named.", "."]
    (file,) = mail.iter_attachments()
    assert file.get_filename() == MAILING.file
    assert "평양" in file.get_content()


def test_a_refusal_is_said() -> None:
    with ScriptedMail("554 no service here") as server:
        channel = EmailChannel(settings(server.port), "a@example.org", lambda: START)
        receipt = asyncio.run(channel.send_report(MAILING))
    assert receipt.outcome == "refused"
    assert "554" in receipt.message


def settings(port: int) -> EmailSettings:
    return EmailSettings(
        name="desk",
        host="127.0.0.1",
        port=port,
        sender="desk@example.org",
        to=("a@example.org",),
        security="none",
    )
