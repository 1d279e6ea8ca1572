"""`wirewatch alerts show`, `dead`, `retry` and `rules`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.deliver import Settlement
from monitor.store import Store
from tests.support.collection import NEW, OLD, Collection
from tests.support.learning import START, entry


@pytest.fixture
def folder(tmp_path: Path) -> Collection:
    """Three alerts: two of the first rule, one of chemistry; the first is dead."""
    collection = Collection(tmp_path)
    collection.poll(entry(1, "The Bolu Mine before the baseline"))
    collection.poll(
        entry(3, "The Cedo Mill burns"),
        entry(2, "At Arin Dam \x1b[31m all is well"),
        entry(1, "The Bolu Mine before the baseline"),
    )
    with Store(collection.path) as store:
        row = store.claim("desk", collection.now)
        assert row
        dead = Settlement(
            alert=row.id, state="dead", in_doubt=False, next_try_at=None, message="410 gone"
        )
        store.settle(dead, collection.now)
    return collection


def test_show(folder: Collection) -> None:
    (number,) = folder.rows("SELECT id FROM alerts WHERE state = 'dead'")[0]
    out = folder.run("alerts", "show", str(number)).out
    for words in ("rule everything, to desk", "dead, 1 tries", "410 gone", "Arin Dam", "1 origins"):
        assert words in out
    assert "\x1b" not in out
    told = folder.run("alerts", "show", str(number), "--json").json
    assert (told["state"], told["payload"]["named"][0]["entity"]) == ("dead", "arin-dam")
    assert folder.run("alerts", "show", "99").status == 2


def test_dead_and_retry(folder: Collection) -> None:
    (dead,) = folder.run("alerts", "dead", "--json").json
    assert dead["last_error"] == "410 gone"
    for wrong in ([], ["--dead", "1"], ["99"], [str(dead["id"] + 1)]):
        ran = folder.run("alerts", "retry", *wrong)
        assert ran.status == 2, ran
        assert folder.rows("SELECT count(*) FROM alerts WHERE state = 'dead'") == [(1,)]
    assert "is pending, not dead" in folder.run("alerts", "retry", str(dead["id"] + 1)).err
    assert folder.run("alerts", "retry", str(dead["id"]), "--json").json == {"retried": 1}
    assert folder.rows("SELECT state, attempts FROM alerts WHERE id = ?", dead["id"]) == [
        ("pending", 0)
    ]
    assert folder.run("alerts", "retry", "--dead", "--json").json == {"retried": 0}


def test_rules_say_what_was_sent(folder: Collection) -> None:
    """What the rules would have sent is what they did send."""
    sent = dict(folder.rows("SELECT rule, count(*) FROM alerts GROUP BY rule"))
    told = folder.run("alerts", "rules", "--json").json
    assert {one["rule"]: one["alerts"] for one in told} == sent == {"everything": 2, "chemistry": 1}
    assert [one["title"] for one in told[1]["newest"]] == ["The Cedo Mill burns"]
    out = folder.run("alerts", "rules").out
    assert "everything → desk: 2 alerts" in out
    assert "2 rules. Nothing was sent." in out


def settings(folder: Collection, more: str) -> None:
    file = folder.folder / "wirewatch.toml"
    file.write_text(file.read_text() + more)


RULES = """
[[alert]]
name = "edits"
relation = ["edit", "gone"]
to = ["desk"]

[[alert]]
name = "morning"
mode = "digest"
schedule = "daily at 07:00"
to = ["desk"]

[[alert]]
name = "two"
min_origins = 2
to = ["desk"]

[[alert]]
name = "old"
max_age = "365d"
to = ["desk"]
"""


def test_rules_of_every_kind(folder: Collection) -> None:
    old = START - timedelta(days=30)
    folder.poll(
        entry(5, "Cedo Mill, long ago", published_at=old),
        entry(3, "The Cedo Mill and Arin Dam burn"),
        entry(2, "At Arin Dam \x1b[31m all is well"),
        entry(1, "The Bolu Mine before the baseline"),
    )
    folder.poll(
        entry(5, "Cedo Mill, long ago", published_at=old),
        entry(3, "The Cedo Mill and Arin Dam burn"),
        entry(1, "The Bolu Mine before the baseline"),
    )
    settings(folder, RULES)
    told = {one["rule"]: one for one in folder.run("alerts", "rules", "--json").json}
    assert {name: (one["alerts"], one["messages"]) for name, one in told.items()} == {
        "everything": (2, 2),
        "chemistry": (1, 1),
        "edits": (2, 2),
        "morning": (2, 1),
        "two": (0, 0),
        "old": (3, 3),
    }
    assert [one["relation"] for one in told["edits"]["newest"]] == ["gone", "edit"]


def test_rules_over_a_shorter_time(folder: Collection) -> None:
    later = START + timedelta(days=3)
    (all_of_it,) = [r["alerts"] for r in folder.run("alerts", "rules", "--json", now=later).json][
        :1
    ]
    told = folder.run("alerts", "rules", "--last", "1d", "--json", now=later).json
    assert (all_of_it, [one["alerts"] for one in told]) == (2, [0, 0])
    assert folder.run("alerts", "rules", "--last", "soon").status == 2


def test_rules_name_what_is_on_todays_list(folder: Collection) -> None:
    folder.use(NEW)
    assert folder.run("alerts", "rules").status == 0
    folder.use(OLD.replace('"chemicals"', '"paper"'))
    assert "chemicals" in folder.run("alerts", "rules").err
