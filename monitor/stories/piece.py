"""What grouping looks at in one item: its bare letters, headline words, numbers and names. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from feeds.packed import packed
from monitor.stories.bare import bare_text, bare_title, letters

COMPARED = 2_000  # letters; two texts that agree so far are the same, and a cut comes at the end

# Letters of a shingle, about a word and a half in each script: a syllable block or an ideograph
# says as much as two or three letters of an alphabet.
_SHINGLES = {
    "wide": re.compile(r"(?=(.{3}))"),
    "hangul": re.compile(r"(?=(.{4}))"),
    "cyrillic": re.compile(r"(?=(.{7}))"),
    "latin": re.compile(r"(?=(.{7}))"),
}
# Candidates are looked for by longer pieces, which unrelated texts do not share by chance.
# In an alphabet only those that begin with one of a few letters: a third of the work, and two texts
# that agree in all of them agree in these.
_PROBES = {
    "wide": (8, frozenset()),
    "hangul": (10, frozenset()),
    "cyrillic": (22, frozenset("аиснор")),
    "latin": (22, frozenset("aisnor")),
}  # how long, and with what they begin; no letter: with any

_HANGUL = re.compile("[\uac00-\ud7a3]")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CAPITAL = "[A-ZА-ЯЁ]"
# Capitals within a sentence. They come first, as a search for a few letters is quick.
_NAME = re.compile(rf"{_CAPITAL}(?<=[^.!?:;\s]\s{_CAPITAL})[\w'’-]{{2,}}")
_PICTURE_WORDS = (*("AP Photo", "via AP)", "EPA/", "epaselect", "APTOPIX", "[포토]", "【写真】"),)
_CREDIT_WORDS = ("Photo by ", "(Photo:", "(Photo/")
_CAPTION_END = re.compile(
    r"(?:20\d\d\s?\.\s?\d{1,2}\s?\.\s?\d{1,2}\s?[./]?)[^가-힣]{0,40}(?:뉴스1|뉴시스)?\s*$"
    r"|撮影[))]?\s*$|제공\.?\s?재판매|(?:모습|장면)(?:이다)?\.?\s*$|摄\s*$|Фото\s?[::/][^.]{0,40}$"
)
_CAPTION_TAIL = 80  # characters
_CREDITED = 250  # letters; a longer text with a credit is an article with a picture
_CAPTION_LONGEST = 700  # letters; agencies put a paragraph of background under a picture
_SITE_PREFIX = re.compile(r"^(?:www\d?|m|mobile|amp)\.")
_STEM = 6  # letters that stay of a word of an alphabet: the rest is mostly its ending

# Words that say nothing about an event, in the program's languages with alphabets and in their
# neighbours. All are weighed by how rare they are as well; this is for a young window.
_STOP = frozenset({
    *("the", "and", "for", "with", "that", "this", "from", "are", "was", "were", "has", "have"),
    *("will", "his", "her", "its", "who", "what", "how", "why", "not", "but", "you", "all", "out"),
    *("over", "after", "into", "more", "than", "about", "they", "their", "been", "says", "said"),
    *("new", "как", "что", "это", "для", "при", "его", "она", "они", "или", "так", "уже", "после"),
    *("будет", "los", "las", "del", "por", "para", "con", "una", "como", "más", "sus", "les"),
    *("des", "une", "dans", "pour", "sur", "avec", "qui", "pas", "aux", "son", "der", "die", "das"),
    *("und", "von", "mit", "den", "für", "auf", "ist", "ein", "eine", "dem", "nicht", "bei", "não"),
    *("uma", "dos", "com", "seu", "sua", "mais", "pela"),
})  # fmt: skip


@packed
@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The features of one item. Those that few comparisons ask for are read when they do."""

    title: str  # letters of the bare title
    body: str  # letters of the bare text, at most COMPARED
    words: frozenset[str]  # of the headline
    script: str  # wide | hangul | cyrillic | latin, which stands for all the others
    at: datetime  # published, else first seen
    publisher: str  # "" = not known
    bare: str  # bare title and text, as written
    raw: str  # the end of the text, and what else shows a caption

    @property
    def text(self) -> str:
        """The letters that are compared: the body, or with the title where there is hardly any."""
        return self.body if len(self.body) >= len(self.title) else self.title + self.body

    @property
    def numbers(self) -> frozenset[str]:
        """Numbers of two figures and more."""
        return numbers(self.bare)

    @property
    def names(self) -> frozenset[str]:
        """Words with a capital within a sentence; none in scripts without capitals."""
        return _names(self.bare) if self.script in ("cyrillic", "latin") else frozenset()

    @property
    def caption(self) -> bool:
        """A few words under a picture."""
        if len(self.body) > _CAPTION_LONGEST:
            return False
        return _is_picture(self.raw) or (len(self.body) <= _CREDITED and _has_credit(self.raw))


@lru_cache(maxsize=256)  # the few items that many others are compared with; 28 KB each
def read(title: str, text: str, *, at: datetime, publisher: str) -> Piece:
    """The features of an item with this title and text, both plain."""
    text, title = text[: 2 * COMPARED], title[:COMPARED]
    bare, head = bare_text(text, title), bare_title(title)
    body = letters(bare)[:COMPARED]
    return Piece(
        title=letters(head),
        body=body,
        words=headline_words(head),
        script=script(body or letters(head)),
        at=at,
        publisher=publisher,
        bare=f"{head} {bare}",
        raw=f"{title}\n{text}",
    )


@lru_cache(maxsize=512)  # the same few items are compared with many
def publisher_of(url: str, other: str = "") -> str:
    """The site that a link leads to; `other` where there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # an address or a port that is none
        host = ""
    return _SITE_PREFIX.sub("", host) or other


def script(text: str) -> str:
    """Which script most of a text is in, as far as the length of shingles goes."""
    sample = text[:200]
    hangul, wide = len(_HANGUL.findall(sample)), len(_WIDE.findall(sample))
    if max(hangul, wide) * 3 < len(sample):
        return "cyrillic" if len(_CYRILLIC.findall(sample)) * 3 >= len(sample) else "latin"
    return "hangul" if hangul >= wide else "wide"


@lru_cache(maxsize=128)
def _is_picture(raw: str) -> bool:
    return any(word in raw for word in _PICTURE_WORDS)


@lru_cache(maxsize=128)
def _has_credit(raw: str) -> bool:
    if any(word in raw for word in _CREDIT_WORDS):
        return True
    return _CAPTION_END.search(raw[-_CAPTION_TAIL:]) is not None


@lru_cache(maxsize=128)
def numbers(text: str) -> frozenset[str]:
    """Numbers in a text, thousands separators away. A single figure says nothing."""
    found = (n.replace(",", "") for n in _NUMBER.findall(text))
    return frozenset(n if n.isascii() else _narrow(n) for n in found if len(n) > 1)


@lru_cache(maxsize=128)
def _names(text: str) -> frozenset[str]:
    return frozenset(_NAME.findall(text))


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def headline_words(title: str) -> frozenset[str]:
    """The telling words of a headline: stems in alphabets, pairs of characters in other scripts."""
    found: set[str] = set()
    for word in _WORD.findall(_narrow(title).casefold()):
        if _HANGUL.match(word) or _WIDE.match(word):
            found.update(word[i : i + 2] for i in range(max(len(word) - 1, 1)))
        elif (len(word) > 2 or word.isdigit()) and word not in _STOP:
            found.add(word[:_STEM])
    return frozenset(found)


def probe_shingles(piece: Piece) -> list[str]:
    """The long pieces of the text, by which candidates are looked for."""
    text = piece.text
    length, begin = _PROBES[piece.script]
    whole = text[: max(len(text) - length + 1, 0)]  # a piece begins at each of these letters
    starts = [at for at, letter in enumerate(whole) if not begin or letter in begin]
    return [text[at : at + length] for at in starts] or [text]


@lru_cache(maxsize=32)  # up to 300 KB each
def shingles(text: str, kind: str) -> frozenset[str]:
    """The short pieces of a text, by which likeness is measured."""
    return frozenset(_SHINGLES[kind].findall(text) or [text])
