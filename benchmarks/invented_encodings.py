"""Invented feeds in the encodings of seven languages, declared rightly, wrongly and not at all."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

_SEED = 7
_ITEMS = 8
_SENTENCES = 3  # of a summary
ENCODINGS = {
    "ko": ("cp949", "utf-8"),
    "ja": ("cp932", "euc_jp", "iso2022_jp", "utf-8"),
    "zh": ("gbk", "gb18030", "utf-8"),
    "zh-Hant": ("cp950", "big5hkscs", "utf-8"),
    "ru": ("cp1251", "koi8-r", "iso8859-5", "utf-8"),
    "uk": ("cp1251", "koi8-u", "utf-8"),
    "fr": ("cp1252", "utf-8"),
}
# What publishers call them; the first is the usual name.
_LABELS = {
    "cp949": "EUC-KR", "cp932": "Shift_JIS", "euc_jp": "EUC-JP", "iso2022_jp": "ISO-2022-JP",
    "gbk": "gb2312", "gb18030": "GB2312", "cp950": "Big5", "big5hkscs": "Big5", "cp1251": "windows-1251",
    "koi8-r": "KOI8-R", "iso8859-5": "ISO-8859-5", "koi8-u": "KOI8-U", "cp1252": "ISO-8859-1",
    "utf-8": "UTF-8", "utf-16": "UTF-16",
}  # fmt: skip
# The other encoding of the same language, for which it is mistaken.
_SIBLINGS = {"cp932": "EUC-JP", "euc_jp": "Shift_JIS", "cp1251": "KOI8-R", "koi8-r": "windows-1251",
             "cp950": "gb2312", "gbk": "Big5", "koi8-u": "windows-1251"}  # fmt: skip
_ESCAPED = {"iso2022_jp"}  # ASCII with escapes: nothing but its name gives it away

# Traits of the real thing: 똠 is in no EUC-KR proper, 镕 in no GB2312, 嘅 in no Big5 without Hong Kong's
# addition, ① in no EUC-JP but that of Windows.
SENTENCES = {
    "ko": (
        "강변 방직공장에서 새 설비가 가동을 시작했다", "위원회는 올해 석탄 생산계획을 두 달 앞당겨 끝냈다고 밝혔다",
        "북쪽 항구에 밀가루를 실은 배가 들어왔다", "전력 사정이 나아지면서 제철소의 굴뚝에 연기가 오른다",
        "똠방각하라는 별명의 기사는 펲시를 마셨다", "수력발전소 언제 공사가 마감단계에 들어섰다",
        "비료공장 노동자들은 하루 계획을 넘쳐 수행했다", "학생들이 새로 지은 온실농장을 견학하였다",
        "철도역 주변의 도로 포장이 다음 주에 끝난다", "가을걷이가 끝난 들판에 두루미가 날아들었다",
    ),
    "ja": (
        "北の港に小麦を積んだ船が入った", "発電所の二号機は先週から正常に稼働している",
        "紡績工場では新しい織機の試運転が始まった", "委員会は石炭の生産計画を二か月早く達成したと発表した",
        "①化学肥料、②セメントの順に増産する", "カーバイド工場の煙突から白い煙が上がった",
        "橋の工事は来年の春までに終わる見通しだ", "温室農場を見学した学生たちは笑顔だった",
        "鉄道の駅前にあるパン屋が人気を集めている", "雨が続いたため、収穫は少し遅れるという",
    ),
    "zh": (
        "北方港口迎来一艘装载小麦的货轮", "发电厂二号机组上周恢复正常运行", "纺织厂的新织机开始试生产",
        "委员会宣布提前两个月完成全年煤炭生产计划", "化肥厂工人超额完成了今天的任务", "水泥产量比去年同期增加了百分之八",
        "朱镕基路的桥梁工程将在明年春天竣工", "学生们参观了新建的温室农场", "火车站附近的道路下周铺设完毕",
        "由于连日下雨，收割工作稍有推迟",
    ),
    "zh-Hant": (
        "北方港口迎來一艘裝載小麥的貨輪", "發電廠二號機組上週恢復正常運轉", "紡織廠的新織機開始試產",
        "委員會宣布提前兩個月完成全年煤炭生產計畫", "化肥廠工人超額完成了今天的任務", "水泥產量比去年同期增加了百分之八",
        "橋樑工程將在明年春天完工", "學生們參觀了新建的溫室農場", "火車站附近的道路下週鋪設完畢",
        "由於連日下雨，收割工作稍有延後",
    ),
    "ru": (
        "В северный порт пришло судно с грузом пшеницы", "Второй агрегат электростанции работает с прошлой недели",
        "На прядильной фабрике начались испытания новых станков", "Комитет сообщил о досрочном выполнении годового плана",
        "Завод удобрений перевыполнил дневное задание", "Производство цемента выросло на восемь процентов",
        "Мост через реку достроят будущей весной", "Школьники посетили новую теплицу под городом",
        "Дорогу у вокзала заасфальтируют на следующей неделе", "Из-за дождей уборка урожая немного задерживается",
    ),
    "uk": (
        "До північного порту прийшло судно з вантажем пшениці", "Другий агрегат електростанції працює з минулого тижня",
        "На прядильній фабриці почалися випробування нових верстатів", "Комітет повідомив про дострокове виконання річного плану",
        "Завод добрив перевиконав денне завдання", "Виробництво цементу зросло на вісім відсотків",
        "Міст через річку добудують наступної весни", "Школярі відвідали нову теплицю під містом",
        "Дорогу біля вокзалу заасфальтують наступного тижня", "Через дощі збирання врожаю трохи затримується",
    ),
    "fr": (
        "Un navire chargé de blé est arrivé au port du nord", "La centrale électrique a redémarré la semaine dernière",
        "La filature a commencé les essais des nouveaux métiers", "Le comité a annoncé l’achèvement anticipé du plan",
        "L’usine d’engrais a dépassé son objectif journalier", "La production de ciment a progressé de huit pour cent",
        "Le pont sera achevé au printemps prochain", "Les élèves ont visité la nouvelle serre",
        "La route près de la gare sera goudronnée à l’été", "La récolte a été retardée par la pluie",
    ),
}  # fmt: skip
_HONG_KONG = "佢哋嘅船喺碼頭"
_HEAD = '<rss version="2.0"><channel><title>{}</title><link>https://{}.example/</link>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """A feed as a server sends it, and what is to be read in it."""

    name: str
    encoding: str
    variant: str
    body: bytes
    content_type: str
    title: str
    items: int
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What a feed says, before it is written in an encoding."""

    language: str
    encoding: str
    title: str
    titles: tuple[str, ...]
    summaries: tuple[str, ...]


def feeds(copies: int = 2) -> Iterator[Invented]:
    """All languages in all their encodings in all variants, `copies` different texts of each."""
    chance = random.Random(_SEED)
    for language, encodings in ENCODINGS.items():
        for encoding in encodings:
            for variant, write in _VARIANTS.items():
                for _ in range(copies):
                    feed = write(_text(chance, language, encoding))
                    if feed:
                        yield replace(
                            feed, variant=variant, name=f"{language} {encoding} {variant}"
                        )


def _text(chance: random.Random, language: str, encoding: str) -> _Text:
    sentences = list(SENTENCES[language])
    if encoding == "big5hkscs":
        sentences.append(_HONG_KONG)
    if encoding in ("euc_jp", "iso2022_jp"):  # as these codecs know them
        sentences = [re.sub("[①②]", "一", sentence) for sentence in sentences]
    titles = tuple(chance.sample(sentences, _ITEMS))
    joined = (". ", "。")[language in ("ja", "zh", "zh-Hant")]
    summaries = (joined.join(chance.sample(sentences, _SENTENCES)) for _ in titles)
    title = " ".join(chance.sample(sentences, 1)[0].split()[:4])
    return _Text(language=language, encoding=encoding, title=title, titles=titles,
                 summaries=tuple(summaries))  # fmt: skip


def _pieces(text: _Text) -> list[str]:
    """The document without its declaration: its head, its items, its end."""
    items = (
        f"<item><title>{title}</title><link>https://{text.language}.example/{number}</link>"
        f"<guid>{number}</guid><description>{summary}</description></item>\n"
        for number, (title, summary) in enumerate(zip(text.titles, text.summaries, strict=True))
    )
    return [_HEAD.format(text.title, text.language), *items, "</channel></rss>"]


def _written(
    text: _Text,
    *,
    declared: str = "",
    header: str = "",
    body: bytes | None = None,
    items: int = _ITEMS,
) -> Invented:
    """The feed under the given names; "" is none."""
    start = (
        f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else '<?xml version="1.0"?>\n'
    )
    content = "".join(_pieces(text)).encode(text.encoding) if body is None else body
    return Invented(
        name="",
        variant="",
        encoding=text.encoding,
        body=start.encode("ascii") + content,
        content_type="application/rss+xml" + (f"; charset={header}" if header else ""),
        title=text.title,
        items=items,
        first=text.titles[0],
    )


def _named(text: _Text, **names: str) -> Invented | None:
    """Under names that may be wrong: "own" is the right one, "sibling" that of its sibling."""
    own = _LABELS[text.encoding]
    real = {"own": own, "sibling": _SIBLINGS.get(text.encoding, "")}
    given = {where: real.get(name, name) for where, name in names.items()}
    if "sibling" in names.values() and not real["sibling"]:
        return None
    if text.encoding in _ESCAPED and own not in given.values():
        return None  # nothing tells it from ASCII
    return _written(text, **given)  # type: ignore[arg-type] # names alone


def _cut_summaries(text: _Text) -> Invented:
    """Each summary ends in the middle of a character, as a program that counts bytes leaves it."""
    pieces = [piece.encode(text.encoding) for piece in _pieces(text)]
    cut = [
        re.sub(rb"(?:[^\x00-\x7f]{1,3}|[^<>])(</description>)", rb"\1", piece) for piece in pieces
    ]
    body = cut if text.encoding == "utf-8" else pieces
    return _written(text, declared=_LABELS[text.encoding], body=b"".join(body))


def _cut_document(text: _Text) -> Invented:
    """The document ends in the middle of the last item's summary."""
    body = "".join(_pieces(text)[:-1]).encode(text.encoding)
    end = body.rfind(b"<description>") + len(b"<description>") + 21
    return _written(text, declared=_LABELS[text.encoding], body=body[:end])


def _mixed(text: _Text, *, mostly_utf8: bool) -> Invented | None:
    """One or two items are in the other encoding than the rest, as programs leave others' texts."""
    if text.encoding in {"utf-8", *_ESCAPED}:
        return None
    main, other = ("utf-8", text.encoding) if mostly_utf8 else (text.encoding, "utf-8")
    strange = {3, 6}
    body = b"".join(
        piece.encode(other if number in strange else main)
        for number, piece in enumerate(_pieces(text))
    )
    return _written(text, declared=_LABELS[main], body=body)


def _wide(text: _Text, *, codec: str, mark: bytes = b"") -> Invented | None:
    """In two or four bytes a character; once for each language."""
    if text.encoding != "utf-8":
        return None
    start = '<?xml version="1.0" encoding="UTF-16"?>'
    body = mark + (start + "".join(_pieces(text))).encode(codec)
    return replace(_written(text), body=body, encoding=codec)


_VARIANTS: dict[str, Callable[[_Text], Invented | None]] = {
    "declared": partial(_named, declared="own"),
    "in the header alone": partial(_named, header="own"),
    "undeclared": _named,
    "header says ISO-8859-1": partial(_named, declared="own", header="ISO-8859-1"),
    "header says UTF-8": partial(_named, declared="own", header="utf-8"),
    "header says nonsense": partial(_named, declared="own", header="none"),
    "nothing but ISO-8859-1 in the header": partial(_named, header="ISO-8859-1"),
    "declares UTF-8": partial(_named, declared="UTF-8"),
    "declares UTF-8 twice": partial(_named, declared="UTF-8", header="utf-8"),
    "declares ISO-8859-1": partial(_named, declared="ISO-8859-1"),
    "declares UTF-16": partial(_named, declared="utf-16"),
    "declares its sibling": partial(_named, declared="sibling"),
    "summaries cut inside a character": _cut_summaries,
    "document cut inside a character": _cut_document,
    "some items in UTF-8": partial(_mixed, mostly_utf8=False),
    "UTF-8, some items are not": partial(_mixed, mostly_utf8=True),
    "UTF-16 with mark": partial(_wide, codec="utf-16"),
    "UTF-16 little-endian, no mark": partial(_wide, codec="utf-16-le"),
    "UTF-16 big-endian, no mark": partial(_wide, codec="utf-16-be"),
    "UTF-16 big-endian with mark": partial(_wide, codec="utf-16-be", mark=b"\xfe\xff"),
    "UTF-32 with mark": partial(_wide, codec="utf-32"),
}
