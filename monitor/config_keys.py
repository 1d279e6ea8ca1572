"""Every key of `wirewatch.toml` and the values it takes. docs/configuration.md describes each.

The keys of [desk] stand in monitor/config_desk.py. Only the form is checked here; what a value
points to (a file, a variable, a channel) is checked in monitor/config.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from alerts.errors import SettingsError
from alerts.rules import MODES, RELATIONS
from alerts.schedule import Quiet, Schedule, read_quiet, read_schedule
from alerts.settings import PORTS, EmailSettings
from feeds.feed_keys import FEED_KEYS, KINDS, interval
from feeds.tables import Key, SettingError, choice, number, one_line, span, switch, text, whole
from monitor.places import SCHEMES, has_password

MAX_PATH = 4096  # characters: PATH_MAX of Linux

_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def located(folder: Path, name: str) -> Path:
    """A path as the configuration means it: from its own folder; ~ is the user's home."""
    try:
        return folder / Path(name).expanduser()
    except RuntimeError:  # "~name" of a user that does not exist is a name like any other
        return folder / name


def _contact(value: object) -> str:
    """It stands in a header, so ASCII, and there in a comment (RFC 9110 §5.6.5)."""
    contact = one_line(200)(value)
    if not contact.isascii() or not re.fullmatch(r"|[^\s()\\]*(@|//)[^\s()\\]*", contact):
        raise SettingError('must be a mail address or a URL, such as "desk@example.org", or ""')
    return contact


def _path(value: object) -> str:
    path = one_line(MAX_PATH)(value)
    if not path:
        raise SettingError("must not be empty")
    return path


def _database(value: object) -> str:
    """A path, a URL of PostgreSQL's, or where such a URL is kept."""
    path = _path(value)
    if path.startswith(("env:", "file:")):
        return secret_place(path)
    if path.startswith(SCHEMES):
        if has_password(path):  # not repeated
            raise SettingError(
                "must not hold a password",
                'keep the URL in a variable or a file, and write "env:NAME" or "file:PATH"',
            )
        return path
    if "://" in path:
        raise SettingError(
            "must be a file or a PostgreSQL database",
            'write a path such as "wirewatch.db", or "postgresql://…"',
        )
    if path == ":memory:":
        raise SettingError("must be a file: evidence is kept")
    return path


def secret_place(value: object) -> str:
    """Where a secret stands. One that is written out is refused, and never repeated."""
    kind, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if (kind == "env" and _VARIABLE.fullmatch(rest)) or (kind == "file" and rest.strip()):
        return f"{kind}:{rest}"
    raise SettingError(
        'must be "env:NAME" (an environment variable) or "file:PATH", never the secret itself'
    )


def _section(value: object) -> object:
    return value


def _mail(key: str) -> Callable[[object], str]:
    """A value that the email channel takes: its own rule, tried beside settings that are good."""
    good: dict[str, Any] = {
        "name": "trial",
        "host": "localhost",
        "sender": "a@example.org",
        "to": ("a@example.org",),
    }

    def read(value: object) -> str:
        line = text(value)
        try:
            EmailSettings(**{**good, key: (line,) if key == "to" else line})
        except SettingsError as error:
            raise SettingError(error.problem) from None
        return line

    return read


_age = span(
    3600, 3650 * 86400, 'must be seconds, or text such as "12h" or "7d", from 1 hour to 10 years'
)

_TIMEOUT = "must be a number of seconds from 1 to 3600"

TOP_KEYS = {
    "database": Key(read=_database),
    "watchlists": Key(read=_path, many=True),
    "feeds": Key(read=_path, many=True),
    "fetch": Key(read=_section),
    "access": Key(read=_section),
    "channel": Key(read=_section),
    "alert": Key(read=_section),
    "desk": Key(read=_section),
    "evidence": Key(read=_section),
    "retention": Key(read=_section),
    "health": Key(read=_section),
    "metrics": Key(read=_section),
    "log": Key(read=_section),
    "baseline_days": Key(read=whole(0, 365, "must be a whole number of days from 0 to 365")),
}

FETCH_KEYS = {
    "allow_private_addresses": Key(read=switch),
    "host_gap": Key(read=number(0, 3600, "must be a number of seconds from 0 to 3600")),
    "contact": Key(read=_contact),
    "interval": Key(read=interval),
    "fastest": Key(read=interval),
    "slowest": Key(read=interval),
    "concurrency": Key(read=whole(1, 512, "must be a whole number from 1 to 512")),
    "ca_file": Key(read=_path),
}

LOG_KEYS = {
    "level": Key(read=choice("debug", "info", "warning", "error")),
    "format": Key(read=choice("text", "json")),
}

SLACK_KEYS = {
    "type": Key(read=text, needed=True),
    "webhook_url": Key(read=secret_place, needed=True, hidden=True),
}

EMAIL_KEYS = {
    "type": Key(read=text, needed=True),
    "host": Key(read=_mail("host"), needed=True),
    "sender": Key(read=_mail("sender"), needed=True),
    "to": Key(read=_mail("to"), needed=True, many=True),
    "port": Key(read=whole(1, 65535, "must be a whole number from 1 to 65535")),
    "security": Key(read=choice(*PORTS)),
    "username": Key(read=text),
    "password": Key(read=secret_place, hidden=True),
    "timeout": Key(read=number(1, 3600, _TIMEOUT)),
    "data_timeout": Key(read=number(1, 3600, _TIMEOUT)),
}

SLACK_BOT_KEYS = {
    "type": Key(read=text, needed=True),
    "token": Key(read=secret_place, needed=True, hidden=True),
    "channel": Key(read=text, needed=True),
    "api_url": Key(read=text),
}

WEBHOOK_KEYS = {
    "type": Key(read=text, needed=True),
    "url": Key(read=secret_place, needed=True, hidden=True),
    "secret": Key(read=secret_place, needed=True, hidden=True),
}

APPRISE_KEYS = {
    "type": Key(read=text, needed=True),
    "apprise_url": Key(read=secret_place, needed=True, hidden=True),
}

CHANNEL_KEYS: dict[str, dict[str, Key]] = {
    "slack": SLACK_KEYS,
    "slack-bot": SLACK_BOT_KEYS,
    "email": EMAIL_KEYS,
    "webhook": WEBHOOK_KEYS,
    "apprise": APPRISE_KEYS,
}

_Timed = TypeVar("_Timed", Schedule, Quiet)


def _timed(read: Callable[[str], _Timed]) -> Callable[[object], _Timed]:
    """A schedule or quiet hours, in a zone that there is."""

    def check(value: object) -> _Timed:
        try:
            timed = read(text(value))
        except ValueError as error:
            raise SettingError(str(error)) from None
        return replace(timed, zone=FEED_KEYS["timezone"].read(timed.zone))

    return check


ALERT_KEYS = {
    "name": Key(read=text, needed=True),
    "entities": Key(read=text, many=True),
    "sectors": Key(read=text, many=True),
    "kinds": Key(read=text, many=True),
    "provinces": Key(read=text, many=True),
    "feeds": Key(read=text, many=True),
    "source_kinds": Key(read=choice(*KINDS), many=True),
    "languages": Key(read=FEED_KEYS["language"].read, many=True),
    "words": Key(read=text, many=True),
    "exclude": Key(read=text, many=True),
    "relation": Key(read=choice(*RELATIONS), many=True),
    "min_origins": Key(read=whole(1, 99, "must be a whole number from 1 to 99")),
    "max_age": Key(read=_age),
    "mode": Key(read=choice(*MODES)),
    "schedule": Key(read=_timed(read_schedule)),
    "quiet": Key(read=_timed(read_quiet)),
    "most_an_hour": Key(read=whole(0, 10_000, "must be a whole number from 0 to 10000")),
    "to": Key(read=text, needed=True, many=True),
}

HOMES = {
    **dict.fromkeys(TOP_KEYS, "at the top, above the first [table]"),
    **dict.fromkeys(FETCH_KEYS, "in [fetch]"),
    **dict.fromkeys(LOG_KEYS, "in [log]"),
    "webhook_url": "in a [channel.NAME]",
}
"""Where a key belongs that stands in the wrong table."""
