"""The rules for a site without a feed, as a list writes them: `[feed.page]`, or `adapter = "…"`.

Every mistake is found when the list is read, with its line: a selector that is none, a path that
cannot be followed, a rule that the kind of page does not have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feeds.dates import JUCHE
from feeds.document import ENTRY_LIMIT
from feeds.json_lists import check_template, path_of
from feeds.selectors import check_selector, rule_of
from feeds.tables import Key, SettingError, Source, choice, one_line, read_table, whole
from feeds.types import PageRules

if TYPE_CHECKING:
    from feeds.toml_lines import Where

TYPES = ("html", "json", "sitemap")
MOST_PAGES = 10  # read at a poll; each costs a pause of fetch.host_gap
MAX_RULE = 300  # characters of a selector, a path or a pattern
MAX_URL = 2_048

_SELECTORS = ("link", "title", "date", "text", "id", "next")
_NOT_OF_SITEMAPS = ("items", "link", "title", "date", "text", "id", "id_match", "next", "page_url")
_YEAR = re.compile(r"%[YycxDG]")


def _rule(value: object) -> str:
    line = one_line(MAX_RULE)(value)
    if not line:
        raise SettingError("must not be empty")
    return line


def _pattern(value: object) -> str:
    line = _rule(value)
    try:
        re.compile(line)
    except re.error as error:
        raise SettingError(f"must be a regular expression ({error})") from None
    return line


def _date_format(value: object) -> str:
    line = _rule(value)
    if line == JUCHE:
        return line
    rule = 'must be "juche", or a date format with a year such as "%Y.%m.%d"'
    if not _YEAR.search(line):
        raise SettingError(rule)
    moment = datetime(2026, 11, 22, 4, 35, 5)  # noqa: DTZ001 - any will do
    try:
        datetime.strptime(moment.strftime(line), line)  # noqa: DTZ007 - only whether it can be read
    except (ValueError, re.error):
        raise SettingError(rule, "see strftime.org for what stands behind a %") from None
    return line


def _page_url(value: object) -> str:
    line = one_line(MAX_URL)(value)
    if not re.match(r"https?://[^/?#\s]", line, re.IGNORECASE) or line.count("{page}") != 1:
        raise SettingError("must be an address with {page} where the number of the page goes")
    return line


PAGE_KEYS = {
    "type": Key(read=choice(*TYPES)),
    "items": Key(read=_rule),
    "link": Key(read=one_line(MAX_URL)),
    **{name: Key(read=_rule) for name in ("title", "date", "text", "id", "next", "article_text")},
    "id_match": Key(read=_pattern),
    "only": Key(read=_pattern),
    "date_format": Key(read=_date_format),
    "page_url": Key(read=_page_url),
    "pages": Key(read=whole(1, MOST_PAGES, f"must be a whole number from 1 to {MOST_PAGES}")),
    "limit": Key(read=whole(1, ENTRY_LIMIT, f"must be a whole number from 1 to {ENTRY_LIMIT}")),
}
"""What a `[feed.page]` table may hold."""


def read_rules(source: Source, table: object, where: Where) -> PageRules | None:
    """The rules of one `[feed.page]`; each mistake is noted in `source`. None if there are any."""
    before = len(source.problems)
    settings = read_table(source, table, where, PAGE_KEYS)
    written = {name: value for name, value in settings.items() if value is not None}
    if isinstance(table, Mapping) and len(source.problems) == before:
        _check(source, written, where)
    return PageRules(**written) if len(source.problems) == before else None


def _check(source: Source, written: dict[str, Any], where: Where) -> None:
    kind = written.get("type", "html")
    for name, words in _strange(written, kind):
        source.wrong((*where, name), words)
    for name, value in written.items():
        check = _check_of(name, kind)
        try:
            if check:
                check(value)
        except SettingError as error:
            hint = f" ({error.hint})" if error.hint else ""
            source.wrong((*where, name), f"{error}{hint}")


def _strange(written: Mapping[str, object], kind: str) -> list[tuple[str, str]]:
    """Rules that are missing, or that this kind of page does not have."""
    if kind == "sitemap":
        return [
            (name, f"a sitemap has no {name}; leave it out")
            for name in _NOT_OF_SITEMAPS
            if name in written
        ]
    needed = ("items", "link", "title") if kind == "json" else ("items",)
    found = [
        (name, f'is missing: where in the page its entries stand (type = "{kind}")'
         if name == "items" else f'is missing: needed with type = "{kind}"')
        for name in needed
        if not written.get(name)
    ]  # fmt: skip
    if "next" in written and "page_url" in written:
        found.append(("page_url", "stands beside next; keep one of them"))
    behind = "next" in written or "page_url" in written
    if written.get("pages", 1) != 1 and not behind:
        found.append(("pages", "needs next, or page_url, to know where the pages behind stand"))
    if behind and written.get("pages", 1) == 1:
        name = "next" if "next" in written else "page_url"
        found.append((name, "does nothing without pages = 2 or more"))
    if "id_match" in written and "id" not in written:
        found.append(("id_match", "does nothing without id"))
    return found


def _check_of(name: str, kind: str) -> Any:
    """What a rule must be besides a line of text."""
    if name == "article_text":
        return rule_of
    if kind == "html" and name in _SELECTORS:
        return rule_of
    if kind == "html" and name == "items":
        return check_selector
    if kind == "json" and name == "link":
        return _json_link
    if kind == "json" and name in ("items", *_SELECTORS):
        return path_of
    return None


def _json_link(value: str) -> None:
    if "{" in value or "}" in value:
        check_template(value)
    else:
        path_of(value)


def written_rules(rules: PageRules) -> dict[str, object]:
    """What a list says of them: all that is not the default."""
    return {
        item.name: getattr(rules, item.name)
        for item in fields(rules)
        if item.name != "adapter" and getattr(rules, item.name) != item.default
    }


def rules_to_json(rules: PageRules | None) -> str:
    """The rules as a cell of the database holds them; "" for a feed."""
    if rules is None:
        return ""
    default = asdict(PageRules())
    said = {name: value for name, value in asdict(rules).items() if value != default[name]}
    return json.dumps(said, ensure_ascii=False)


def rules_from_json(cell: str) -> PageRules | None:
    """What `rules_to_json` wrote."""
    return PageRules(**json.loads(cell)) if cell else None
