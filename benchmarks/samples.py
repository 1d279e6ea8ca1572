"""Feed documents for the benchmarks: real ones from a folder or tar, or invented ones."""

from __future__ import annotations

import random
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from xml.sax.saxutils import escape

TYPES = {
    ".atom": "application/atom+xml",
    ".json": "application/feed+json",
    ".rdf": "application/rdf+xml",
    ".rss": "application/rss+xml",
    ".xml": "application/xml",
}
INVENTED = 300  # feeds, of ENTRIES entries each: what a busy desk follows
ENTRIES = 30
SINCE = datetime(2026, 11, 1, tzinfo=UTC)

# Addresses of articles in the five formats, as bytes since a document may be in any encoding.
ADDRESS = re.compile(
    rb"(<(?:\w+:)?(?:link|guid|id|origLink|comments)\b[^<>]*>\s*(?:<!\[CDATA\[)?\s*https?://"
    rb"|<(?:\w+:)?link\b[^<>]*\shref=[\"']https?://"
    rb"|\"(?:id|url|external_url)\"\s*:\s*\"https?:\\?/\\?/)"
)

# What words are made of in each language: the letters, and how many of them.
_LETTERS = {
    "en": ("etaoinshrdlucmfwypvbgk", (2, 9)),
    "ko": ("가나다라마바사아자차카타파하고노도로모보소오조호기니리미시이지을는에서의했", (2, 5)),
    "zh": ("的一是不了人在有中大国上个工厂农电水城市建设生产计划设备完成报道新年月日地方", (1, 3)),
    "ja": ("のにはをたがでてとしれさいるこ人工場電力農業水道市町生産計画設備完成報道新年", (2, 5)),
    "ru": ("оеаинтсрвлкмдпуяызбгчйхжшюцщ", (3, 9)),
}
_WORDS = 3_000  # of a language, each half as frequent as the one at half its rank
_NAMES = {  # of one facility of the bundled watchlist; found without a word of its country
    "en": "Huichon Power Station",
    "ko": "희천발전소",
    "zh": "熙川发电站",
    "ja": "熙川発電所",
    "ru": "Хичхонская ГЭС",
}
_NAMED = 0.01  # of the sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A feed document as a server sends it."""

    body: bytes
    suffix: str  # of a file name: .rss, .atom, .json, …


def samples(path: Path | None) -> list[Sample]:
    """The feed documents of a folder or tar, by name; invented ones when there is no path."""
    if path is None:
        return [invented(number) for number in range(INVENTED)]
    files = _in_folder(path) if path.is_dir() else _in_tar(path)
    by_name = sorted((name, body) for name, body in files if Path(name).suffix in TYPES)
    if not by_name:
        raise SystemExit(f"{path}: no file ends in {', '.join(TYPES)}")
    return [Sample(body=body, suffix=Path(name).suffix) for name, body in by_name]


def _in_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    return ((str(file), file.read_bytes()) for file in path.rglob("*") if file.is_file())


def _in_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as tar:
        for member in tar:
            if content := tar.extractfile(member):
                yield member.name, content.read()


def copies(originals: list[Sample], count: int) -> list[Sample]:
    """Every document `count` times, the articles of each copy at addresses of their own.

    Without that a program that stores an article once would have a `count`th of the work. Titles
    and texts stay: a copy's articles are copies, as a wire's are at its customers'.
    """
    return [_moved(one, number) for number in range(count) for one in originals]


def _moved(sample: Sample, number: int) -> Sample:
    if number == 0:
        return sample
    return replace(sample, body=ADDRESS.sub(rb"\g<0>copy%d." % number, sample.body))


def invented(number: int) -> Sample:
    """An RSS feed, the same at every call."""
    dice = random.Random(number)
    language = list(_LETTERS)[number % len(_LETTERS)]
    items = "".join(_item(dice, language, number, place) for place in range(ENTRIES))
    head = f"<title>Source {number}</title><link>https://s{number}.example/</link>"
    document = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"{head}<language>{language}</language>{items}</channel></rss>"
    )
    return Sample(body=document.encode(), suffix=".rss")


def _item(dice: random.Random, language: str, number: int, place: int) -> str:
    address = f"https://s{number}.example/{place}"
    paragraphs = "".join(f"<p>{_sentences(dice, language)}</p>" for _ in range(4))
    published = format_datetime(SINCE + timedelta(minutes=97 * place + number))
    return (
        f"<item><title>{_sentence(dice, language, 9)}</title><link>{address}</link>"
        f"<guid>{address}</guid><pubDate>{published}</pubDate>"
        f"<description>{escape(paragraphs)}</description></item>"
    )


def _sentences(dice: random.Random, language: str) -> str:
    return " ".join(_sentence(dice, language, 14) for _ in range(4))


def _sentence(dice: random.Random, language: str, length: int) -> str:
    words, shares = _vocabulary(language)
    chosen = dice.choices(words, cum_weights=shares, k=length)
    if dice.random() < _NAMED:
        chosen.insert(length // 2, _NAMES[language])
    return ("" if language in ("zh", "ja") else " ").join(chosen) + "."


@cache
def _vocabulary(language: str) -> tuple[list[str], list[float]]:
    """Invented words, and their cumulated frequencies (Zipf's law)."""
    dice = random.Random(language)
    letters, (least, most) = _LETTERS[language]
    words = ["".join(dice.choices(letters, k=dice.randint(least, most))) for _ in range(_WORDS)]
    return words, list(accumulate(1 / rank for rank in range(1, _WORDS + 1)))
