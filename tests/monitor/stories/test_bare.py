"""What is taken off a text before it is compared, and what is not."""

from __future__ import annotations

import pytest

from monitor.stories.bare import bare_text, bare_title, letters

STORY = {
    "en": "The works at Harrow Hill resumed output on Tuesday, its manager said, after long repairs.",
    "ko": "한들발전소 3호기가 정비를 마치고 18일 다시 가동에 들어갔다고 발전소 측이 밝혔다.",
    "zh": "青石水泥厂经过十一周的检修,已于本月18日恢复生产,厂方负责人说。",
    "ja": "青浜発電所の3号機が点検を終え、18日に運転を再開したと発電所が発表した。",
    "ru": "На Озёрской ГЭС запустили второй гидроагрегат, сообщила во вторник дирекция станции.",
}


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("en", "HARROW HILL, Nov 17 (Reuters) - ", ""),
        ("en", "Pyongyang, November 17 (KCNA) -- ", " -0-"),
        ("en", "By Carol Finch and Tom Reed\n", " Reporting by Ann Blake; Editing by Tom Reed"),
        ("en", "", " Copyright 2026 The Hill Gazette. All rights reserved."),
        ("en", "", " (AP Photo/Jo Park)"),
        ("en", "", " ann.blake@gazette.example https://gazette.example/more?a=1"),
        ("en", "", " The post Works resume appeared first on The Gazette."),
        ("ko", "(한들=연합뉴스) 박나무 이바다 기자 = ", " namu@yna.example.kr"),
        ("ko", "[한들=뉴시스]박나무 기자 = ", " 2026.11.18. namu@newsis.example"),
        ("ko", "", " <저작권자 ⓒ 한들통신, 무단 전재-재배포 금지>"),
        ("ko", "", " ※ '당신의 제보가 뉴스가 됩니다' [카카오톡] 한들 검색해 채널 추가"),
        ("ko", "", " #한들 #발전소 #정비"),
        ("ko", "", " (사진=한들군 제공)"),
        ("zh", "新华社青石11月18日电(记者 林叶)", "(责任编辑:王木)"),
        ("zh", "", " 来源:青石日报"),
        ("ja", "【青浜11月18日共同】", "(C) 青浜新聞 無断転載を禁じます"),
        ("ja", "", "(共同)"),
        ("ru", "ОЗЁРСК, 17 ноября. /ТАСС/. ", ""),
        ("ru", "ОЗЁРСК, 17 ноября — РИА Новости. ", " Читайте также: погода на неделю."),
    ],
)
def test_dress_is_taken_off(language: str, before: str, after: str) -> None:
    story = STORY[language]
    assert letters(bare_text(f"{before}{story}{after}")) == letters(story)


@pytest.mark.parametrize("story", [*STORY.values(), "", "18", "#", "(", "기자"])
def test_a_story_without_dress_stays(story: str) -> None:
    assert letters(bare_text(story)) == letters(story)


def test_words_like_dress_within_the_story_stay() -> None:
    story = (
        "The reporter said the photo shows the dam. All rights of the farmers were kept, she said. "
        + STORY["en"] * 12
    )
    assert letters(bare_text(story)) == letters(story)


def test_a_title_repeated_at_the_beginning_is_taken_off() -> None:
    assert (
        bare_text("Works resume The works resumed.", "Works resume").strip() == "The works resumed."
    )


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("[속보] 한들발전소 재가동", "한들발전소 재가동"),
        ("[포토][단독] 한들발전소", "한들발전소"),
        ("한들발전소 재가동(종합2보)", "한들발전소 재가동"),
        ("UPDATE 2-Works resume output", "Works resume output"),
        ("【速報】青浜発電所が再開", "青浜発電所が再開"),
        ("Works at Harrow Hill resume output - Hill Gazette", "Works at Harrow Hill resume output"),
        ("Ferry - a history", "Ferry - a history"),  # too little would be left
        ("[속보]", "[속보]"),
        ("", ""),
    ],
)
def test_titles(title: str, bare: str) -> None:
    assert bare_title(title) == bare


@pytest.mark.parametrize(
    "text", [*STORY.values(), "A_b-C\u201d \u00df\u0149 \u0660\u00b2 \ud800 \x00"]
)
def test_letters(text: str) -> None:
    assert letters(text) == "".join(filter(str.isalnum, text)).casefold()


def test_hostile_texts_take_no_time() -> None:
    """Patterns that are tried at every letter must end soon at each; the timeout is the test."""
    for piece in ("가나 ", "a.", "(", "[=", "A-", "기자 ", "@a.", "20", "、記者", "【電"):
        bare_text(piece * 3_000, piece)
