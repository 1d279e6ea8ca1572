"""Records between processes: the same arrives, also what does not count when they are compared."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from feeds.packed import packed
from feeds.types import Entry
from feeds.workers import WORKERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    one: str
    two: tuple[int, ...] = ()


@packed
@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    one: str
    two: tuple[int, ...] = ()


NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECORDS = (
    Packed(one="a"),
    Packed(one="평양", two=(1, 2)),
    Entry(source="0f", unread=True),
    Entry(guid="1", title="평양", published_at=NOW, study=Packed(one="b"), source="1f", document=3),
)


@pytest.mark.parametrize("record", RECORDS)
def test_all_of_it_arrives(record: Any) -> None:
    for back in (pickle.loads(pickle.dumps(record)), copy.deepcopy(record)):
        assert type(back) is type(record)
        for field in fields(record):
            assert getattr(back, field.name) == getattr(record, field.name)
        name = fields(record)[0].name
        with pytest.raises(FrozenInstanceError):
            setattr(back, name, "c")
        assert replace(back, **{name: "c"}) == replace(record, **{name: "c"})


def test_nobody_asks_for_its_fields_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise AssertionError

    assert WORKERS  # they have Entry packed
    for record in (Packed, Plain, Entry):
        monkeypatch.setattr(record, "__getstate__", fail)
    assert pickle.loads(pickle.dumps(Packed(one="a"))) == Packed(one="a")
    assert pickle.loads(pickle.dumps(Entry(guid="1"))) == Entry(guid="1")
    with pytest.raises(AssertionError):
        pickle.dumps(Plain(one="a"))
