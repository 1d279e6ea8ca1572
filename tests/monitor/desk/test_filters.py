"""The view in an address."""

from __future__ import annotations

from dataclasses import fields
from urllib.parse import parse_qsl

import pytest

from monitor.review import filters
from monitor.review.filters import BadFilterError
from monitor.store.desk.types import Cursor, Filters

FULL = Filters(
    state="judged",
    entity="tanchon-power-station",
    sector="electric-power",
    place="South Hamgyong Province",
    kind="state-media",
    language="ko",
    mark="name-removed",
    named="any",
    words="단천 발전소",
    feed=7,
    since="2026-11-01T00:00:00.000Z",
    until="2026-11-21T06:12:00.000Z",
    sort="important",
)


def read(query: str):
    return filters.read(parse_qsl(query, keep_blank_values=True))


def test_the_bare_address_is_the_queue_that_everyone_starts_with():
    assert read("") == filters.View(filters=Filters())
    assert filters.query_string(Filters()) == ""


def test_an_empty_field_of_a_form_is_no_filter():
    assert read("q=&sector=&state=new&feed=+").filters == Filters()


def test_every_filter_survives_the_way_into_an_address_and_back():
    assert all(getattr(FULL, f.name) != getattr(Filters(), f.name) for f in fields(Filters))
    after = Cursor(key="2026-11-21T06:12:03.000Z", number=12)
    text = filters.query_string(FULL, after=after)
    assert read(text[1:]) == filters.View(filters=FULL, after=after)


def test_a_link_may_change_one_filter():
    text = filters.query_string(FULL, state="new", sort="newest", words="")
    assert read(text[1:]).filters.sector == "electric-power"
    assert "state=" not in text
    assert "q=" not in text


@pytest.mark.parametrize(
    ("query", "named", "told"),
    [
        ("state=read", "state", "new, relevant, not relevant"),
        ("sector=power", "sector", "electric-power, mining"),
        ("kind=tabloid", "kind", "state-media"),
        ("mark=red", "mark", "edited, name-removed"),
        ("named=maybe", "named", "confirmed, candidate, any"),
        ("sort=oldest", "sort", "newest, important"),
        ("entity=The Dam", "entity", "slug"),
        ("language=Korean", "language", "code"),
        ("place=%3Cb%3E", "place", "province"),
        ("feed=-1", "feed", "number"),
        ("feed=१२", "feed", "number"),
        ("feed=99999999999999999999", "feed", "number"),
        ("since=last+week", "since", "2026-11-21"),
        ("until=2026-13-01", "until", "2026-11-21"),
        ("until=0001-01-01T00:00%2B09:00", "until", "2026-11-21"),
        ("after=x", "after", "next page"),
        ("q=" + "a" * 201, "q", "200"),
        ("words=dam", "words", "no filter"),
        ("colour=red", "colour", "sector"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_is_allowed(query, named, told):
    with pytest.raises(BadFilterError) as refused:
        read(query)
    (problem,) = refused.value.problems
    assert problem.startswith(f"{named}: ")
    assert told in problem


def test_every_mistake_is_told_at_once():
    with pytest.raises(BadFilterError) as refused:
        read("state=a&sort=b&sector=mining")
    assert len(refused.value.problems) == 2


def test_a_day_and_a_time_in_any_zone_are_read_as_the_store_writes_them():
    asked = read("since=2026-11-21&until=2026-11-21T15:12%2B09:00").filters
    assert (asked.since, asked.until) == ("2026-11-21T00:00:00.000Z", "2026-11-21T06:12:00.000Z")
