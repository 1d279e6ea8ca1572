"""The shadow of a text: the form in which names are sought, and the way back to the source.

Two steps. *Folding* levels what means the same (case, width, quotes, dashes, diacritics, entities);
it keeps blanks, so that word and sentence borders can be read from it. *Squeezing* drops blanks,
quotes, dashes and middle dots, and gives UTF-8 bytes for the scan: names are written with and
without them at will. Both ways back are worked out only for a text in which something was found.

Everything is linear in the length of the text; nothing walks it character by character in Python.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

BORDER: Final = "\x1e"  # stands between title and text; no name crosses it
DOT: Final = "`"  # all middle dots and bullets
DROPPED: Final = " \t\n\r\x0b\x0c'\"`-"  # left out by squeezing; all ASCII

# Everything outside ASCII that folding may change. Texts in scripts not listed pass untouched.
_RARE_SIGN: Final = (
    "[\x80-\u024f\u02b0-\u036f\u0483-\u0487\u1100-\u11ff\u1ab0-\u1aff\u1dc0-\u1eff\u2000-\u22ff"
    "\u2460-\u2500\u2715\u2716\u3000\u3008-\u301f\u3099-\u309c\u30fb\u3130-\u318f\u3200-\u33ff"
    "\ua960-\ua97f\ud7b0-\ud7ff\uf900-\ufaff\ufb00-\ufb06\ufe00-\ufe0f\ufe30-\ufe6f\ufeff"
    "\uff00-\uffef\U0001d400-\U0001d7ff\U0002f800-\U0002fa1f\U000e0100-\U000e01ef]"
)
# Written twice, since `re` searches for a set two to three times as fast as for a set repeated.
_RARE: Final = re.compile(f"{_RARE_SIGN}{_RARE_SIGN}*")
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]+"
)
_VOICED_KANA: Final = re.compile("[\u3041-\u30fe][\u3099\u309a]")
# What folds as one within a rare span: a syllable in jamo, half-width kana, a letter and its marks.
_CLUSTER: Final = re.compile(
    "[\u1100-\u115f\ua960-\ua97c][\u1160-\u11a7\ud7b0-\ud7c6]*[\u11a8-\u11ff\ud7cb-\ud7fb]*"
    "|[\uff66-\uff9d][\uff9e\uff9f]?|.",
    re.DOTALL,
)
_READING: Final = re.compile(r"\([\u3041-\u30ff `-]{1,40}\)")
_ENTITY: Final = re.compile(
    r"&(?:amp;|#38;|#x26;){0,3}(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,24});"
)
_ENTITY_DEPTH: Final = 4  # "&amp;amp;quot;" is met in feeds; deeper is noise

_QUOTES: Final = "‘’‚‛′‵´ʼʻʹʾʿˈˋ＇“”„‟″«»‹›〈〉《》「」『』【】〔〕〖〗〘〙〚〛〝〞〟＂"
_DASHES: Final = "‐‑‒–—―−─⁃﹘﹣－"
_DOTS: Final = "·•‧∙⋅・･●"
_GONE: Final = "\xad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x2070)))
)
_TABLE: Final[dict[int, str]] = {
    **dict.fromkeys(map(ord, _QUOTES), "'"),
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _DOTS), DOT),
    **dict.fromkeys(map(ord, _GONE), ""),
    **{ord(blank): " " for blank in "\x85\u2028\u2029"},
    **{ord(times): "x" for times in "×✕✖"},
    ord("…"): ".",
    ord("！"): "。",  # they end a sentence without a blank, as their narrow forms do not
    ord("？"): "。",
    ord("ø"): "o",
    ord("ł"): "l",
    ord("đ"): "d",
    ord("ı"): "i",
}
# Nine in ten of the rare characters of news, each for one: a plain replacement is the quickest.
_COMMON: Final = (
    *((sign, _TABLE[ord(sign)]) for sign in "‘’“”·…"),
    ("\xa0", " "),
    ("ё", "е"),
    ("й", "и"),
)
_LOWER: Final = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))
_DROP: Final = DROPPED.encode()
_DROPPED_RUN: Final = re.compile(f"([{re.escape(DROPPED)}]+)")


class _Memo(dict[str, str]):
    """What a spelling gave before; what is common stays, what is long is not collected."""

    _ROOM = 4096  # untrusted texts must not fill the memory
    _LENGTH = 12

    def __init__(self, spell: Callable[[str], str]) -> None:
        super().__init__()
        self._spell = spell

    def __missing__(self, span: str) -> str:
        spelt = self._spell(span)
        if len(span) <= self._LENGTH and len(self) < self._ROOM:
            self[span] = spelt
        return spelt


def _fold_span(span: str) -> str:
    # Marks go first: ordering a long run of them takes quadratic time in any normaliser.
    plain = _MARKS.sub("", span).translate(_TABLE)
    parted = unicodedata.normalize("NFKD", plain)
    whole = unicodedata.normalize("NFC", _MARKS.sub("", parted))
    return whole.translate(_TABLE).lower()


def _unescape(entity: str) -> str:
    for _ in range(_ENTITY_DEPTH):
        plain = html.unescape(entity)
        if plain == entity:
            break
        entity = plain
    return entity.lower() if len(entity.lower()) == len(entity) else entity


def _compose(pair: str) -> str:
    return unicodedata.normalize("NFC", pair)


def _nothing(_: str) -> str:
    return ""


def _parts(span: str, spell: Callable[[str], str]) -> list[tuple[int, int]]:
    return [(len(part), len(spell(part))) for part in _CLUSTER.findall(span)]


@dataclass(frozen=True, slots=True)
class _Step:
    """One substitution over a whole text, which can be traced back."""

    pattern: re.Pattern[str]
    spell: Callable[[str], str]

    def apply(self, text: str) -> str:
        spell = self.spell
        return self.pattern.sub(lambda found: spell(found[0]), text)

    def trace(self, before: str) -> _Trace:
        trace = _Trace()
        shift = 0
        for start, end, size in self._stretches(before):
            if size != end - start:
                trace.add(start + shift, size, start, end)
                shift += size - (end - start)
        return trace

    def _stretches(self, before: str) -> Iterator[tuple[int, int, int]]:
        """Start, end and new length of what was replaced, in parts as small as can be told."""
        for found in self.pattern.finditer(before):
            start, end = found.span()
            size = len(self.spell(found[0]))
            parts = _parts(found[0], self.spell) if end - start > 1 else []
            if not parts or sum(after for _, after in parts) != size:
                yield start, end, size
                continue
            for length, after in parts:
                yield start, start + length, after
                start += length


@dataclass(frozen=True, slots=True)
class _Trace:
    """Where the lengths before and after a step differ."""

    after: list[int] = field(default_factory=list)  # start of the stretch after the step
    sizes: list[int] = field(default_factory=list)  # its length after the step
    before: list[tuple[int, int]] = field(default_factory=list)  # start and end before the step

    def add(self, after: int, size: int, start: int, end: int) -> None:
        self.after.append(after)
        self.sizes.append(size)
        self.before.append((start, end))

    def back(self, index: int) -> int:
        """The place before the step of the character at `index` after it."""
        at = bisect_right(self.after, index) - 1
        if at < 0:
            return index
        inside = index - self.after[at]
        start, end = self.before[at]
        return start if inside < self.sizes[at] else end + inside - self.sizes[at]

    def back_end(self, index: int) -> int:
        """As `back`, for the last character of a stretch: its end before the step."""
        at = bisect_right(self.after, index) - 1
        if at < 0:
            return index + 1
        inside = index - self.after[at]
        _, end = self.before[at]
        return end if inside < self.sizes[at] else end + inside - self.sizes[at] + 1


_ENTITIES: Final = _Step(_ENTITY, _Memo(_unescape).__getitem__)
_KANA: Final = _Step(_VOICED_KANA, _compose)
_FOLDING: Final = _Step(_RARE, _Memo(_fold_span).__getitem__)
_READINGS: Final = _Step(_READING, _nothing)


def _fold(text: str, steps: list[tuple[_Step, str]]) -> str:
    """The folded text; `steps` gets each step that ran, with the text it ran on."""
    if "&" in text:
        steps.append((_ENTITIES, text))
        text = _ENTITIES.apply(text)
    if text.isascii():
        return text.lower()
    # U+0130 is the one character whose lower case is longer than itself.
    text = text.replace("İ", "I").lower()
    for sign, plain in _COMMON:
        text = text.replace(sign, plain)
    if text.isascii():
        return text
    if "\u3099" in text or "\u309a" in text:
        steps.append((_KANA, text))
        text = _KANA.apply(text)
    if _RARE.search(text):
        steps.append((_FOLDING, text))
        text = _FOLDING.apply(text)
    if "(" in text:
        steps.append((_READINGS, text))
        text = _READINGS.apply(text)
    return text


def fold(text: str) -> str:
    """The folded form of a name or word."""
    return _fold(text, [])


def squeeze(folded: str) -> bytes:
    """Folded text as the bytes that are scanned; lone surrogates survive."""
    return folded.encode("utf-8", "surrogatepass").translate(_LOWER, _DROP)


class Shadow:
    """Title and text in one, folded and squeezed, with the way back to the source."""

    __slots__ = ("_kept", "_steps", "_title", "_traces", "folded", "source", "squeezed")

    def __init__(self, title: str, text: str) -> None:
        self._title = len(title)
        self.source = f"{title}{BORDER}{text}"
        self._steps: list[tuple[_Step, str]] = []
        self.folded = _fold(self.source, self._steps)
        self.squeezed = squeeze(self.folded)
        self._kept: tuple[list[int], list[int]] | None = None
        self._traces: list[_Trace] | None = None

    def unsqueeze(self, offsets: Iterable[int]) -> dict[int, int]:
        """Byte offsets in `squeezed` to characters of `folded`: of the character that starts there.

        Of the offset behind the last character it gives the length of `folded`.
        """
        starts, places = self._runs()
        found: dict[int, int] = {}
        for byte, index in _characters(self.squeezed, offsets):
            run = bisect_right(starts, index) - 1
            found[byte] = places[run] + index - starts[run] if run >= 0 else 0
        return found

    def _runs(self) -> tuple[list[int], list[int]]:
        """Of each stretch without dropped signs: its start squeezed, and its start folded."""
        if self._kept is None:
            # What is kept and what is dropped by turns, kept first and last, if only nothing.
            lengths = list(map(len, _DROPPED_RUN.split(self.folded)))
            if not lengths[-1]:
                lengths = lengths[:-2]
            starts, places = accumulate(lengths[::2], initial=0), accumulate(lengths, initial=0)
            self._kept = (list(starts)[:-1], list(places)[:-1:2])
        return self._kept

    def place(self, start: int, end: int) -> tuple[str, int, int]:
        """Field, start and end in the source of the folded stretch."""
        last = end - 1
        for trace in self._back():
            start, last = trace.back(start), trace.back_end(last) - 1
        if start < self._title:
            return "title", start, last + 1
        return "text", start - self._title - 1, last - self._title

    def written(self, start: int, end: int) -> str:
        """The folded stretch as the source writes it."""
        last = end - 1
        for trace in self._back():
            start, last = trace.back(start), trace.back_end(last) - 1
        return self.source[start : last + 1]

    def _back(self) -> list[_Trace]:
        if self._traces is None:
            traces = (step.trace(before) for step, before in reversed(self._steps))
            self._traces = [trace for trace in traces if trace.after]
        return self._traces


def _characters(squeezed: bytes, offsets: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Each byte offset with its character offset, in one sweep over the text."""
    byte = index = 0
    for offset in sorted(set(offsets)):
        index += len(squeezed[byte:offset].decode("utf-8", "surrogatepass"))
        byte = offset
        yield offset, index
