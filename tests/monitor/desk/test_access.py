"""Logins, roles, proxies, tokens; and that an open desk is refused before anything listens."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.secrets import Secret
from monitor.config_desk import DeskConfig, Token, User
from monitor.errors import MonitorError
from monitor.review import access, server
from monitor.review.passwords import NOBODY, hashed, matches
from tests.support.asking import SAME_ORIGIN, Asking
from tests.support.desk import collected

HASH = hashed("a long password", iterations=10_000)
USERS = {
    name: User(name=name, role=role, password=Secret(HASH))
    for name, role in (("rea", "reader"), ("ann", "reviewer"), ("ada", "admin"), ("root", "reader"))
}
TOKENS = (Token(name="feeds", token=Secret("token-0123456789-abcdef")),)
PASSWORDS = DeskConfig(login="password", users=USERS, tokens=TOKENS, session=3600)
PROXY = DeskConfig(login="proxy", users=USERS, proxies=("10.0.0.0/8",), hosts=("desk.example.org",))

HTML = (("Accept", "text/html"),)
EVERYWHERE = (
    "/", "/wirewatch", "/wirewatch.json", "/wirewatch/stories", "/wirewatch/stories.csv",
    "/wirewatch/stories/1", "/reviews/decisions.json", "/-/desk", "/-/desk.atom", "/-/desk/story/1",
    "/-/desk/chart/x.svg", "/-/versions.json", "/-/static/app.css", "/-/metadata.json",
    "/-/plugins.json", "/favicon.ico", "/-/desk/login/x", "/-/desk/static/../story/1",
    "//-/desk/login", "/-/desk/%6cogin", "/no/such/page",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return collected(tmp_path_factory.mktemp("access"))


@pytest.fixture
def desk(folder: Path) -> Iterator[Asking]:
    asking = Asking(folder=folder, config=PASSWORDS)
    yield asking
    asking.close()


@pytest.fixture(scope="module")
def closed(folder: Path) -> Iterator[Asking]:
    """A desk that nobody logs in to."""
    asking = Asking(folder=folder, config=PASSWORDS)
    yield asking
    asking.close()


def log_in(asking: Asking, name: str, password: str = "a long password", to: str = "") -> object:
    asking.get("/-/desk/login")
    return asking.post("/-/desk/login", {"name": name, "password": password, "next": to})


class TestNothingWithoutLogin:
    @pytest.mark.parametrize("path", EVERYWHERE)
    def test_anywhere(self, closed: Asking, path: str) -> None:
        answer = closed.get(path)
        assert answer.status == 401
        assert b"Arin" not in answer.body

    @pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PROPFIND", "DELETE"])
    def test_by_any_method(self, closed: Asking, method: str) -> None:
        assert closed.ask(method, "/wirewatch/stories.json").status in (401, 405)

    def test_a_person_is_led_to_the_form_and_back(self, desk: Asking) -> None:
        answer = desk.get("/wirewatch/stories?_sort=id", HTML)
        assert answer.status == 303
        assert answer.headers["location"] == (
            "/-/desk/login?next=%2Fwirewatch%2Fstories%3F_sort%3Did"
        )
        form = desk.get(answer.headers["location"]).text
        assert 'value="/wirewatch/stories?_sort=id"' in form
        got = log_in(desk, "ann", to="/wirewatch/stories?_sort=id")
        assert got.headers["location"] == "/wirewatch/stories?_sort=id"
        assert "Arin" in desk.get("/wirewatch/stories").text

    def test_the_form_and_its_style_are_open(self, closed: Asking) -> None:
        assert closed.get("/-/desk/login").status == 200
        assert closed.get("/-/desk/static/desk.css").status == 200


class TestPasswords:
    def test_the_cookie(self, desk: Asking) -> None:
        answer = log_in(desk, "ann")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("wirewatch-session=")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie

    @pytest.mark.parametrize(
        ("name", "password"), [("ann", "wrong"), ("bob", "a long password"), ("", ""), ("ann", "")]
    )
    def test_wrong(self, desk: Asking, name: str, password: str) -> None:
        answer = log_in(desk, name, password)
        assert answer.status == 403
        assert access.SESSION not in desk.cookies
        assert "Wrong name or password" in answer.text

    def test_too_many_tries_of_a_name_or_from_an_address(self, desk: Asking) -> None:
        for _ in range(10):
            assert log_in(desk, "rea", "wrong").status == 403
        assert log_in(desk, "rea").status == 429
        assert log_in(desk, "ann").status == 429  # the same address
        desk.peer = "127.0.0.9"
        assert log_in(desk, "rea").status == 429  # the same name
        assert log_in(desk, "ann").status == 303
        desk.now += timedelta(minutes=16)
        assert log_in(desk, "rea").status == 303

    def test_a_session_ends(self, desk: Asking) -> None:
        log_in(desk, "ann")
        assert desk.get("/wirewatch").status == 200
        desk.now += timedelta(hours=1, seconds=1)
        assert desk.get("/wirewatch").status == 401

    def test_a_session_outlives_a_restart_but_no_change_of_the_password(
        self, desk: Asking, folder: Path
    ) -> None:
        log_in(desk, "ann")
        for users, status in (
            (USERS, 200),
            ({"ann": User(name="ann", password=Secret(hashed("new", iterations=10_000)))}, 401),
            ({}, 401),
        ):
            config = DeskConfig(login="password", users=users)
            again = Asking(folder=folder, config=config, cookies=dict(desk.cookies))
            assert again.get("/wirewatch").status == status
            again.close()

    @pytest.mark.parametrize("cookie", ["", "x", "e30.x", "eyJ1IjoiYW5uIn0.AAAA"])
    def test_a_forged_session(self, closed: Asking, cookie: str) -> None:
        answer = closed.ask(
            "GET", "/wirewatch", [("Cookie", f"{access.SESSION}={cookie}")], cookies=False
        )
        assert answer.status == 401

    def test_datasettes_own_actor_cookie_opens_nothing(self, closed: Asking) -> None:
        signed = closed.datasette.sign({"a": {"id": "root", "role": "admin"}}, "actor")
        answer = closed.ask("GET", "/wirewatch", [("Cookie", f"ds_actor={signed}")], cookies=False)
        assert answer.status == 401

    def test_logout(self, desk: Asking) -> None:
        log_in(desk, "ann")
        assert desk.get("/-/desk/logout").headers["location"] == "/-/desk/login"
        assert desk.get("/wirewatch").status == 200  # a link does not log out
        desk.post("/-/desk/logout", {})
        assert desk.cookies[access.SESSION] == '""'
        assert desk.get("/wirewatch").status == 401

    def test_a_foreign_page_cannot_log_somebody_in(self, desk: Asking) -> None:
        form = {"name": "ann", "password": "a long password"}
        answer = desk.post("/-/desk/login", form, [("Sec-Fetch-Site", "cross-site")])
        assert answer.status == 403
        assert access.SESSION not in desk.cookies

    def test_hashes(self) -> None:
        assert matches("a long password", HASH + "\n")
        assert not matches("a long passwort", HASH)
        assert hashed("x", iterations=10_000) != hashed("x", iterations=10_000)
        assert not matches("", NOBODY)
        # As datasette-auth-passwords and Django write it.
        assert matches(
            "hunter2",
            "pbkdf2_sha256$1000$salt$"
            + base64.b64encode(
                __import__("hashlib").pbkdf2_hmac("sha256", b"hunter2", b"salt", 1000)
            ).decode(),
        )


class TestRoles:
    @pytest.mark.parametrize(
        ("name", "judges", "operates"),
        [("rea", False, False), ("ann", True, False), ("ada", True, True), ("root", False, False)],
    )
    def test_what_each_may(self, desk: Asking, name: str, judges: bool, operates: bool) -> None:
        log_in(desk, name)
        assert desk.get("/wirewatch/stories").status == 200
        assert desk.get("/wirewatch.json?sql=select+1").status in (200, 302)
        form = {"story": 1, "verdict": "relevant"}
        accept = ("Accept", "application/json")
        assert desk.post("/-/desk/decide", form, (*SAME_ORIGIN, accept)).status == (
            200 if judges else 403
        )
        assert desk.get("/-/permissions").status == (200 if operates else 403)
        assert desk.get("/_internal").status in (403, 404)

    def test_a_program_reads_with_its_token(self, closed: Asking) -> None:
        basic = base64.b64encode(b"x:token-0123456789-abcdef").decode()
        for value in ("Bearer token-0123456789-abcdef", f"Basic {basic}"):
            answer = closed.get("/wirewatch/stories.json", [("Authorization", value)])
            assert answer.status == 200

    @pytest.mark.parametrize(
        "value",
        ["Bearer wrong", "Bearer ", "Basic !!!", "Basic eDp3cm9uZw==", "Digest x", "Bearer é"],
    )
    def test_a_wrong_token(self, closed: Asking, value: str) -> None:
        assert closed.get("/wirewatch", [("Authorization", value)]).status == 401

    def test_a_token_in_a_browser_is_no_way_round_the_origin(self, closed: Asking) -> None:
        basic = base64.b64encode(b"x:token-0123456789-abcdef").decode()
        answer = closed.post(
            "/-/desk/decide",
            {"story": 1, "verdict": "relevant"},
            [("Authorization", f"Basic {basic}")],
        )
        assert answer.status == 403

    def test_a_feed_reader_is_asked_for_its_token(self, closed: Asking) -> None:
        assert "Basic" in closed.get("/-/desk.atom").headers["www-authenticate"]
        assert "www-authenticate" not in closed.get("/-/desk.json").headers


class TestProxy:
    @pytest.fixture
    def behind(self, folder: Path) -> Iterator[Asking]:
        asking = Asking(folder=folder, config=PROXY, peer="10.1.2.3")
        yield asking
        asking.close()

    def ask(self, behind: Asking, name: str, **more: str) -> int:
        headers = [("X-Forwarded-User", name), *more.items()]
        return behind.get("/wirewatch", headers, host="desk.example.org").status

    def test_the_header_of_the_proxy_is_believed(self, behind: Asking) -> None:
        assert self.ask(behind, "ann") == 200
        assert self.ask(behind, "nobody") == 401
        assert self.ask(behind, "") == 401

    @pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1", "11.0.0.1", "", "unix"])
    def test_and_of_nobody_else(self, behind: Asking, peer: str) -> None:
        behind.peer = peer
        assert self.ask(behind, "ann") == 401

    def test_twice_is_refused(self, behind: Asking) -> None:
        headers = [("X-Forwarded-User", "nobody"), ("X-Forwarded-User", "ann")]
        assert behind.get("/wirewatch", headers, host="desk.example.org").status == 400

    def test_its_word_for_https_counts_for_the_origin(self, behind: Asking) -> None:
        form = {"story": 1, "verdict": "relevant"}
        named = [("X-Forwarded-User", "ann"), ("Origin", "https://desk.example.org")]
        for more, status in (([("X-Forwarded-Proto", "https")], 303), ([], 403)):
            got = behind.post("/-/desk/decide", form, [*named, *more], host="desk.example.org")
            assert got.status == status

    def test_others_by_their_role(self, folder: Path) -> None:
        config = DeskConfig(login="proxy", proxies=("10.0.0.0/8",), proxy_role="reader")
        asking = Asking(folder=folder, config=config, peer="10.0.0.1")
        assert asking.get("/wirewatch", [("X-Forwarded-User", "new")]).status == 200
        asking.close()


class TestLocal:
    def test_one_reviewer_without_a_login(self, folder: Path) -> None:
        asking = Asking(folder=folder, config=DeskConfig(reviewer="mina"))
        assert asking.get("/-/actor.json").json["actor"]["name"] == "mina"
        asking.close()

    def test_the_secret_is_for_its_owner_only(self, folder: Path) -> None:
        Asking(folder=folder).close()
        assert (folder / server.SECRET_FILE).stat().st_mode & 0o777 == 0o600


class TestServe:
    """`serve` refuses in words, before anything listens."""

    @pytest.fixture(autouse=True)
    def _nothing_listens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(*_: object, **__: object) -> None:
            raise AssertionError("it listens")

        monkeypatch.setattr(socket, "create_server", never)

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
    def test_an_open_desk(self, folder: Path, host: str) -> None:
        with pytest.raises(MonitorError, match="asks for no login"):
            server.serve(folder / "wirewatch.db", host=host, port=0)

    def test_a_name_that_others_use(self, folder: Path) -> None:
        config = DeskConfig(hosts=("desk.example.org",))
        with pytest.raises(MonitorError, match=r"names desk\.example\.org"):
            server.serve(folder / "wirewatch.db", host="127.0.0.1", port=0, config=config)

    def test_with_a_login_it_listens(self, folder: Path) -> None:
        with pytest.raises(AssertionError, match="it listens"):
            server.serve(folder / "wirewatch.db", host="0.0.0.0", port=0, config=PASSWORDS)
