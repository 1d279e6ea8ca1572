"""Where the database is: a file, or a PostgreSQL server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from alerts.secrets import Secret

_NAME = re.compile(r"[\w/.-]*")

SCHEMES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A database on a PostgreSQL server. `str()` names it without what is secret."""

    url: Secret  # libpq's form: postgresql://user:password@host:port/name?option=value
    beside: Path  # what stays on this machine is named after it, as after a file of SQLite's

    def __str__(self) -> str:
        """Scheme, host and name: no user, no password, no option (one may be a password)."""
        try:
            parts = urlsplit(self.url.reveal())
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return "postgresql://…"
        # A mistake in its punctuation may have left anything there.
        name = parts.path if _NAME.fullmatch(parts.path) else "/…"
        return f"postgresql://{parts.hostname or ''}{port}{name}"


Place = Path | Server
"""What `Store` and `Reader` open."""


def has_password(url: str) -> bool:
    """Whether a URL holds one, in its authority or as an option; an odd one is taken to."""
    try:
        parts = urlsplit(url)
        return parts.password is not None or "password" in parts.query.lower()
    except ValueError:
        return True
