"""What an edit changed, word by word; for Korean, Chinese and Japanese by characters. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from html import unescape
from unicodedata import normalize

from monitor.stories.bare import bare_text, bare_title

MOST_TOKENS = 3_000  # of what differs; comparing costs their square, and more is a new text
KEPT = 40  # characters of an unchanged stretch that are kept on either side of a change

# A word with the blanks after it, or one character of a script that is written without blanks.
_TOKEN = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]\\s*"
    "|[^\\W\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+\\s*|\\W\\s*"
)
# Figures that count readers, and the time of the last touch: they change while nothing does.
_COUNTER = re.compile(
    r"\d[\d.,]*\s?[kKmM]?\s?(?:views?|shares?|comments?|likes?|reads?|replies|claps|retweets|min(?:ute)?s?\sread"
    r"|просмотр\w*|комментари\w*|조회|댓글|공감|次阅读|阅读|评论|閲覧|コメント|件のコメント)"
    r"|(?:views?|shares?|comments?|likes?|조회수?|댓글|공감|阅读(?:量|数)?|评论|点击|閲覧数|просмотр\w*|комментари\w*)"
    r"\s?[::(]?\s?\d[\d.,]*\s?[kKmM]?\)?",
    re.IGNORECASE,
)
_TOUCHED = re.compile(
    r"(?:(?:last\s)?(?:updated|modified|edited|published|posted)(?:\s(?:at|on))?|обновлено|опубликовано|изменено"
    r"|수정|입력|승인|등록|업데이트|更新(?:日時|时间|時間)?|发布时间|发表于|公開|配信)\s?[::]?\s*"
    r"(?:(?:\d+|an?|one)\s(?:second|minute|hour|day|week)s?\sago"
    r"|[\w,.]{0,12}?\s?\d{1,4}[\d\s.:/T,+-년월일시분年月日时時分]*(?:[ap]\.?m\.?|오전|오후|GMT|UTC|KST|JST|МСК)?"
    r"(?:\s?\d{1,2}:\d{2})?)"
    r"|\d+\s(?:second|minute|hour|day)s?\sago|\d+\s?(?:분|시간|일)\s전|\d+\s?(?:分钟|小时|天)前|\d+\s?(?:分|時間)前"
    r"|\d+\s(?:минут\w?|час\w{0,2}|дн\w{1,2})\sназад",
    re.IGNORECASE,
)
# What stays when the dress is off: letters and digits, and signs that belong to a number.
_CORE = re.compile(r"[^\W_]|(?<=\d)[.,:](?=\d)|[-+−](?=\d)|[%‰$€£¥₩]")

Change = tuple[str, str]
"""("=" kept | "-" removed | "+" added, the words)."""


def core(title: str, text: str) -> str:
    """What of an item must change for an edit to be one.

    White space, markup's entities, case, quote marks, byline, dateline, agency footer, time of the
    last touch and counters are no news.
    """
    head, body = unescape(unescape(title)), unescape(unescape(text))
    plain = f"{bare_title(head)}\n{bare_text(_without_counters(body), head)}"
    return "".join(_CORE.findall(normalize("NFKC", plain))).casefold()


def _without_counters(text: str) -> str:
    return _COUNTER.sub(" ", _TOUCHED.sub(" ", text))


def changes(before: str, after: str) -> list[Change]:
    """The edit from one text to another; long unchanged stretches are shortened to "…"."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle = (old[head : len(old) - tail], new[head : len(new) - tail])
    found = [("=", "".join(old[:head])), *_middle(*middle)]
    found.append(("=", "".join(old[len(old) - tail :])))
    kept = [(op, words) for op, words in found if words]
    return [_shortened(at, len(kept), change) for at, change in enumerate(kept)]


def _common(one: list[str], other: list[str]) -> int:
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def _middle(old: list[str], new: list[str]) -> Iterator[Change]:
    if len(old) + len(new) > MOST_TOKENS:
        yield "-", "".join(old)
        yield "+", "".join(new)
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for op, a, b, c, d in matcher.get_opcodes():
        if op == "equal":
            yield "=", "".join(old[a:b])
        else:
            yield "-", "".join(old[a:b])
            yield "+", "".join(new[c:d])


def _shortened(at: int, of: int, change: Change) -> Change:
    op, words = change
    if op != "=" or len(words) <= 2 * KEPT:
        return change
    before = "" if at == 0 else words[:KEPT]
    after = "" if at == of - 1 else words[-KEPT:]
    return op, f"{before}…{after}"
