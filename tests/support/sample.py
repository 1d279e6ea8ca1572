"""An alert to change one thing of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alerts.types import Alert, Named

SNIPPET = (
    "…builders completed a section of the waterway tunnel of the Tanchon Power Station and began…"
)
MARK = (SNIPPET.index("Tanchon"), SNIPPET.index(" and began"))

DEFAULTS: dict[str, Any] = {
    "id": 7,
    "rule": "power stations",
    "channel": "desk",
    "story": 3,
    "title": "Tanchon Power Station project makes headway",
    "url": "https://news.example.org/articles/2026/11/21/tanchon?lang=en&part=1",
    "source": "Example Wire",
    "source_kind": "state-media",
    "language": "en",
    "first_seen_at": datetime(2026, 11, 21, 6, 15, tzinfo=UTC),
    "published_at": datetime(2026, 11, 21, 6, 12, tzinfo=UTC),
    "published_raw": "Sat, 21 Nov 2026 15:12:00 +0900",
    "snippet": SNIPPET,
    "snippet_marks": (MARK,),
    "named": (
        Named(
            entity="tanchon-power-station",
            name="Tanchon Power Station",
            sector="electric-power",
            kind="facility",
            surface="Tanchon Power Station",
        ),
    ),
    "origins": 1,
    "copies": 4,
    "key": "a1b2c3d4e5f60718",
}


def alert(**changes: Any) -> Alert:
    """The default alert, with `changes`."""
    return Alert(**{**DEFAULTS, **changes})
