"""Who may change anything: only a page of ours, at an address of ours, by a person with the role."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.config_desk import DeskConfig
from monitor.review import access, guard
from monitor.review.decide import safe_next
from monitor.store.desk import decisions
from tests.support.asking import SAME_ORIGIN, Asking
from tests.support.desk import collected
from tests.support.desk_cases import MATRIX, Case, recorded, three_doors, tried


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return collected(tmp_path)


@pytest.fixture
def local(folder: Path) -> Iterator[Asking]:
    asking = Asking(folder=folder)
    yield asking
    asking.close()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """A desk without a login that no test changes."""
    asking = Asking(folder=collected(tmp_path_factory.mktemp("still")))
    yield asking
    asking.close()


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Asking]]:
    found = three_doors(tmp_path_factory.mktemp("doors"))
    yield found
    for asking in found.values():
        asking.close()


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """A desk with a name of its own."""
    config = DeskConfig(hosts=("desk.example.org",))
    asking = Asking(folder=collected(tmp_path_factory.mktemp("named")), config=config)
    yield asking
    asking.close()


@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.name)
def test_only_our_page_and_the_role_write(doors: dict[str, Asking], case: Case) -> None:
    desk = doors[case.who]
    before = recorded(desk.folder)
    answer = tried(desk, case)
    assert answer.status == case.status, answer.text
    assert recorded(desk.folder) - before == (1 if case.status == 303 else 0)


def test_without_its_csrf_token_datasette_065_refuses(local: Asking) -> None:
    if not hasattr(local.datasette, "permission_allowed"):
        pytest.skip("Datasette 1.0 has no token")
    local.cookies["ds_csrftoken"] = "stale"
    answer = local.post("/-/desk/decide", {"story": 1, "verdict": "relevant"}, token=False)
    assert answer.status == 403
    assert recorded(local.folder) == 0


def test_the_broken_twin_without_a_guard_writes(folder: Path, monkeypatch: Any) -> None:
    """Each guard fails without its fix: Datasette 0.65 by itself takes a cross-site POST."""
    monkeypatch.setattr(guard, "refusal", lambda *_: None)
    asking = Asking(folder=folder)
    answer = asking.post(
        "/-/desk/decide",
        {"story": 1, "verdict": "relevant"},
        [("Origin", "https://e.example")],
        host="e.example",
    )
    old = hasattr(asking.datasette, "permission_allowed")
    asking.close()
    assert (answer.status, recorded(folder)) == ((303, 1) if old else (403, 0))


class TestHosts:
    @pytest.mark.parametrize(
        ("host", "status"),
        [
            ("127.0.0.1:8001", 303),
            ("127.0.0.1", 303),
            ("localhost:8001", 303),
            ("LOCALHOST", 303),
            ("localhost.", 303),
            ("[::1]:8001", 303),
            ("desk.example.org", 303),
            ("e.example", 421),
            ("127.0.0.1.e.example", 421),
            ("localhost.e.example:8001", 421),
            ("e.example@127.0.0.1", 421),
            ("127.0.0.1:8001, e.example", 421),
            ("127.0.0.2", 421),
            ("", 421),
            ("[::1", 421),
            ("2130706433", 421),
        ],
    )
    def test_names_of_ours_only(self, named: Asking, host: str, status: int) -> None:
        assert named.get("/", host=host).status == status

    def test_the_address_that_was_connected_to(self, folder: Path) -> None:
        asking = Asking(folder=folder, server="192.0.2.7")
        assert asking.get("/", host="192.0.2.7:8001").status == 303
        assert asking.get("/", host="192.0.2.8:8001").status == 421
        asking.close()


class TestProxies:
    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
    def test_without_a_login_nothing_comes_through_a_proxy(
        self, still: Asking, header: str
    ) -> None:
        answer = still.get("/wirewatch", [(header, "192.0.2.1")])
        assert answer.status == 403
        assert "through a proxy" in answer.text


class TestBodies:
    def test_without_a_length(self, still: Asking) -> None:
        answer = still.ask("POST", "/-/desk/decide", SAME_ORIGIN)
        assert answer.status == 411

    def test_too_long(self, still: Asking) -> None:
        answer = still.ask(
            "POST", "/-/desk/decide", [*SAME_ORIGIN, ("Content-Length", "99999999")], b"x"
        )
        assert answer.status == 413


class TestHeaders:
    @pytest.mark.parametrize("path", ["/wirewatch", "/wirewatch/stories", "/-/desk/decide", "/x/y"])
    def test_on_every_answer(self, still: Asking, path: str) -> None:
        headers = still.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self' 'unsafe" not in policy
        assert "http:" not in policy

    def test_a_refusal_has_them_too(self, still: Asking) -> None:
        answer = still.get("/", host="e.example")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"

    def test_ours_are_stricter_than_datasettes(self, still: Asking) -> None:
        ours = still.get("/-/desk/decide").headers["content-security-policy"]
        assert "unsafe" not in ours
        assert "nonce" not in ours

    def test_static_files_may_be_kept(self, still: Asking) -> None:
        answer = still.get("/-/desk/static/desk.css?d1c5")
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
        assert still.get("/-/desk/static/desk.css").headers["cache-control"] == "no-cache"
        assert still.get("/-/desk/static/none.css?1").headers["cache-control"] == "no-store"
        assert still.get("/-/static/app.css").headers.get("cache-control") != "no-store"

    @pytest.mark.parametrize("path", ["/wirewatch", "/wirewatch/stories", "/wirewatch/quietest"])
    def test_every_script_of_datasette_has_the_nonce_of_the_request(
        self, still: Asking, path: str
    ) -> None:
        from selectolax.lexbor import LexborHTMLParser

        first, second = still.get(path), still.get(path)
        scripts = LexborHTMLParser(first.text).css("script")
        nonces = {script.attributes.get("nonce") for script in scripts}
        assert scripts
        assert len(nonces) == 1
        nonce = nonces.pop()
        assert nonce
        assert f"'nonce-{nonce}'" in first.headers["content-security-policy"]
        assert nonce not in second.text

    def test_no_page_is_shown_in_a_frame_or_socket(self, still: Asking) -> None:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        still._runner.run(still._app({"type": "websocket", "path": "/"}, None, send))
        assert sent == [{"type": "websocket.close", "code": 1008}]


class TestDecide:
    def test_back_to_where_it_came_from(self, local: Asking) -> None:
        answer = local.post(
            "/-/desk/decide", {"story": 1, "verdict": "relevant", "next": "/-/desk?sector=mining"}
        )
        assert (answer.status, answer.headers["location"]) == (303, "/-/desk?sector=mining")

    @pytest.mark.parametrize(
        "path",
        [
            "//e.example",
            "/\\e.example",
            "\\\\e.example",
            "https://e.example",
            "javascript:alert(1)",
            "/\t/e.example",
            "/\n/e.example",
            "/a\\..\\e",
            " /-/desk",
            "-/desk",
            "/é",
            "/x\r\nSet-Cookie: a=b",
            "",
        ],
    )
    def test_never_off_this_host(self, local: Asking, path: str) -> None:
        assert safe_next(local.datasette, path) == "/-/desk"

    def test_as_json_one_or_many_and_undone(self, local: Asking) -> None:
        got = local.post("/-/desk/decide", value={"story": [1, 2], "verdict": "not relevant"})
        assert got.status == 200, got.text
        assert [(d["story"], d["state"]) for d in got.json["decisions"]] == [
            (1, "not relevant"),
            (2, "not relevant"),
        ]
        undo = local.post(
            "/-/desk/decide",
            value={"verdict": "undo", "undoes": got.json["decisions"][0]["decision"]},
        )
        assert undo.json["decisions"][0]["state"] == "new"
        assert undo.json["counts"]["judged"]["not relevant"] == 1
        assert undo.json["counts"]["new"] == got.json["counts"]["new"] + 1

    def test_by_form_several_stories(self, local: Asking) -> None:
        local.post("/-/desk/decide", [("story", 1), ("story", 2), ("verdict", "follow up")])
        assert recorded(local.folder) == 2

    def test_a_repeated_post_records_nothing_twice(self, local: Asking) -> None:
        for _ in range(3):
            got = local.post(
                "/-/desk/decide", value={"story": [1, 2], "verdict": "relevant", "key": "abc"}
            )
            assert [d["decision"] for d in got.json["decisions"]] == [1, 2]
        assert recorded(local.folder) == 2

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ({"story": 99, "verdict": "relevant"}, "no story 99"),
            ({"verdict": "relevant"}, "which story"),
            ({"story": "1; DROP", "verdict": "relevant"}, "must be a number"),
            ({"story": {"a": 1}, "verdict": "relevant"}, "must be text or a whole number"),
            ({"story": True, "verdict": "relevant"}, "must be text or a whole number"),
            ({"story": 1, "verdict": "x"}, "the verdict must be one of"),
            ({"story": list(range(1, 502)), "verdict": "relevant"}, "at most 500"),
            ([1], "must be a JSON object"),
        ],
    )
    def test_refused_in_words(self, local: Asking, value: object, words: str) -> None:
        answer = local.post("/-/desk/decide", value=value)
        assert answer.status == 422
        assert words in answer.json["error"]
        assert recorded(local.folder) == 0

    def test_the_reviewer_is_who_is_logged_in_and_nobody_else(self, local: Asking) -> None:
        local.post("/-/desk/decide", value={"story": 1, "verdict": "relevant", "reviewer": "bob"})
        with closing(decisions.open_reader(local.folder / "reviews.db")) as conn:
            assert decisions.history(conn, 1)[0].decision.reviewer == "ann"

    def test_a_locked_file_is_503_and_nothing_is_lost(
        self, local: Asking, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(decisions, "prepare", _impatient)
        with closing(sqlite3.connect(local.folder / "reviews.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = local.post(
                "/-/desk/decide", value={"story": 1, "verdict": "relevant", "key": "k"}
            )
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) >= 1
            assert "try again" in answer.json["error"]
            page = local.post("/-/desk/decide", {"story": 1, "verdict": "relevant"})
            assert page.status == 503
            assert "try again" in page.text
            other.rollback()
        again = local.post("/-/desk/decide", value={"story": 1, "verdict": "relevant", "key": "k"})
        assert (again.status, recorded(local.folder)) == (200, 1)


def _impatient(conn: Any) -> None:
    conn.execute("PRAGMA busy_timeout = 50")


class TestReadOnly:
    """SQL is open to every reader, and cannot write."""

    @pytest.mark.parametrize("database", ["wirewatch", "reviews"])
    @pytest.mark.parametrize(
        "sql",
        ["DELETE FROM decisions", "DROP TABLE stories", "ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'",
         "PRAGMA journal_mode = DELETE", "WITH x AS (SELECT 1) DELETE FROM reviews.judged"],
    )  # fmt: skip
    def test_sql(self, still: Asking, database: str, sql: str) -> None:
        before = recorded(still.folder)
        from urllib.parse import urlencode

        query = urlencode({"sql": sql})
        for path in (f"/{database}.json?{query}", f"/{database}/-/query.json?{query}"):
            assert still.get(path).status != 200 or "error" in still.get(path).text
        assert recorded(still.folder) == before
        assert not (still.folder / "x.db").exists()

    @pytest.mark.parametrize("path", ["/wirewatch.db", "/reviews.db"])
    def test_no_download(self, still: Asking, path: str) -> None:
        assert still.get(path).status == 403


def test_asked_is_read_as_the_router_reads_it(still: Asking) -> None:
    desk = access.served(still.datasette)
    assert desk
    prefixed = replace(desk, config=DeskConfig(base_url="/press/"))
    scope = {
        "method": "get",
        "path": "/press/-/desk/a/b",
        "raw_path": b"/press/-/desk/a%2Fb?x=1",
        "headers": [],
    }
    asked = guard.read(scope, prefixed)
    assert (asked.method, asked.path) == ("GET", "/-/desk/a%2Fb")
