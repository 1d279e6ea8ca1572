"""Who asks the desk to change something, and who may."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from alerts.secrets import Secret
from monitor.config_desk import DeskConfig, Token, User
from monitor.review.passwords import hashed
from tests.support.asking import HOST, ORIGIN, SAME_ORIGIN, Answer, Asking
from tests.support.desk import collected

HASH = hashed("a long password", iterations=10_000)
LOGIN = DeskConfig(
    login="password",
    users={
        "ann": User(name="ann", role="reviewer", password=Secret(HASH)),
        "rea": User(name="rea", role="reader", password=Secret(HASH)),
    },
    tokens=(
        Token(name="robot", role="reviewer", token=Secret("robot-token-0123456789")),
        Token(name="reader", role="reader", token=Secret("reader-token-0123456789")),
    ),
)
ROBOT = ("Authorization", "Bearer robot-token-0123456789")


def recorded(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "reviews.db")) as db:
        return int(db.execute("SELECT count(*) FROM decisions").fetchone()[0])


def log_in(asking: Asking, name: str, password: str = "a long password") -> int:
    form = {"name": name, "password": password, "next": "/-/desk/sources"}
    asking.get("/-/desk/login")
    return asking.post("/-/desk/login", form).status


def three_doors(folder: Path) -> dict[str, Asking]:
    """The same desk with a login: in front of it a reviewer, a reader, and nobody."""
    nobody = Asking(folder=collected(folder), config=LOGIN)
    found = {"": nobody}
    for name in ("ann", "rea"):
        found[name] = replace(nobody, cookies={})
        assert log_in(found[name], name) == 303
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request that wants to judge story 1, and whether it may."""

    name: str
    status: int
    headers: tuple[tuple[str, str], ...] = SAME_ORIGIN
    host: str | None = HOST
    who: str = "ann"  # "" = no session
    path: str = "/-/desk/decide"
    token: bool = True


SITE = "Sec-Fetch-Site"

MATRIX = (
    Case(name="our page", status=303),
    Case(name="our page, origin only", status=303, headers=(("Origin", ORIGIN),)),
    Case(name="our page, site only", status=303, headers=((SITE, "same-origin"),)),
    Case(name="a program with a token", status=303, headers=(ROBOT,), who=""),
    Case(name="another site", status=403, headers=(("Origin", "https://e.example"), (SITE, "cross-site"))),
    Case(name="another site, without cookies", status=403, headers=((SITE, "cross-site"),), who=""),
    Case(name="another port", status=403, headers=(("Origin", "http://127.0.0.1:9999"), (SITE, "same-site"))),
    Case(name="typed into the address bar", status=403, headers=((SITE, "none"),)),
    Case(name="wrong origin alone", status=403, headers=(("Origin", "http://localhost:8001"),)),
    Case(name="origin null", status=403, headers=(("Origin", "null"),)),
    Case(name="origin against site", status=403, headers=(("Origin", "http://e.example"), (SITE, "same-origin"))),
    Case(name="no header that says whence", status=403, headers=()),
    Case(name="rebound name", status=421, host="e.example:8001", headers=(("Origin", "http://e.example:8001"), (SITE, "same-origin"))),
    Case(name="no host", status=421, host=None),
    Case(name="no login", status=401, who=""),
    Case(name="a reader", status=403, who="rea"),
    Case(name="a reader's token", status=403, headers=(("Authorization", "Bearer reader-token-0123456789"),), who=""),
    Case(name="a token with a cookie, from nowhere", status=403, headers=(ROBOT,)),
    Case(name="two hosts", status=400, headers=(*SAME_ORIGIN, ("Host", "e.example"))),
    Case(name="two origins", status=400, headers=(*SAME_ORIGIN, ("Origin", "http://e.example"))),
    Case(name="a table of Datasette's", status=405, path="/wirewatch/stories/-/insert"),
    Case(name="a write of Datasette's", status=405, path="/wirewatch/-/execute-write"),
    Case(name="a row of Datasette's", status=405, path="/reviews/decisions/1/-/update"),
    Case(name="a token of Datasette's", status=405, path="/-/create-token"),
)  # fmt: skip


def tried(desk: Asking, case: Case) -> Answer:
    """What the desk answers."""
    headers = case.headers
    if case.status != 303:
        headers = (*headers, ("Accept", "application/json"))
    form: dict[str, object] = {"story": 1, "verdict": "relevant"}
    return desk.post(case.path, form, headers, host=case.host, token=case.token)
