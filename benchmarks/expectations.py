"""What other projects' test suites expect of a feed parser, and what ours makes of the same documents.

    python -m benchmarks.expectations [--feeds FOLDER_OR_TAR] [--news FOLDER] [--all]

FOLDER_OR_TAR holds the public suites, each under OWNER+REPOSITORY: feedparser, gofeed, podcastparser,
rss-parser; and chardet's real feeds with chardet_expected.jsonl (path, title, items, first title). NEWS
holds FILE.jsonl.gz of articles (title, text, lang): for languages, and for false alarms of garbled text.
Without either, the invented feeds in many encodings are read. --all prints every difference.

Texts are compared as we keep them: without markup, on the lines that a reader sees. Documents are read
with their headers where the suite gives any; nothing is fetched.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import expected_feedparser, expected_others, invented_encodings
from benchmarks.expected_checks import SERVER, WRONG, Check, differences, reasons, summary
from benchmarks.invented_garbled import garbled
from benchmarks.measure import table
from feeds.mojibake import is_garbled
from feeds.parse import parse
from feeds.types import Feed, ParsedFeed
from monitor.language import detect

REAL = "chardet_expected.jsonl"
_HEAD = 2_000  # bytes
_PAGE = re.compile(rb"<html[\s>]", re.IGNORECASE)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; fail if a difference has no reason."""
    asked = _asked(arguments)
    invented()
    spoilt()
    if asked.news:
        languages(asked.news)
    if not asked.feeds:
        return
    with _folder(asked.feeds) as folder:
        real(folder)
        checks = suites(folder)
    if asked.all:
        print(*differences(checks), sep="\n")
    demand_reasons(checks)


def demand_reasons(checks: Sequence[Check]) -> None:
    """End the program where a difference has none."""
    if any(check.verdict == WRONG for check in checks):
        raise SystemExit("some differences are not explained: --all shows them")


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Read what other suites expect.")
    parser.add_argument("--feeds", type=Path, help="folder or tar with the suites")
    parser.add_argument("--news", type=Path, help="folder with FILE.jsonl.gz of articles")
    parser.add_argument("--all", action="store_true", help="print every difference")
    return parser.parse_args(arguments)


@contextmanager
def _folder(place: Path) -> Iterator[Path]:
    """The folder of the suites; a tar is unpacked for as long."""
    if place.is_dir():
        yield _suites(place)
        return
    with tempfile.TemporaryDirectory() as unpacked, tarfile.open(place) as tar:
        tar.extractall(unpacked, filter="data")
        yield _suites(Path(unpacked))


def _suites(folder: Path) -> Path:
    found = next(iter([folder, *sorted(folder.iterdir())] if folder.is_dir() else []), folder)
    return next((path.parent for path in folder.rglob(REAL)), found)


# ── encodings ────────────────────────────────────────────────────────────────────────────────────


def invented() -> float:
    """Feeds of ours in the encodings of seven languages; the share of those read right."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for feed in invented_encodings.feeds():
        found = _read(feed.body, feed.content_type)
        right = bool(found) and _said(found) == (feed.title, feed.items, feed.first)
        counts[feed.variant][0] += 1
        counts[feed.variant][1] += right
    print("\n### Encodings: invented feeds\n")
    return _shares("variant", "feeds", counts)


def real(folder: Path) -> float:
    """chardet's real feeds: title, number of items and first title; the share of those read right.

    Web pages among them are right if they are refused.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in (folder / REAL).read_text("utf-8").splitlines():
        row = json.loads(line)
        body = (folder / row["path"]).read_bytes()
        found = _read(body, "")
        want = (_plain(row["feed_title"]), row["items"], _plain(row["first_item_title"]))
        right = _said(found) == want if found else bool(_PAGE.search(body[:_HEAD]))
        counts[row["true_encoding"]][0] += 1
        counts[row["true_encoding"]][1] += right
        if not right:
            print(f"{row['path']}: wanted {want}, ours {_said(found) if found else None}")
    print("\n### Encodings: real feeds\n")
    return _shares("encoding", "feeds", counts)


def _shares(of: str, things: str, counts: dict[str, list[int]]) -> float:
    every = [sum(column) for column in zip(*counts.values(), strict=True)]
    rows = [[name, *pair, f"{pair[1] / pair[0]:.1%}"] for name, pair in sorted(counts.items())]
    rows.append(["all", *every, f"{every[1] / every[0]:.1%}"])
    print(table([of, things, "right", "share"], rows))
    return every[1] / every[0]


def _read(body: bytes, content_type: str) -> ParsedFeed | None:
    url = f"{SERVER}/feed"
    found = parse(body, {"content-type": content_type}, Feed(url=url), url)
    return found if isinstance(found, ParsedFeed) else None


def _said(feed: ParsedFeed) -> tuple[str, int, str]:
    """Title, number of items and first title. An item cut off before anything of it can be read is
    counted as one: the ledger counts it as skipped."""
    items = len(feed.entries) + feed.skipped.get("empty", 0)
    return _plain(feed.title), items, _plain(feed.entries[0].title if feed.entries else "")


def _plain(text: str) -> str:
    """On one line. What the standard calls control characters is read as Windows shows it."""
    shown = (char.encode("latin-1").decode("cp1252", "ignore") if "\x80" <= char <= "\x9f" else char
             for char in text)  # fmt: skip
    return " ".join("".join(shown).split())


# ── suites ───────────────────────────────────────────────────────────────────────────────────────


def suites(folder: Path) -> list[Check]:
    """The expectations of the four suites, and why ours are other ones."""
    own = expected_feedparser.checks(folder)
    print("\n### feedparser's own expectations, in the fields that we keep\n")
    print(summary(own, lambda check: check.field), reasons(own), sep="\n\n")
    theirs = sum(check.theirs for check in own)
    better = sum(check.verdict == "right" and not check.theirs for check in own)
    print(
        f"\nfeedparser alone gives {theirs} of {len(own)}; ours is right where it is not: {better}"
    )
    others = expected_others.checks(folder)
    print("\n### gofeed, podcastparser, rss-parser: title, link, id, dates\n")
    print(summary(others, lambda check: check.document.partition(":")[0]))
    print("", summary(others, lambda check: check.field), reasons(others), sep="\n\n")
    return [*own, *others]


# ── languages and garbled text ───────────────────────────────────────────────────────────────────


def spoilt() -> None:
    """Sentences read in a wrong encoding: how many are seen to be so."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for way, title, text in garbled():
        counts[way][0] += 1
        counts[way][1] += is_garbled(title, text)
    print("\n### Garbled text: what is noticed\n")
    _shares("what was done", "texts", counts)


def languages(folder: Path) -> None:
    """Articles whose language is known: told by their letters, whatever is declared."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in _articles(folder):
        text, lang = f"{row.get('title') or ''}\n{row.get('text') or ''}", row["lang"]
        counts[lang, "articles"] += 1
        counts[lang, "declared rightly"] += detect(text, lang) == lang
        counts[lang, "undeclared"] += detect(text, "") == lang
        counts[lang, "declared wrongly"] += detect(text, "ko" if lang == "en" else "en") == lang
        counts[lang, "said to be garbled"] += is_garbled(
            row.get("title") or "", row.get("text") or ""
        )
    columns = (
        "articles",
        "declared rightly",
        "undeclared",
        "declared wrongly",
        "said to be garbled",
    )
    names = sorted({lang for lang, _ in counts}, key=lambda lang: -counts[lang, "articles"])
    print("\n### Languages: articles read as the language they are in\n")
    print(
        table(
            ["language", *columns], [[n, *(counts[n, column] for column in columns)] for n in names]
        )
    )


def _articles(folder: Path) -> Iterator[dict[str, str]]:
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


if __name__ == "__main__":
    main()
