"""What a hostile feed publishes is text on every page: Datasette's and ours. Parsed as HTML5."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.asking import Asking
from tests.support.desk import collected
from tests.support.xss import INERT, PAGES, PAYLOADS, active, nonce_of, plant


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    folder = collected(tmp_path_factory.mktemp("xss"))
    plant(folder / "wirewatch.db")
    asking = Asking(folder=folder)
    for story in range(1, 4):
        asking.post(
            "/-/desk/decide", value={"story": story, "verdict": "note", "note": PAYLOADS[story]}
        )
    yield asking
    asking.close()


@pytest.mark.parametrize("path", PAGES)
def test_nothing_of_a_feed_is_active(desk: Asking, path: str) -> None:
    answer = desk.get(path, [("Accept", "text/html")])
    while answer.status == 302:
        answer = desk.get(answer.headers["location"], [("Accept", "text/html")])
    assert answer.status in (200, 400, 404), answer.text[:500]
    assert active(answer.text, nonce_of(answer.headers["content-security-policy"])) == []


@pytest.mark.parametrize("number", range(len(PAYLOADS)))
def test_each_alone_as_a_row(desk: Asking, number: int) -> None:
    answer = desk.get(f"/wirewatch/items/{1000 + number}")
    assert answer.status == 200
    assert active(answer.text, nonce_of(answer.headers["content-security-policy"])) == []
    assert json.loads(desk.get(f"/wirewatch/items/{1000 + number}.json").body)


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if not p.startswith(INERT)])
def test_the_oracle_sees_each_where_it_is_not_escaped(payload: str) -> None:
    assert active(f"<html><head></head><body><p>{payload}</p></body></html>")
