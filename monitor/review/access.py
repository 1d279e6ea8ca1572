"""Who asks, and what they may do. The same on both lines of Datasette.

On this computer alone, without a login, everybody is the one reviewer whom the settings name.
Otherwise a person is known by a session (a password once), by a header of a trusted proxy, or by a
token. Roles: a reader sees everything, a reviewer judges too, an admin also sees what Datasette
keeps for its operator. Nobody can write SQL.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasette import hookimpl
from itsdangerous import BadSignature

from monitor.config_desk import DeskConfig, Token, User
from monitor.review.served import Served, desk, served

JUDGE = "wirewatch-judge"
"""The action that a decision asks for, in Datasette's own permission system."""

SESSION = "wirewatch-session"
"""Name of the cookie, and namespace of its signature."""

SCOPE = "wirewatch.person"
"""Where the guard leaves who asks, for Datasette's hook and the pages."""

_READS = ("view-instance", "view-database", "view-table", "view-query", "execute-sql")
_OPERATES = ("permissions-debug", "debug-menu")
_MAY = {
    "reader": frozenset(_READS),
    "reviewer": frozenset((*_READS, JUDGE)),
    "admin": frozenset((*_READS, JUDGE, *_OPERATES)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks."""

    name: str
    role: str
    by: str  # local | session | proxy | token

    def actor(self) -> dict[str, str]:
        """For Datasette. Never the bare name: to Datasette an actor "root" is its owner."""
        return {"id": f"desk:{self.name}", "name": self.name, "role": self.role}


def person(
    served: Served,
    datasette: Any,
    headers: Mapping[str, str],
    cookies: Mapping[str, str],
    peer: str,
) -> Person | None:
    """Who sent a request with these headers from the address `peer`; None for nobody we know."""
    config = served.config
    if authorization := headers.get("authorization", ""):
        return _by_token(config, authorization)
    if served.local_reviewer:
        return Person(name=served.local_reviewer, role="admin", by="local")
    if config.login == "proxy":
        return _by_proxy(config, headers, peer)
    return _by_session(served, datasette, cookies.get(SESSION, ""))


def trusted(config: DeskConfig, peer: str) -> bool:
    """Whether the headers of this address are believed."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in config.proxies)


def _by_token(config: DeskConfig, authorization: str) -> Person | None:
    """`Bearer TOKEN`, or Basic with the token as password, since feed readers know no other."""
    scheme, _, value = authorization.partition(" ")
    given = value.strip() if scheme.lower() == "bearer" else _basic_password(scheme, value)
    found: Token | None = None
    for token in config.tokens:  # all of them, so that time tells nothing
        if given and hmac.compare_digest(token.token.reveal().encode(), given.encode()):
            found = token
    return Person(name=found.name, role=found.role, by="token") if found else None


def _basic_password(scheme: str, value: str) -> str:
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _by_proxy(config: DeskConfig, headers: Mapping[str, str], peer: str) -> Person | None:
    name = headers.get(config.proxy_header.lower(), "").strip()
    if not name or not name.isprintable() or not trusted(config, peer):
        return None
    user = config.users.get(name)
    role = user.role if user else config.proxy_role
    return Person(name=name, role=role, by="proxy") if role else None


def _by_session(served: Served, datasette: Any, cookie: str) -> Person | None:
    try:
        known = datasette.unsign(cookie, SESSION)
        name, ends, seal = known["u"], known["e"], known["p"]
    except (BadSignature, TypeError, KeyError):
        return None
    user = served.config.users.get(name)
    if not user or not user.password or served.now().timestamp() > ends:
        return None
    return Person(name=name, role=user.role, by="session") if seal == _seal(user) else None


def session(served: Served, datasette: Any, user: User) -> str:
    """The cookie of someone who has just given a password. A changed password ends it."""
    ends = int(served.now().timestamp()) + served.config.session
    signed: str = datasette.sign({"u": user.name, "e": ends, "p": _seal(user)}, SESSION)
    return signed


def _seal(user: User) -> str:
    secret = user.password.reveal() if user.password else ""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


async def may_judge(datasette: Any, request: Any) -> bool:
    """Whether who asks may judge stories: Datasette's answer, so other plugins may say no too."""
    if hasattr(datasette, "permission_allowed"):  # 0.65
        return bool(await datasette.permission_allowed(request.actor, JUDGE, default=False))
    return bool(await datasette.allowed(action=JUDGE, actor=request.actor))


def allows(actor: Mapping[str, Any] | None, action: str) -> bool:
    """The whole of the rules."""
    return action in _MAY.get((actor or {}).get("role", ""), frozenset())


# Hooks


def actor_from_request(datasette: Any, request: Any) -> dict[str, str] | None:
    known: Person | None = request.scope.get(SCOPE)
    return known.actor() if known and served(datasette) else None


def permission_allowed(
    datasette: Any, actor: dict[str, Any] | None, action: str, resource: Any
) -> bool | None:
    """Datasette 0.65. What is not allowed by role is denied, whatever Datasette's default is."""
    if not served(datasette):
        return None
    database = resource[0] if isinstance(resource, tuple | list) else resource
    return database != "_internal" and allows(actor, action)  # what Datasette keeps for itself


def permission_resources_sql(datasette: Any, actor: dict[str, Any] | None, action: str) -> Any:
    """Datasette 1.0: the same answer for every resource."""
    from datasette.permissions import PermissionSQL  # noqa: PLC0415 - 0.65 has none

    if not served(datasette):
        return None
    name = desk(datasette).names[0]
    if allows(actor, action):
        return PermissionSQL.allow(reason=f"role at the desk of {name}")
    return PermissionSQL.deny(reason=f"no role at the desk of {name} allows it")


def register_actions(datasette: Any) -> list[Any]:
    from datasette.permissions import Action  # noqa: PLC0415 - 0.65 has none

    if not served(datasette):
        return []
    return [Action(name=JUDGE, abbr=None, description="Judge stories")]


hookimpl(tryfirst=True)(actor_from_request)
hookimpl(optionalhook=True, trylast=True)(permission_allowed)
hookimpl(optionalhook=True)(permission_resources_sql)
hookimpl(optionalhook=True)(register_actions)
