"""Markup to the text that a reader sees: nothing that leaves here is markup or breaks a terminal.

Markup is undone once. A publisher who escapes twice shows `&quot;` to every reader, and that is
what is kept: a second round would turn text that talks about markup into markup.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

TITLE_LIMIT = 1_000  # characters: no headline is longer, and mail and Slack cut far below
TEXT_LIMIT = 200_000  # characters: the longest New Year's addresses have 40,000
# Markup looked at, in characters: five times the text it may hold.
_MARKUP_LIMIT = 1_000_000
# The tree builder walks its stack for each tag: 10,000 nested <div> take 0.1 s, 100,000 take 24 s.
# Above this many tags the markup is cut out by pattern instead; an article has a few hundred.
_TAG_LIMIT = 10_000

# A block starts on a line of its own. The names are spelt as a trie, by first letter: it is tried
# at every tag of every article, and a flat list takes twice as long.
_BLOCKS = (
    "a(?:ddress|rticle|side)|b(?:lockquote|r)|c(?:aption|enter)|d(?:[dlt]|etails|iv)"
    "|f(?:ieldset|ig(?:caption|ure)|o(?:oter|rm))|h(?:[1-6r]|eader)|li|main|nav|o(?:l|ption)"
    "|p(?:re)?|s(?:ection|ummary)|t(?:able|r)|ul"
)
_BLOCK_TAG = re.compile(rf"<(?=/?(?:{_BLOCKS})[\s/>])")
_BLOCK_TAG_ANY_CASE = re.compile(_BLOCK_TAG.pattern, re.IGNORECASE)
_UPPER_TAG = re.compile("</?[A-Z]")
_CELL_TAG = re.compile(r"<(?=t[dh][\s/>])", re.IGNORECASE)
_OTHERS = (
    "a|abbr|acronym|applet|area|audio|b|base|bdi|bdo|big|blink|body|button|canvas|cite|code"
    "|col|colgroup|command|data|datalist|del|dfn|dialog|dir|em|embed|font|frame|frameset|head"
    "|html|i|iframe|img|input|ins|kbd|keygen|label|legend|link|map|mark|marquee|math|menu|meta"
    "|meter|nobr|noembed|noframes|noscript|object|optgroup|output|param|picture|progress|q|rb|rp"
    "|rt|rtc|ruby|s|samp|script|select|small|source|span|strike|strong|style|sub|sup|svg|tbody"
    "|td|template|textarea|tfoot|th|thead|time|title|track|tt|u|var|video|wbr|xmp"
    r"|[a-z]\w*:\w+"
)
# A whole tag, or one that the publisher's summary was cut in.
_MARKUP = re.compile(
    rf"<!--|</?(?:{_BLOCKS}|{_OTHERS})(?:(?:[\s/][^<>]*)?>|\s[^<>]*=[^<>]*$)", re.IGNORECASE
)
# Tags that change how what follows is read. An embedded player closed XML's way (`<iframe/>`)
# swallows the rest of an article in HTML, so that these go, and what is between them stays.
_GREEDY = "frameset|frame|iframe|noembed|noframes|object|plaintext|select|textarea|title|xmp"
_UNSEEN = "script|style|template"
_SPECIAL = re.compile(rf"<(?:{_GREEDY}|{_UNSEEN})\b", re.IGNORECASE)
_GREEDY_TAG = re.compile(rf"</?(?:{_GREEDY})\b[^<>]*>|<(?:{_UNSEEN})(?:\s[^<>]*)?/>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[!/?A-Za-z][^<>]*>")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# C0 but tab and line breaks, DEL, C1 but NEL, surrogates and the non-characters of XML 1.0 §2.2.
_BAD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_BREAKS = re.compile("\r\n?|[\x85\u2028\u2029]")
_UNCLEAN = re.compile(f"{_BAD.pattern[:-1]}\r\x85\u2028\u2029]")
# A line break in plain text ends a paragraph after a blank line, after the end of a sentence or
# before a bullet; any other is a line that its writer's program wrapped.
# It begins with the break itself, by which it is found quickly.
_WRAPPED = re.compile(r"\n(?<![.!?:;。！？…”’」』】)\]>\n]\n)(?![\n\-*•·■□▲△▶○●◆◇※☞<\[【])")


def clean(text: str) -> str:
    """`text` without characters that no text has, its line breaks all of one kind."""
    if not _UNCLEAN.search(text):
        return text
    return _BREAKS.sub("\n", _BAD.sub("", text))


def one_line(text: str, limit: int = TITLE_LIMIT) -> str:
    """`text` on one line, at most `limit` characters, the last one then being an ellipsis."""
    return cut(" ".join(_BAD.sub("", text[: 2 * limit + TITLE_LIMIT]).split()), limit)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, the last one an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def title_text(value: str, *, references: bool) -> str:
    """A headline as a reader sees it, on one line. See `body_text`."""
    return one_line(_seen(value[:_MARKUP_LIMIT], references=references))


def body_text(value: str, *, references: bool) -> str:
    """An article's text as a reader sees it: paragraphs on lines of their own.

    Markup is known by HTML's tags, whatever the format declares: publishers put HTML where text is
    declared, and brackets that are none, as in <종합>, where HTML is. `references` says whether
    text without a tag may hold character references (`&quot;`): in RSS, and in Atom's `html`.
    """
    seen = _seen(value[:_MARKUP_LIMIT], references=references)
    return cut(_paragraphs(clean(seen)), TEXT_LIMIT)


def _seen(value: str, *, references: bool) -> str:
    if "<![CDATA[" in value:  # quoted twice: to HTML it is a comment
        value = value.replace("<![CDATA[", "").replace("]]>", "").replace("]]&gt;", "")
    if "<" in value and _MARKUP.search(value):
        return _html_text(value)
    if "\n" in value:
        value = _unwrapped(value)
    return _unescaped(value) if references else value


def _paragraphs(text: str) -> str:
    return "\n".join([" ".join(words) for line in text.split("\n") if (words := line.split())])


def _unwrapped(text: str) -> str:
    lines = "\n".join(line.strip() for line in clean(text).split("\n"))
    return _WRAPPED.sub(" ", lines)


def _unescaped(value: str) -> str:
    if "&" not in value:
        return value
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), value)


def _html_text(markup: str) -> str:
    if markup.count("<") > _TAG_LIMIT:
        return _unescaped(_ANY_TAG.sub("\n", markup))
    # White space is one blank, and only what starts a block breaks a line. The line breaks are put
    # in as white space before parsing, so that one call in C gives the text with its paragraphs.
    flat = _unwrapped(markup) if "<pre" in markup else markup.replace("\r", " ").replace("\n", " ")
    special = _SPECIAL.search(flat)
    if special:
        flat = _GREEDY_TAG.sub(" ", flat)
    block = _BLOCK_TAG_ANY_CASE if _UPPER_TAG.search(flat) else _BLOCK_TAG
    lined = _CELL_TAG.sub(" <", block.sub("\n<", flat))
    tree = LexborHTMLParser(lined, options=LexborDocumentOptions.WO_EVENTS)
    if special:
        tree.strip_tags(_UNSEEN.split("|"))
    return tree.body.text(deep=True) if tree.body else ""
