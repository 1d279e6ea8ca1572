"""The benchmarks run, and count what they say they count. No figure is tested here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import cluster_same, fetching, parsing, politeness, rounds, stories_speed
from benchmarks.measure import run, table
from benchmarks.programs import OURS
from benchmarks.samples import Sample, copies, invented, samples
from benchmarks.soak import Papers, slope
from feeds import plain
from tests.support import postgres
from tests.support.program import PLANTS

ATOM = (
    b'<entry><id>https://a.example/1</id><link rel="alternate" href="https://a.example/1"/></entry>'
)
RSS = b"<item><title>Mill</title><link>http://a.example/1</link><guid>http://a.example/1</guid></item>"
JSON = b'{"items": [{"id": "https://a.example/1", "url": "https:\\/\\/a.example\\/1"}]}'


@pytest.mark.parametrize(("body", "addresses"), [(ATOM, 2), (RSS, 2), (JSON, 2)])
def test_a_copy_has_addresses_of_its_own(body: bytes, addresses: int) -> None:
    first, second = copies([Sample(body=body, suffix=".xml")], 2)
    assert first.body == body
    assert second.body.count(b"copy1.a.example") == addresses
    assert second.body.replace(b"copy1.", b"") == body


def test_a_copy_keeps_its_namespaces() -> None:
    body = b'<feed xmlns="http://www.w3.org/2005/Atom"><a href="https://in.text.example/"/></feed>'
    assert copies([Sample(body=body, suffix=".atom")], 2)[1].body == body


def test_invented_feeds_are_the_same_every_time() -> None:
    assert samples(None) == samples(None)
    assert len({sample.body for sample in samples(None)}) == len(samples(None))


def test_a_folder_without_feeds_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no file ends in"):
        samples(tmp_path)


def test_memory_and_time_of_all_processes_count() -> None:
    child = "import time; block = bytearray(60 * 2**20); time.sleep(0.8)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    cost = run([sys.executable, "-c", code])
    assert cost.status == 0
    assert cost.memory > 60
    assert cost.wall > 0.8


def test_rounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, sample in enumerate(map(invented, range(3))):
        (tmp_path / f"{number}{sample.suffix}").write_bytes(sample.body)
    few = ["--feeds", str(tmp_path), "--copies", "2", "--runs", "1", "--watchlist", str(PLANTS)]
    rounds.main([*few, "--alone", "--json"])
    rows = json.loads(capsys.readouterr().out)
    ours = {row["round"]: (row["feeds"], row["items"]) for row in rows if row["program"] == OURS}
    whole, one_more = (6, 6 * 30), (6, 6 * 31)
    assert ours == {"cold": whole, "304": whole, "same": whole, "new": one_more, "edit": one_more}


def test_fetching(capsys: pytest.CaptureFixture[str]) -> None:
    fetching.main(["--feeds", "4", "--runs", "1", "--asking", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert {row["answers"] for row in rows} == {"200", "304"}
    ours = [row for row in rows if row["way"] == fetching.OURS]
    assert [row["ratio"] > 0 for row in ours] == [True, True]


def test_a_full_window(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(stories_speed, "WINDOWS", (100,))
    monkeypatch.setattr(sys, "argv", ["stories_speed", "250"])
    monkeypatch.setattr(stories_speed, "_memory", lambda: 0.0)
    monkeypatch.setattr(stories_speed.fullest, "__defaults__", (500,))
    stories_speed.main()
    shown = capsys.readouterr().out
    assert "| 48 new words each" in shown
    assert shown.count("| 500 ") == 4 or shown.count(" 500 |") == 4
    grown = iter(range(0, 2_000, 100))
    monkeypatch.setattr(stories_speed, "_memory", lambda: float(next(grown)))
    with pytest.raises(SystemExit, match="more than 80 MB"):
        stories_speed.main()


def test_tables_line_up() -> None:
    drawn = table(("what", "s"), [("a", 1.2345), ("longer", 1234.5)])
    assert drawn.splitlines()[2:] == ["| a      | 1.23 |", "| longer | 1234 |"]


def test_politeness(capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--feeds", "8", "--hosts", "2", "--gap", "0.05", "--redirected", "4", "--json"]
    with pytest.raises(SystemExit) as ended:
        politeness.main(few)
    figures = json.loads(capsys.readouterr().out)
    assert (figures["requests"], figures["hosts"]) == (10, 2)
    assert (ended.value.code, figures["too_short"]) == (0, 0)
    assert figures["shortest_gap"] >= 0.05


@pytest.mark.parametrize("mb", [0.0, 3.0])
def test_growth_is_measured_without_the_warm_up(mb: float) -> None:
    warming_up = [(n, 50.0 + n) for n in range(3)]
    flat = [(n * 1_000, 60.0 + mb * n / 10) for n in range(10, 40)]
    assert slope([*warming_up, *flat]) == pytest.approx(mb)


def test_parsing_tells_what_comes_out_otherwise(tmp_path: Path, capsys, monkeypatch) -> None:
    items = "".join(f"<item><guid>{n}</guid><title>Title {n}</title></item>" for n in range(4))
    feed = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>"
    (tmp_path / "one.xml").write_text(feed, encoding="utf-8")
    (tmp_path / "none.xml").write_text("<html/>", encoding="utf-8")
    parsing.main([str(tmp_path), "--rounds", "1", "--most", "1"])
    said = capsys.readouterr().out
    assert "that come out otherwise | 0 " in said
    assert "unchanged" in said
    monkeypatch.setitem(plain._ACTS, "title", lambda *_: None)
    with pytest.raises(SystemExit, match=r"1 feeds come out otherwise: one\.xml"):
        parsing.main([str(tmp_path), "--rounds", "1", "--most", "0"])


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.05, 20), (0.02, 8)])
def test_of_few_answers_too_enough_are_hostile(share: float, expected: int) -> None:
    papers = Papers(10, invented=False, hostile=share)
    assert sum(papers.is_hostile() for _ in range(400)) == expected


def test_postgres_workers_keep_what_a_file_keeps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of the feeds has nothing in it, and so nothing new in the second round."""
    postgres.needed()
    (tmp_path / "empty.rss").write_bytes(b"<rss version='2.0'><channel></channel></rss>")
    cluster_same.main(["--feeds", str(tmp_path), "--count", "9", "--workers", "2"])
    said = capsys.readouterr()
    assert "2 workers" in said.out
    assert ", 0 mentions" not in said.err  # none compared, none shown to be the same
