"""A few words round a span, for people who want to see why."""

from __future__ import annotations

from dataclasses import dataclass

BEFORE = 90  # characters; with AFTER about two lines of a page
AFTER = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of a text, on one line, and where the span lies in it."""

    text: str
    start: int
    end: int


def snippet(text: str, start: int, end: int) -> Snippet:
    """The words round `text[start:end]`, cut at blanks, with … where something was left out."""
    left = _cut_left(text, start)
    right = _cut_right(text, end)
    before = ("…" if left else "") + _one_line(text[left:start]).lstrip()
    span = _one_line(text[start:end])
    after = _one_line(text[end:right]).rstrip() + ("…" if right < len(text) else "")
    return Snippet(text=before + span + after, start=len(before), end=len(before) + len(span))


def _cut_left(text: str, start: int) -> int:
    left = max(0, start - BEFORE)
    if left == 0:
        return 0
    blank = text.find(" ", left, start)
    return blank + 1 if blank != -1 else left


def _cut_right(text: str, end: int) -> int:
    right = min(len(text), end + AFTER)
    if right == len(text):
        return right
    blank = text.rfind(" ", end, right)
    return blank if blank > end else right


def _one_line(text: str) -> str:
    return "".join(" " if c.isspace() else c for c in text)
