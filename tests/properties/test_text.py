"""Texts: what comes out is clean, and every place in the folded form leads back to its letters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feeds.text import body_text, clean, title_text
from monitor.tagging import shadow
from monitor.tagging.shadow import BORDER, Shadow, fold, squeeze

MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<b", ">", "<", "&", "amp;", "&#x", "<!--", "-->", "<![CDATA[", "]]>", "<td>",
         "<iframe", "/>", "<pre>", "\n", " ", "가", "\x00", "\ud800", "<script>", "<svg>", "="]
    ),
    max_size=30,
).map("".join)  # fmt: skip

ODD = st.text(
    st.sampled_from(
        "ab Aé평양\u1111\u1167ㅎ龍（ア）№㎡…×’·-&;amp\u0301\u0316\u200b\xa0ｶﾞか\u3099İё\ud800\n"
    )
    | st.characters()
)
# Around what is looked for: whatever changes its length when folded, but no half of something.
FILLING = st.lists(
    st.sampled_from(
        ["&amp;", "&quot;", "№ ", "㎡ ", "…", "ﬁ", "e\u0301", "か\u3099", "ｶﾞ", "\u1112\u1161\u11ab ", "İ",
         "\u200b", "（ア）", "㈜", "\xad", "ǆ", "가", "x", " ", "\n", "《", "»", "\u2028", "ё", "½"]
    ),
    max_size=10,
).map("".join)  # fmt: skip
# A name, and how it may be written: each folds to the name.
WRITTEN = {
    "huichon": ["Huichon", "HUICHON", "Ｈｕｉｃｈｏｎ", "Hu\u0131chon", "Hui\u200bchon", "Hüi\u0308chon", "Hui&shy;chon"],
    "평양": ["평양", "\u1111\u1167\u11bc\u110b\u1163\u11bc", "평\u200b양"],
    "ガス": ["ガス", "ｶﾞｽ", "カ\u3099ス"],
}  # fmt: skip
NAMES = st.sampled_from(
    [(name, written) for name, spellings in WRITTEN.items() for written in spellings]
)


@given(st.one_of(MARKUP, st.text()), st.booleans())
def test_whatever_it_is_it_comes_out_clean(value: str, references: bool) -> None:
    title, text = title_text(value, references=references), body_text(value, references=references)
    assert clean(title) == title
    assert clean(text) == text
    assert "\n" not in title
    assert all(line == " ".join(line.split()) != "" for line in text.split("\n") if text)
    (title + text).encode()


@given(ODD, ODD)
def test_every_squeezed_character_comes_from_the_source(title: str, text: str) -> None:
    """Offsets never leave the fields, never run backwards, and letters map to themselves."""
    seen = Shadow(title, text)
    squeezed = seen.squeezed.decode("utf-8", "surrogatepass")
    offsets = [len(squeezed[:at].encode("utf-8", "surrogatepass")) for at in range(len(squeezed))]
    places = seen.unsqueeze(offsets)
    assert "".join(seen.folded[places[offset]].lower() for offset in offsets) == squeezed.lower()
    border = seen.folded.index(BORDER, 0)
    last = ("title", 0)
    for place in places.values():
        if place == border or BORDER in title + text:
            continue
        field, start, end = seen.place(place, place + 1)
        source = title if field == "title" else text
        assert 0 <= start <= end <= len(source)
        assert (field != "title", start) >= (last[0] != "title", last[1]), "it runs backwards"
        last = (field, start)
        plain = seen.folded[place]
        if plain.isascii() and plain.isalpha() and end - start == 1:
            assert plain in fold(source[start:end]) or fold(source[start:end]) == ""


@given(FILLING, NAMES, FILLING, FILLING)
def test_a_name_is_found_where_it_is_written(
    before: str, name: tuple[str, str], after: str, title: str
) -> None:
    """However it is written, and whatever stands around it."""
    plain, written = name
    text = f"{before} {written} {after}"
    seen = Shadow(title, text)
    start = seen.folded.index(fold(plain), seen.folded.index(BORDER))
    field, low, high = seen.place(start, start + len(fold(plain)))
    assert (field, text[low:high]) == ("text", written)
    assert low == len(before) + 1


@given(ODD)
def test_folding_a_folded_text_changes_nothing_that_a_scan_sees(text: str) -> None:
    once = fold(text)
    if "&" not in once and "(" not in once:
        assert shadow.squeeze(fold(once)) == squeeze(once)
