"""Names made by rule: what an analyst need not type.

From a `Form` (the place in Korean, its Chinese characters, the kind of facility) come names in five
languages; from a listed name come its other spellings. Each is marked with the rule that made it,
as `Name.origin`:

- `head-noun`: the place with every noun that its kind of facility goes by
- `spelling`: the orthography of the other Korea
- `mccune-reischauer`, `revised`: the place in an English name, or the whole Korean name
- `hanja`, `traditional`, `kanji`: other Chinese characters
- `katakana`, `kontsevich`: the place in Japanese and Russian letters
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.forms import hanzi
from monitor.forms.heads import Head, heads
from monitor.forms.kana import katakana
from monitor.forms.kontsevich import cyrillic, spoken_variants
from monitor.forms.romanise import ENGLISH, dprk, mccune_reischauer, revised
from monitor.forms.spelling import rok, spellings
from monitor.types import Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SYSTEMS = (("mccune-reischauer", mccune_reischauer), ("revised", revised))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the rules start from. Korean is in DPRK spelling, cut into its words by blanks."""

    stems: tuple[str, ...] = ()  # the place or brand: 안변; several where its order varies
    head: str = ""  # a kind of facility of `heads.toml`
    hanja: tuple[str, ...] = ()  # the stem in Chinese characters, Korean or traditional: 安邊
    latin: tuple[str, ...] = ()  # in use, where the DPRK's house style does not give it
    kana: tuple[str, ...] = ()  # the same for Japanese
    cyrillic: tuple[str, ...] = ()  # the same for Russian
    korean: tuple[str, ...] = ()  # whole names to be romanised that no head gives
    ambiguous: tuple[str, ...] = ()  # languages in which the stem also names something else

    @property
    def nouns(self) -> Head:
        """The nouns of this kind of facility."""
        return heads().get(self.head, Head())

    @property
    def house_style(self) -> tuple[str, ...]:
        """The stem in Latin letters as English texts from the DPRK write it."""
        return self.latin or tuple(dprk(stem) for stem in self.stems)

    @property
    def orthographies(self) -> tuple[str, ...]:
        """The stems in the spelling of both Koreas."""
        return _unique(form for stem in self.stems for form in (stem, rok(stem)))


def names_by_rule(form: Form, listed: Sequence[Name]) -> Iterator[Name]:
    """Every name that the rules give, in the order of trust; doubles are left in."""
    composed = list(_composed(form))
    yield from composed
    romanised = _romanised_stems(form)
    for name in (*listed, *composed):
        yield from _respelt(name)
        if name.language == "en":
            yield from _romanised(name, romanised)
    yield from _transcribed(form)


# --- composed: stem and head noun -------------------------------------------------------------


def _composed(form: Form) -> Iterator[Name]:
    nouns = form.nouns
    for stem in form.house_style:
        yield from (_name(form, "en", f"{stem} {noun}", "head-noun") for noun in nouns.en)
    for words in _korean_names(form):
        yield _name(form, "ko", _joined(words), "head-noun")
    for stem in form.hanja:
        yield from (_name(form, "ko", _joined(stem) + noun, "hanja") for noun in nouns.hanja)
    for stem in _zh_stems(form):
        yield from (_name(form, "zh", stem + noun, "head-noun") for noun in nouns.zh)
    for stem in _ja_stems(form):
        origin = "katakana" if "ァ" <= stem[0] <= "ヶ" else "head-noun"
        yield from (_name(form, "ja", stem + noun, origin) for noun in nouns.ja)
    for stem in _ru_stems(form):
        for pattern in nouns.ru:
            for text in _russian(stem, pattern):
                yield _name(form, "ru", text, "kontsevich")


def _name(form: Form, language: str, text: str, origin: str) -> Name:
    """A made name: sure enough to count by itself, unless its stem is ambiguous in the language."""
    ambiguous = language in form.ambiguous
    return Name(
        text=text,
        language=language,
        confidence="low" if ambiguous else "medium",
        origin=origin,
        inflects=language == "ru",
        needs_context=ambiguous,
    )


def _korean_names(form: Form) -> Iterator[str]:
    """The whole Korean names, cut into words."""
    for stem in form.stems:
        yield from (f"{stem} {noun}" for noun in form.nouns.ko)


def _zh_stems(form: Form) -> tuple[str, ...]:
    return _unique(hanzi.simplified(_joined(stem)) for stem in form.hanja)


def _ja_stems(form: Form) -> tuple[str, ...]:
    new = [hanzi.japanese(_joined(stem)) for stem in form.hanja]
    old = (hanzi.old_kanji(stem) for stem in new)  # 檢德鉱山: the place in its old form
    return _unique((*new, *old, *(form.kana or map(katakana, form.stems))))


def _ru_stems(form: Form) -> tuple[str, ...]:
    made = form.cyrillic or tuple(cyrillic(stem) for stem in form.orthographies)
    return _unique(variant for stem in made for variant in spoken_variants(stem))


def _russian(stem: str, pattern: str) -> tuple[str, ...]:
    """The pattern with the stem in it; an adjective is made of one word only.

    A stem in -а gives two adjectives, both in use: Чхоллимский and Вонсан-Кальмаская.
    """
    if not pattern.startswith("*ск"):
        return (pattern.replace("*", stem),)
    if " " in stem or not stem[-1].isalpha():
        return ()
    return tuple(pattern.replace("*", form) for form in _unique((stem.removesuffix("а"), stem)))


# --- other spellings of a name ------------------------------------------------------------------


def _respelt(name: Name) -> Iterator[Name]:
    """A listed or composed name in the other spellings of its language."""
    match name.language:
        case "ko":
            made, origin = spellings(name.text), "spelling"
        case "zh":
            made, origin = hanzi.traditional(name.text), "traditional"
        case "ja":
            made, origin = hanzi.kanji_variants(name.text), "kanji"
        case _:
            return
    for text in made:
        if text != name.text:
            yield replace(name, text=text, origin=origin, confidence=_at_most_medium(name))


def _romanised(name: Name, stems: Mapping[str, Mapping[str, str]]) -> Iterator[Name]:
    """An English name with its stem romanised otherwise: Tanchon as Tanch'ŏn and as Dancheon."""
    house = next((stem for stem in stems if stem in name.text), "")
    for stem, origin in stems.get(house, {}).items():
        text = name.text.replace(house, stem)
        yield replace(name, text=text, origin=origin, confidence=_at_most_medium(name))


def _romanised_stems(form: Form) -> Mapping[str, Mapping[str, str]]:
    """For each stem in house style the others that may stand for it, with their rules.

    Where as many stems are given in both scripts, each has its own; else any may stand for any.
    """
    houses, stems = form.house_style, form.stems
    paired = len(houses) == len(stems)
    own = [(stem,) for stem in stems] if paired else [stems] * len(houses)
    return {house: _in_systems(each) for house, each in zip(houses, own, strict=True)}


def _in_systems(stems: Iterable[str]) -> Mapping[str, str]:
    made: dict[str, str] = {}
    for spelt in _unique(form for stem in stems for form in (stem, rok(stem))):
        for origin, system in SYSTEMS:
            made.setdefault(system(spelt), origin)
            usual = (ENGLISH.get(word) or system(word) for word in spelt.split())
            made.setdefault(" ".join(usual), origin)
    return made


def _transcribed(form: Form) -> Iterator[Name]:
    """Whole Korean names in Latin letters: Ch'ŏllima Chegang Ryŏnhap Kiŏpso."""
    for words in (*form.korean, *_korean_names(form)):
        for spelt in _unique((words, rok(words))):
            for origin, system in SYSTEMS:
                yield _name(form, "en", system(spelt), origin)


def _at_most_medium(name: Name) -> str:
    return "medium" if name.confidence == "high" else name.confidence


def _joined(words: str) -> str:
    return words.replace(" ", "")


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
