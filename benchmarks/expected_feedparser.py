"""feedparser's own tests: what it expects of its documents, in the fields that we keep.

Each document says in its first comment what it wants, as a Python expression. It is taken apart
here and never evaluated.
"""

from __future__ import annotations

import ast
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
from selectolax.lexbor import LexborHTMLParser

from benchmarks.expected_checks import SERVER, Check, files, ours, read, reduced, verdict
from feeds.charset import codec_name, decode
from feeds.text import one_line
from feeds.types import FeedError, ParsedFeed
from feeds.urls import absolute_url

SUITE = "kurtmckee+feedparser"
_WANT = re.compile(r"Expect:\s*(.*?)\s*-->", re.DOTALL)
_HEADER = re.compile(r"^Header:\s*([^:\s]+)\s*:\s*(.*)$", re.MULTILINE)
_HEAD = 3_000  # characters in which a document says what it wants
_FEED_FIELDS = {
    ("title",): "feed title", ("title_detail", "value"): "feed title", ("link",): "feed link",
    ("language",): "feed language", ("ttl",): "ttl",
}  # fmt: skip
_ENTRY_FIELDS = {
    "title": "title", "title_detail.value": "title", "link": "link", "id": "id", "guid": "id",
    "description": "text", "summary": "text", "summary_detail.value": "text",
    "content.0.value": "text", "author": "author", "author_detail.name": "author",
    "authors.0.name": "author", "language": "language", "title_detail.language": "language",
    "summary_detail.language": "language", "content.0.language": "language",
    "published_parsed": "published", "created_parsed": "published", "published": "date as written",
    "updated_parsed": "updated",
}  # fmt: skip
_LONGEST = "one text is kept of an entry's summary and contents, the longest"
_ONE_LANGUAGE = "an entry has one language, that of its content before its title and summary"
_PUBLISHED_ID = "ids are kept as published, so that a site that moves has no new entries"
_DECLARED = "declared ASCII or nothing, and it is UTF-8: the bytes have the last word"
_LINENOISE = "feedparser expects mojibake here; valid UTF-8 with one bad byte is read as such"
_HTML5 = "&lang; and &rang; are what HTML 5 says, not HTML 4"
_ALL_AUTHORS = "all authors are named, not the first alone"
_BROWSER = "what a browser shows of that markup; feedparser's cleaning of it shows more"
_NO_TEXT = "a content whose type says that it is no text is not kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A test of feedparser's, and what both programs read in it."""

    name: str
    body: bytes
    headers: dict[str, str]
    found: ParsedFeed | FeedError
    alone: Any  # None where it raises


def checks(folder: Path) -> list[Check]:
    """Every expectation of the suite in `folder` on a field that we keep."""
    warnings.simplefilter("ignore", DeprecationWarning)  # of keys that feedparser renames
    tests = folder / SUITE / "tests"
    return [check for path in files(tests, "*.xml") for check in _of(path, tests)]


def _of(path: Path, tests: Path) -> Iterator[Check]:
    body = path.read_bytes()
    head = _legible(body)
    want = _WANT.search(head)
    if not want:
        return
    name = path.relative_to(tests).as_posix()
    headers = {key.lower(): value.strip() for key, value in _HEADER.findall(head[:_HEAD])}
    url = f"{SERVER}/tests/{name}"
    if location := headers.get("content-location", ""):  # which the fetcher never looks at
        url = absolute_url(location, url) or url
    document = _Document(
        name=name,
        body=body,
        headers=headers,
        found=read(body, headers, url),
        alone=_alone(body, headers, url),
    )
    for at, value in _comparisons(want[1]):
        if kept := _field(at):
            yield _check(document, at, kept, value)


def _legible(body: bytes) -> str:
    """The comment at a document's head, whatever its encoding is."""
    return decode(body, content_type="").text


def _alone(body: bytes, headers: Mapping[str, str], url: str) -> Any:
    """What feedparser makes of it by itself, with its defaults. It fetches nothing from bytes."""
    answer = {"content-type": "application/xml", "content-location": url, **headers}
    try:
        return feedparser.parse(io.BytesIO(body), response_headers=answer)
    except (ValueError, LookupError, TypeError, OverflowError):
        return None


def _comparisons(expression: str) -> Iterator[tuple[tuple[object, ...], object]]:
    """The `PATH == VALUE` in a conjunction, the rest left out."""
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        return
    whole = isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And)
    for term in tree.values if whole and isinstance(tree, ast.BoolOp) else [tree]:
        if isinstance(term, ast.Compare) and isinstance(term.ops[0], ast.Eq) and len(term.ops) == 1:
            try:
                value = ast.literal_eval(term.comparators[0])
            except ValueError:
                continue
            yield _path(term.left), value


def _path(node: ast.expr) -> tuple[object, ...]:
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=inner, attr=name):
            return (*_path(inner), name)
        case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
            return (*_path(inner), key)
    return ("",)


def _field(at: tuple[object, ...]) -> tuple[str, int] | None:
    """Our field for a path of feedparser's, and the number of the entry; None if we keep none."""
    match at:
        case ("encoding",):
            return "encoding", 0
        case ("version",):
            return "format", 0
        case ("feed", *rest):
            name = _FEED_FIELDS.get(tuple(map(str, rest)))
            return (name, 0) if name else None
        case ("entries", int(number), *rest):
            name = _ENTRY_FIELDS.get(".".join(map(str, rest)))
            return (name, number) if name else None
    return None


def _check(
    document: _Document, at: tuple[object, ...], kept: tuple[str, int], value: object
) -> Check:
    field, number = kept
    theirs = _at(document.alone, at)
    want, have = _reduced(field, value), ours(document.found, field, number)
    if field == "encoding":
        return _encoding(document, value, theirs)
    alone = want == _reduced(field, theirs) or not (want or theirs)
    reasons = (
        (field == "text" and have in _texts(document.alone, number), _LONGEST),
        (field == "language" and have in _languages(document.alone, number), _ONE_LANGUAGE),
        (field == "id" and str(want).endswith(str(have)), _PUBLISHED_ID),
        (bool({"\u27e8", "\u27e9"} & set(str(have))), _HTML5),
        (field == "author" and str(want) in str(have).split(", "), _ALL_AUTHORS),
        (field == "text" and _is_no_text(document.alone, number), _NO_TEXT),
        (field in ("text", "feed title") and have in _seen(document, at), _BROWSER),
        (b"\xe2\x80\x9d\xa9" in document.body, _LINENOISE),
    )
    said = verdict(want, have, reasons)
    return Check(document=document.name, field=field, want=want, ours=have, verdict=said,
                 theirs=alone)  # fmt: skip


def _encoding(document: _Document, value: object, theirs: object) -> Check:
    """Two names are one where the text that they give is."""
    want = codec_name(str(value))
    have = "" if isinstance(document.found, FeedError) else document.found.encoding
    same = _text_in(document.body, want) == _text_in(document.body, have)
    said = verdict(want, want if same else have, ((have == "utf-8", _DECLARED),))
    return Check(document=document.name, field="encoding", want=want, ours=have, verdict=said,
                 theirs=str(theirs).lower() == str(value).lower())  # fmt: skip


def _text_in(body: bytes, name: str) -> str:
    return body.decode(name, "replace").lstrip("\ufeff") if name else ""


def _reduced(field: str, value: object) -> object:
    if isinstance(value, BaseException):
        return value
    if field in ("published", "updated") and value:
        try:
            return datetime(*tuple(value)[:6], tzinfo=UTC)  # type: ignore[arg-type, call-overload, misc] # a tuple of numbers
        except (TypeError, ValueError):
            return value
    if field == "ttl":
        return 60 * int(str(value))
    return reduced(field, value)


def _at(thing: Any, path: tuple[object, ...]) -> object:
    try:
        for key in path:
            thing = thing[key]
    except (LookupError, TypeError, AttributeError) as error:
        return error
    return thing


def _texts(alone: Any, number: int) -> set[object]:
    """All texts that feedparser has of an entry, as we would keep each."""
    entry = _at(alone, ("entries", number))
    if not isinstance(entry, dict):
        return set()
    contents = entry.get("content") or []
    texts = [entry.get("summary") or "", *(content.get("value") or "" for content in contents)]
    return {reduced("text", text) for text in texts} - {""}


def _is_no_text(alone: Any, number: int) -> bool:
    contents = _at(alone, ("entries", number, "content"))
    kinds = [content.get("type", "") for content in contents] if isinstance(contents, list) else []
    return bool(kinds) and not any(
        kind.startswith("text/") or kind.endswith("xml") for kind in kinds
    )


def _seen(document: _Document, at: tuple[object, ...]) -> set[str]:
    """What a browser shows of the markup that feedparser was given, quoting undone."""
    raw = feedparser.parse(
        io.BytesIO(document.body), sanitize_html=False, resolve_relative_uris=False
    )
    value = str(_at(raw, at))
    for quoting in ("<![CDATA[", "]]>", "]]&gt;"):
        value = value.replace(quoting, "")
    tree = LexborHTMLParser(value)
    tree.strip_tags(["script"])
    return {one_line(tree.text())}


def _languages(alone: Any, number: int) -> set[object]:
    entry = _at(alone, ("entries", number))
    if not isinstance(entry, dict):
        return set()
    details = [
        *(entry.get("content") or []),
        *(entry.get(f"{key}_detail") or {} for key in ("title", "summary")),
    ]
    return {reduced("language", detail.get("language") or "") for detail in details} - {""}
