"""Feed documents for the benchmarks: real ones from a folder or tar, or invented ones."""

from __future__ import annotations

import random
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
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
_ADDRESS = re.compile(
    rb"(<(?:\w+:)?(?:link|guid|id|origLink|comments)\b[^<>]*>\s*(?:<!\[CDATA\[)?\s*https?://"
    rb"|<(?:\w+:)?link\b[^<>]*\shref=[\"']https?://"
    rb"|\"(?:id|url|external_url)\"\s*:\s*\"https?:\\?/\\?/)"
)

# What articles are made of, and how often on average one of them names a watched place.
_WORDS = {
    "en": [
        "the",
        "workers",
        "of",
        "a",
        "factory",
        "said",
        "that",
        "new",
        "machines",
        "reached",
        "harvest",
        "plan",
        "week",
        "river",
    ],
    "ko": [
        "공장",
        "노동자들이",
        "새로운",
        "설비를",
        "계획대로",
        "생산하였다고",
        "보도했다",
        "지난주",
        "도시",
        "건설에서",
    ],
    "zh": [
        "工厂",
        "工人",
        "新的",
        "设备",
        "计划",
        "生产",
        "报道",
        "上周",
        "城市",
        "建设",
        "完成",
        "农场",
        "河流",
    ],
    "ja": [
        "工場の",
        "労働者は",
        "新しい",
        "設備を",
        "計画",
        "どおりに",
        "生産したと",
        "報じた",
        "先週",
        "都市",
        "建設",
    ],
    "ru": [
        "рабочие",
        "завода",
        "сообщили",
        "что",
        "новое",
        "оборудование",
        "выполнило",
        "план",
        "на",
        "неделе",
        "города",
    ],
}
_NAMES = {
    "en": "Pyongyang Thermal Power Station",
    "ko": "평양화력발전소",
    "zh": "平壤火力发电厂",
    "ja": "平壌火力発電所",
    "ru": "Пхеньянская ТЭЦ",
}
_NAMED = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A feed document as a server sends it."""

    body: bytes
    suffix: str  # of a file name: .rss, .atom, .json, …


def samples(path: Path | None) -> list[Sample]:
    """The feed documents of a folder or tar, by name; invented ones when there is no path."""
    if path is None:
        return [_invented(number) for number in range(INVENTED)]
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
    return replace(sample, body=_ADDRESS.sub(rb"\g<0>copy%d." % number, sample.body))


def _invented(number: int) -> Sample:
    """An RSS feed, the same at every call."""
    dice = random.Random(number)
    language = list(_WORDS)[number % len(_WORDS)]
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
    words = dice.choices(_WORDS[language], k=length)
    words.append(str(dice.randrange(10_000)))  # so that no two are the same
    if dice.random() < _NAMED / 10:
        words.insert(length // 2, _NAMES[language])
    return " ".join(words) + "."
