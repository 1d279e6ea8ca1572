"""How two items stand to each other: the same text, the same event, or neither, and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from monitor.stories.piece import Piece, shingles

# Found on hand-labelled pairs of Korean, English and Russian news (docs/stories.md has the curves).
COPY = 0.54  # common share of all pieces; rewrites of one event sit at 0.25 to 0.45
CUT = 0.8  # share of the shorter text that stands in the longer one: a copy that was cut
CUT_LEAST = 120  # letters of a text that may be a cut one: two sentences
SHORT = 150  # letters; so short a text is mostly who, where and when, and these repeat
SHORT_COPY = 0.8
SHORT_SAME_TITLE = 0.6
CAPTION_COPY = 0.92  # pictures of one event differ in a word or two
CAPTION_SAME = 0.985  # and those under two headlines in as little as a name
SHORT_CUT = 0.9
SHORT_CUT_LEAST = 60  # letters; a sentence or two
HEADLINE_ONLY = 40  # letters; too little text to compare, so the title decides
SAME_HEADLINE = timedelta(hours=36)
LEAD = 160  # letters: captions and templates differ where they begin, copies where they end
LEAD_COMMON = 0.5
NAMES_COMMON = 0.75  # of the names of the text that has fewer
ANOTHER_DAY = timedelta(
    hours=20
)  # morning and evening edition are one day, tomorrow's weather is not
TEMPLATE = 0.97  # a text of one house on another day is a copy only if next to nothing is new in it

EVENT_HEADLINE = 0.5  # likeness of headlines, by the weight of their words
EVENT_HEADLINE_ONLY = 0.36  # where there is hardly any text that could speak against it
EVENT_MIXED = 0.3  # the same where the texts share pieces too
EVENT_TEXT = 0.2
EVENT_LEAST = 0.015  # of the shorter text stands in the other; 747 found pairs had at least 0.022
EVENT_APART = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a new item is to an older one."""

    relation: str  # copy | same_event | ""
    score: float  # 0 to 1; compares verdicts of the same relation
    why: str  # for people

    def __bool__(self) -> bool:
        return self.relation != ""


NEITHER = Verdict(relation="", score=0.0, why="")


def compare(new: Piece, old: Piece, *, headline: float = 0.0) -> Verdict:
    """Judge a new item against an older one; `headline`: how alike the window finds titles."""
    if new.script != old.script:
        return NEITHER
    if min(len(new.body), len(old.body)) < HEADLINE_ONLY:
        return _by_title(new, old, headline)
    alike, held = _common(new, old)
    reason = _copy(new, old, alike, held)
    if reason:
        return Verdict(relation="copy", score=max(alike, held * CUT), why=reason)
    return _same_event(new, old, alike, held, headline)


def _common(new: Piece, old: Piece) -> tuple[float, float]:
    """The share of all pieces that both have, and of the shorter text's that the other has."""
    if new.text == old.text:  # a wire's text at its customers: seen without cutting it up
        return 1.0, 1.0
    a, b = shingles(new.text, new.script), shingles(old.text, old.script)
    common = len(a & b)
    return common / len(a | b), common / min(len(a), len(b))


def _by_title(new: Piece, old: Piece, headline: float) -> Verdict:
    """One of the two has hardly any text but its headline."""
    same = new.title == old.title and len(new.title) >= HEADLINE_ONLY // 3
    if same and abs(new.at - old.at) <= SAME_HEADLINE and not _dated_apart(new, old):
        return Verdict(relation="copy", score=1.0, why="the same headline, and hardly any text")
    return _same_event(new, old, 0.0, 0.0, headline)


def _copy(new: Piece, old: Piece, alike: float, held: float) -> str:
    """Why the new text is the old one again; "" if it is not."""
    shorter = min(len(new.body), len(old.body))
    if new.caption or old.caption or shorter < SHORT:
        near = alike >= _short_limit(new, old) and not _dated_apart(new, old)
        if near and _same_names(new, old):
            return f"short, {alike:.0%} the same"
        return _short_cut(new, old, held)
    if alike < COPY and (held < CUT or shorter < CUT_LEAST):
        return ""
    if _template(new, old, alike) or _lead(new, old) < LEAD_COMMON or not _same_names(new, old):
        return ""
    if alike >= COPY:
        return f"{alike:.0%} of the text is the same"
    return f"cut or longer: {held:.0%} of the shorter text stands in the other"


def _short_cut(new: Piece, old: Piece, held: float) -> str:
    """The first sentences of another house's text."""
    foreign = new.publisher != old.publisher and not (new.caption or old.caption)
    shorter = min(len(new.body), len(old.body))
    if not foreign or held < SHORT_CUT or shorter < SHORT_CUT_LEAST or not _same_names(new, old):
        return ""
    return f"cut: {held:.0%} of the shorter text stands in the other"


def _short_limit(new: Piece, old: Piece) -> float:
    if new.caption or old.caption or new.publisher == old.publisher:
        return CAPTION_COPY if new.title == old.title else CAPTION_SAME
    return SHORT_SAME_TITLE if new.title == old.title else SHORT_COPY


def _template(new: Piece, old: Piece, alike: float) -> bool:
    """The house's form filled in anew: floral baskets, weather, the day's figures."""
    if alike >= TEMPLATE and not _dated_apart(new, old):
        return False
    other_day = abs(new.at - old.at) >= ANOTHER_DAY
    return new.publisher == old.publisher and other_day and _dated_apart(new, old)


def _dated_apart(new: Piece, old: Piece) -> bool:
    """Each has a number that the other lacks: another day, another count."""
    if new.bare == old.bare:  # a wire's text at its customers: seen without reading its numbers
        return False
    return bool(new.numbers - old.numbers) and bool(old.numbers - new.numbers)


def _same_names(new: Piece, old: Piece) -> bool:
    if new.bare == old.bare:
        return True
    fewer = min(len(new.names), len(old.names))
    return fewer < 3 or len(new.names & old.names) / fewer >= NAMES_COMMON


def _lead(new: Piece, old: Piece) -> float:
    """The better of the two leads: how much of it stands anywhere in the other text."""
    return max(_share(new, old), _share(old, new))


def _share(one: Piece, other: Piece) -> float:
    beginning = one.text[:LEAD]
    if beginning in other.text:
        return 1.0
    lead = shingles(beginning, one.script)
    return len(lead & shingles(other.text, other.script)) / len(lead)


def _same_event(new: Piece, old: Piece, alike: float, held: float, headline: float) -> Verdict:
    if abs(new.at - old.at) > EVENT_APART or new.caption or old.caption:
        return NEITHER
    if new.publisher and new.publisher == old.publisher:
        return NEITHER  # a house tells an event once; its look-alikes are forms and series
    if _counted_apart(new, old):
        return NEITHER
    bare = min(len(new.body), len(old.body)) < HEADLINE_ONLY
    if not bare and held < EVENT_LEAST:
        return NEITHER
    if headline >= (EVENT_HEADLINE_ONLY if bare else EVENT_HEADLINE):
        why = f"headlines {headline:.0%} alike"
    elif headline >= EVENT_MIXED and max(alike, held / 2) >= EVENT_TEXT:
        why = f"headlines {headline:.0%} and texts {alike:.0%} alike"
    else:
        return NEITHER
    return Verdict(relation="same_event", score=max(headline, alike), why=why)


def _counted_apart(new: Piece, old: Piece) -> bool:
    """Each headline has a number that the other lacks: the 8th and the 18th, stages 1 and 2."""
    mine, theirs = ({w for w in piece.words if w.isdigit()} for piece in (new, old))
    return bool(mine - theirs) and bool(theirs - mine)
