"""What Datasette's own pages say: every table and column described, and the saved queries."""

from __future__ import annotations

from typing import Any

from monitor.store.describe import TABLES
from monitor.store.describe_views import REVIEWS, VIEWS
from monitor.store.described import table_metadata
from monitor.store.questions import QUESTIONS, REVIEW_QUESTIONS, Question


def metadata(evidence: str, reviews: str) -> dict[str, Any]:
    """Titles, descriptions, labels, sort orders, facets and queries of the two databases."""
    return {
        "title": "Wirewatch",
        "description": "What public news feeds said of what is on the watchlist.",
        "databases": {
            evidence: {
                "description": "The evidence, as it was found. `about` says what is where.",
                "tables": table_metadata({**VIEWS, **TABLES}),
                "queries": _queries(QUESTIONS),
            },
            reviews: {
                "description": "What reviewers decided. Only the desk adds to it.",
                "tables": table_metadata(REVIEWS),
                "queries": _queries(REVIEW_QUESTIONS),
            },
        },
    }


def _queries(questions: dict[str, Question]) -> dict[str, dict[str, str]]:
    return {
        name: {"title": one.title, "description": one.what, "sql": one.sql}
        for name, one in questions.items()
    }
