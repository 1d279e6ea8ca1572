"""What a watchlist lacks: names found in texts, what becomes of them, `wirewatch watchlist suggest`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.stored import StoredItem
from monitor.suggest import Gathering, candidates
from monitor.suggest.alike import distance
from monitor.suggest.nouns import KINDS
from monitor.suggest.skeleton import as_toml
from monitor.types import Mention
from monitor.watchlist import parse
from monitor.watchlist.entities import SECTORS
from tests.support.collection import OLD, Collection
from tests.support.learning import entry

NAMES = {
    "en": [
        # text, names
        ("At Arin Power Station the water rose.", ["Arin Power Station"]),
        ("Arin Power Station was finished.", ["Arin Power Station"]),
        ("the North Arin Thermal Power Plant's chimney", ["North Arin Thermal Power Plant"]),
        (
            "Arin Power Station No. 2 and Bolu Coal Mine.",
            ["Arin Power Station No. 2", "Bolu Coal Mine"],
        ),
        ("the Cedo Iron and Steel Complex", ["Cedo Iron and Steel Complex"]),
        ("Cedo and Dema Fertilizer Complex", ["Dema Fertilizer Complex"]),
        (
            "the February 8 Vinalon Complex, the May 10 Factory",
            ["February 8 Vinalon Complex", "May 10 Factory"],
        ),
        ("the Kim Jong Suk Pyongyang Textile Mill", ["Kim Jong Suk Pyongyang Textile Mill"]),
        ("the Arin power station and the Bolu mine", ["Arin power station", "Bolu mine"]),
        (
            "Arin Children's Hospital, Bolu County Hospital",
            ["Arin Children's Hospital", "Bolu County Hospital"],
        ),
        ("Mt. Arin Resort\nBolu Farm", ["Mt. Arin Resort", "Bolu Farm"]),
        # what stands before the name in a sentence or a headline is no part of it
        ("Yesterday Arin Power Station closed.", ["Arin Power Station"]),
        ("Kim Visits Arin Power Station", ["Arin Power Station"]),
        ("New Arin Power Station Opened", ["Arin Power Station"]),
        ("North Korea's Arin Power Plant", ["Arin Power Plant"]),
        # no names
        ("the Power Station alone", []),
        ("power stations and Power Stations, Arin Power Stations", []),
        ("Thermal Power Plant, Small Hydropower Station, Central Hospital", []),
        ("Building Power Station. Completed Factory. Newly Plant.", []),
        ("Floating power plant", []),
        ("a friend of Mine. Mine is here. I work at Plant.", []),
        ("a Chinese Factory, North Korean Mine, DPRK Hospital", []),
        ("the power station, coal mine and hospital", []),
        ("ARIN POWER STATION", []),
        ("Arin Power Station-like, Arin Factoryman", []),
        ("Arin. Power Station", []),
        ("(Arin) Power Station; Bolu, Mine", []),
        ("the Arin Munitions Factory, the Bolu Missile Plant", []),
        ("a munitions plant, Arin Factory", []),
    ],
    "ko": [
        ("아린발전소는 완공되였다", ["아린발전소"]),
        ("아린 화력발전소에서", ["아린 화력발전소"]),
        ("보루 세멘트 공장의", ["보루 세멘트 공장"]),
        ("아린군병원과 보루제약공장", ["아린군병원", "보루제약공장"]),
        ("2.8비날론련합기업소, 5월9일메기공장", ["2.8비날론련합기업소", "5월9일메기공장"]),
        ("보루탄광련합기업소로동계급", ["보루탄광련합기업소"]),
        ("새로건설된아린발전소를", ["아린발전소"]),
        ("평양결핵병원", ["평양결핵병원"]),
        ("보루병원·아린공장", ["보루병원", "아린공장"]),
        # no names
        ("발전소, 공장과 병원", []),
        ("중소형발전소들을 건설", []),
        ("보루발전소들", []),
        ("지방공업공장, 식료공장", []),
        ("새로 건설된 발전소", []),
        ("우리의 공장, 이 공장은, 해당 공장", []),
        ("평양 공장", []),
        ("붐비고있었다.\n공장에서는", []),
        ("도시에서도 종이공장을", []),
        ("군수공장, 아린미싸일공장, 방사포 생산공장", []),
    ],
    "zh": [
        ("参观了熙川发电站。", ["熙川发电站"]),
        ("位于江界的江界青年发电站日前", ["江界青年发电站"]),
        ("咸兴化肥联合企业和茂山铁矿", ["咸兴化肥联合企业", "茂山铁矿"]),
        ("在新义州化妆品厂", ["新义州化妆品厂"]),
        ("21日平壤妇产医院", ["平壤妇产医院"]),
        ("安州煤矿联合企业", ["安州煤矿联合企业"]),
        # no names
        ("发电站、工厂和医院", []),
        ("火力发电站，化肥厂", []),
        ("一座发电站，多家工厂，各工厂", []),
        ("朝鲜工厂，国家医院", []),
        ("矿业，厂长，产品出厂", []),
        ("熙川军工厂，核电厂", []),
    ],
    "ja": [
        ("熙川発電所が完成した", ["熙川発電所"]),
        ("平壌キムチ工場を視察", ["平壌キムチ工場"]),
        ("元山葛麻海岸観光地区", ["元山葛麻海岸観光地区"]),
        # no names
        ("発電所と工場", []),
        ("水力発電所、食品工場", []),
        ("新しい発電所", []),
        ("北朝鮮の工場、北朝鮮工場", []),
        ("熙川工場長", []),
        ("熙川ミサイル工場", []),
    ],
    "ru": [
        ("на Аринской ГЭС закончили", ["Аринская ГЭС"]),
        ("Болуский цементный завод", ["Болуский цементный завод"]),
        ("на новой Аринской обувной фабрике", ["Аринская обувная фабрика"]),
        ("на Болуском горно-обогатительном комбинате", ["Болуский горно-обогатительный комбинат"]),
        ("шахты Комдок, ГЭС Ранрим", ["шахта Комдок", "ГЭС Ранрим"]),
        ("на заводе «Чонсын»", ["завод «Чонсын»"]),
        (
            "металлургического комбината имени Ким Чака",
            ["металлургический комбинат имени Ким Чака"],
        ),
        ("в Аринском универмаге № 1", ["Аринский универмаг № 1"]),
        # no names
        ("Электростанция, заводы и больницы", []),
        ("Аринские фабрики", []),
        ("новый завод, Детская больница, Российский завод", []),
        ("на заводе Ким Чен Ын заявил", []),
        ("на шахте Ким Чен Ын заявил", []),
        ("завода в Пхеньяне", []),
        ("военный завод «Звезда», Аринский ракетный завод", []),
    ],
}
CASES = [(language, text, names) for language, cases in NAMES.items() for text, names in cases]


class TestCandidates:
    @pytest.mark.parametrize(("language", "text", "names"), CASES)
    def test_names(self, language: str, text: str, names: list[str]) -> None:
        assert [span.name for span in candidates(text, language)] == names

    @pytest.mark.parametrize(("language", "text", "_"), CASES)
    def test_spans_lie_in_the_text_in_order_and_apart(
        self, language: str, text: str, _: object
    ) -> None:
        reached = 0
        for span in candidates(text, language):
            assert reached <= span.start < span.end <= len(text)
            assert "\n" not in text[span.start : span.end]
            assert language == "ru" or text[span.start : span.end] == span.name
            assert span.stem
            reached = span.end

    def test_another_language_has_none(self) -> None:
        assert candidates("la centrale Arin Power Station", "fr") == ()
        assert candidates("Arin Power Station", "") == ()

    @pytest.mark.parametrize("language", NAMES)
    @pytest.mark.parametrize(
        "unit",
        [
            "A",
            "Arin ",
            "Power Station ",
            "공장",
            "아린 ",
            "厂",
            "ая ",
            "Аринская ",
            "ГЭС ",
            "。",
            "·",
            "1",
        ],
    )
    def test_no_text_takes_long(self, language: str, unit: str) -> None:
        # Quadratic, 40,000 characters would keep it for minutes: the suite's own deadline tells.
        candidates(unit * (40_000 // len(unit)), language)

    def test_the_table_is_sound(self) -> None:
        assert {kind.sector for kind in KINDS} <= set(SECTORS)
        for kind in KINDS:
            assert kind.en
            assert set(kind.plain) <= set(kind.en)
        for language in ("en", "ko", "zh", "ja", "ru"):
            nouns = [noun for kind in KINDS for noun in getattr(kind, language)]
            assert len(nouns) == len(set(nouns)), language


LIST = parse(
    """
name = "small"
cues.en = ["Northland"]

[[entity]]
id = "tanchon-power-station"
kind = "facility"
sector = "electric-power"
name = "Tanchon Power Station"
names.en = ["Tanchon Power Station"]
names.ko = ["단천발전소", "련포발전소"]

[[entity]]
id = "arin-street"
kind = "project"
sector = "housing"
name = "Arin Street"
names.en = ["Arin Street"]

[[entity]]
id = "bolu-mine"
kind = "facility"
sector = "mining"
name = "Bolu Mine"
match = "context"
names.en = ["Bolu Mine"]
""",
    "small.toml",
)


def item(
    number: int,
    text: str,
    *,
    language: str = "en",
    story: int = 0,
    mentions: tuple[Mention, ...] = (),
) -> StoredItem:
    return StoredItem(
        id=number,
        story=story or number,
        relation="original",
        title="",
        text=text,
        language=language,
        url="",
        first_seen_at=f"2026-11-{number:02}T06:00:00.000Z",
        feed=1,
        source="one",
        source_url="",
        source_kind="wire",
        mentions=mentions,
    )


def mention(text: str, surface: str, entity: str = "tanchon-power-station") -> Mention:
    start = text.index(surface)
    return Mention(
        entity=entity,
        name=surface,
        surface=surface,
        field="text",
        start=start,
        end=start + len(surface),
        state="confirmed",
        rule="name",
    )


def gathered(*items: StoredItem, instead: Any = lambda stories, items: {}) -> Any:
    gathering = Gathering([LIST])
    for one in items:
        gathering.add(one)
    return gathering.suggestions(instead)


N = "In Northland, "


ALIASES = [
    # text, language, entity, reason
    ("the Danchon Power Station", "en", "tanchon-power-station", "spelt nearly the same"),
    (
        "the Tanchon Hydropower Station",
        "en",
        "tanchon-power-station",
        "the same but for its last word",
    ),
    ("단촌발전소", "ko", "tanchon-power-station", "spelt nearly the same"),
    ("연포발전소", "ko", None, None),  # a form by rule: known
    ("the Tanchon Hospital", "en", None, None),
    ("the Tonsan Power Station", "en", None, None),
    ("the Bol Mine", "en", None, None),
]


class TestGathering:
    def test_counts_stories_and_items(self) -> None:
        found = gathered(
            item(1, N + "the Cedo Mill and again the Cedo Mill."),
            item(2, N + "the Cedo Mill.", story=1),
            item(3, N + "the Cedo mill; the Cedo Mill."),
            item(4, N + "the Dema Farm."),
        )
        assert [(f.name, f.stories, f.items) for f in found.facilities] == [
            ("Cedo Mill", 2, 3),
            ("Dema Farm", 1, 1),
        ]
        cedo = found.facilities[0]
        assert (cedo.first_seen_at[:10], cedo.last_seen_at[:10]) == ("2026-11-01", "2026-11-03")
        assert [quote.item for quote in cedo.quotes] == [1, 3]
        quote = cedo.quotes[0].snippet
        assert quote.text[quote.start : quote.end] == "Cedo Mill"

    def test_three_quotes_at_most(self) -> None:
        found = gathered(*(item(n, N + "the Cedo Mill.") for n in range(1, 9)))
        assert len(found.facilities[0].quotes) == 3

    def test_what_a_mention_covers_is_known(self) -> None:
        text = "The Tanchon Power Station and the Arin Street Hospital."
        mentions = (
            mention(text, "Tanchon Power Station"),
            mention(text, "Arin Street", "arin-street"),
        )
        found = gathered(item(1, text, mentions=mentions))
        assert [f.name for f in found.facilities] == ["Arin Street Hospital"]
        assert not found.aliases

    def test_a_listed_name_without_its_context_is_no_news(self) -> None:
        assert (
            gathered(item(1, N + "the Bolu Mine."), item(2, N + "the BOLU mine.")).facilities == ()
        )

    def test_only_texts_about_the_subject(self) -> None:
        assert not gathered(item(1, "In Southland, the Cedo Mill.")).facilities
        text = "The Tanchon Power Station. The Cedo Mill."
        named = mention(text, "Tanchon Power Station")
        assert gathered(item(1, text, mentions=(named,))).facilities

    def test_words_before_a_name_are_merged_away(self) -> None:
        found = gathered(
            item(1, N + "the Cedo Mill."),
            item(2, N + "the Cedo Mill."),
            item(3, N + "Gavrilo Cedo Mill."),
            item(4, N + "and more Lower Dema Mill."),
        )
        assert [(f.name, f.stories) for f in found.facilities] == [
            ("Cedo Mill", 3),
            ("Lower Dema Mill", 1),
        ]

    def test_not_where_the_longer_one_is_the_usual(self) -> None:
        found = gathered(
            item(1, N + "the Cedo Mill."), *(item(n, N + "the Lower Cedo Mill.") for n in (2, 3))
        )
        assert [(f.name, f.stories) for f in found.facilities] == [
            ("Lower Cedo Mill", 2),
            ("Cedo Mill", 1),
        ]

    @pytest.mark.parametrize(("text", "language", "entity", "reason"), ALIASES)
    def test_aliases_by_spelling(
        self, text: str, language: str, entity: str | None, reason: str | None
    ) -> None:
        found = gathered(item(1, f"Northland {text}", language=language))
        likenesses = [(like.entity, like.reason) for one in found.aliases for like in one.like]
        assert likenesses == ([(entity, reason)] if entity else [])
        assert len(found.facilities) == (entity is None and language == "en")

    def test_aliases_by_what_others_name(self) -> None:
        asked = []

        def instead(stories: list[int], items: list[int]) -> dict[str, int]:
            asked.append((stories, items))
            return {"tanchon-power-station": 2, "bolu-mine": 2, "arin-street": 2}

        found = gathered(
            item(1, N + "the Cedo Power Station."),
            item(2, N + "the Cedo Power Station."),
            instead=instead,
        )
        assert asked == [([1, 2], [1, 2])]
        # A mine or a street cannot be what a power station is called in a copy.
        (alias,) = found.aliases
        assert [(like.entity, like.reason) for like in alias.like] == [
            ("tanchon-power-station", "named in its place by other items of 2 of its stories")
        ]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("abc", "abd", 1),
        ("abc", "bc", 1),
        ("abc", "cab", 2),
        ("", "ab", 2),
    ],
)
def test_distance(one: str, other: str, apart: int) -> None:
    assert distance(one, other) == distance(other, one) == apart


class TestToml:
    def suggestions(self) -> Any:
        return gathered(
            item(1, N + "the Cedo Children's Hospital. The Danchon Power Station."),
            item(2, "Northland 아린발전소", language="ko"),
            item(3, "Northland 熙川工厂", language="zh"),
            item(4, "Northland 熙川工场 熙川鉱山", language="ja"),
            item(5, "Northland завод «Чон\\син»\x85", language="ru"),
            item(6, "Northland 熙川鉱山。", language="zh"),
            item(7, N + "the Arin Street Mill and the Arin-Street Mill."),
        )

    def test_is_a_watchlist_that_can_be_loaded(self) -> None:
        toml = as_toml(self.suggestions(), dict(LIST.entities))
        read = parse('name = "new"\n' + toml, "new.toml")
        assert {e.id for e in read.entities.values()} == {
            "cedo-children-s-hospital".replace("-s-", "s-"),
            "arinbaljeonso",
            "works-zh",
            "mine-ja",
            "works-ru",
            "arin-street-mill",
        }
        assert {e.sector for e in read.entities.values()} == {
            "health",
            "electric-power",
            "other",
            "mining",
        }
        assert [n.text for n in read.entities["works-ru"].names] == ["завод «Чон\\син»"]

    def test_names_for_known_entities_are_comments(self) -> None:
        toml = as_toml(self.suggestions(), dict(LIST.entities))
        assert (
            "# perhaps tanchon-power-station (Tanchon Power Station), spelt nearly the same: "
            'add to names.en: "Danchon Power Station"' in toml.splitlines()
        )

    def test_ids_are_not_taken_twice(self) -> None:
        taken = {"cedo-mill": LIST.entities["bolu-mine"], "cedo-mill-2": LIST.entities["bolu-mine"]}
        toml = as_toml(gathered(item(1, N + "the Cedo Mill.")), taken)
        assert 'id = "cedo-mill-3"' in toml


class TestCommand:
    @pytest.fixture
    def collection(self, tmp_path: Path) -> Collection:
        made = Collection(tmp_path, OLD)
        made.poll(
            entry(1, text="Northland: the Gamo Power Station and the Arin Dam."),
            entry(2, text="Northland: the Gamo Power Station; the Bolu Colliery. \x1b[31m\u202e"),
            entry(3, text="Southland: the Hevo Power Station."),
        )
        return made

    def test_json(self, collection: Collection) -> None:
        ran = collection.run("watchlist", "suggest", "--json")
        assert ran.status == 0
        (gamo,) = ran.json["facilities"]
        assert (gamo["name"], gamo["kind"], gamo["stories"], gamo["items"]) == (
            "Gamo Power Station",
            "power-station",
            2,
            2,
        )
        (bolu,) = ran.json["aliases"]
        assert bolu["like"] == [{"entity": "bolu-mine", "reason": "the same but for its last word"}]

    def test_copies_of_one_story(self, collection: Collection) -> None:
        long = "A story of some length, told by two papers word for word but for one name. " * 3
        title = "Water rises behind the great dam in Northland"
        collection.poll(entry(4, title, f"{long} The Bolu Mine was closed."))
        collection.poll(
            entry(5, title, f"{long} The Yuri Mine was closed.", url="https://b.example/5"),
            name="two",
        )
        assert collection.rows("SELECT count(*) FROM stories WHERE items = 2") == [(1,)]
        found = collection.run("watchlist", "suggest", "--json").json
        assert {a["name"]: a["like"] for a in found["aliases"]}["Yuri Mine"] == [
            {"entity": "bolu-mine", "reason": "named in its place by other items of its story"}
        ]

    def test_for_people(self, collection: Collection) -> None:
        ran = collection.run("watchlist", "suggest")
        assert "Gamo Power Station  en, power-station: 2 stories, 2 items" in ran.out
        assert "perhaps Bolu Mine (bolu-mine): the same but for its last word" in ran.out
        assert "Hevo" not in ran.out
        assert not {"\x1b", "\u202e"} & set(ran.out)

    def test_toml(self, collection: Collection) -> None:
        ran = collection.run("watchlist", "suggest", "--toml")
        assert set(parse('name = "new"\n' + ran.out, "new.toml").entities) == {"gamo-power-station"}
        assert collection.run("watchlist", "suggest", "--toml", "--json").status == 2

    def test_limit_and_since(self, collection: Collection) -> None:
        collection.poll(entry(9, text="Northland: the Jolo Farm."))
        assert (
            len(collection.run("watchlist", "suggest", "--json", "--limit", "1").json["facilities"])
            == 1
        )
        later = collection.now + timedelta(days=400)
        assert collection.run("watchlist", "suggest", "--json", now=later).json["facilities"] == []
        found = collection.run("watchlist", "suggest", "--json", "--since", "60w", now=later).json
        assert len(found["facilities"]) == 2

    def test_names_not_met_for_a_year(self, collection: Collection) -> None:
        soon = collection.run("watchlist", "suggest", "--json").json
        assert (soon["looking_since"][:10], soon["silent_names"]) == ("2026-11-21", None)
        assert "looked for only since 2026-11-21" in collection.run("watchlist", "suggest").out
        collection.now += timedelta(days=400)
        collection.poll(entry(30, text="Northland: the Cedo Mill."), name="two")
        silent = collection.run("watchlist", "suggest", "--json").json["silent_names"]
        assert {(n["name"], (n["last_seen_at"] or "never")[:10]) for n in silent} == {
            ("Arin Dam", "2026-11-21"),
            ("아린발전소", "never"),
            ("Bolu Mine", "never"),
        }
        assert "아린발전소 (ko), never met" in collection.run("watchlist", "suggest").out

    def test_a_changed_list_has_not_been_looked_for_yet(self, collection: Collection) -> None:
        collection.now += timedelta(days=400)
        collection.use(OLD.replace("Arin Dam", "Arin Dike"))
        collection.poll(entry(30, text="Northland: the Cedo Mill."), name="two")
        found = collection.run("watchlist", "suggest", "--json").json
        assert (found["looking_since"][:10], found["silent_names"]) == ("2027-12-26", None)
        assert collection.run("retag", "--yes").status == 0
        found = collection.run("watchlist", "suggest", "--json").json
        assert found["looking_since"][:10] == "2026-11-21"
        assert "Arin Dike" in {name["name"] for name in found["silent_names"]}

    def test_an_empty_database(self, tmp_path: Path) -> None:
        made = Collection(tmp_path)
        made.poll()
        assert made.run("watchlist", "suggest").status == 0
        assert made.run("watchlist", "suggest", "--json").json["facilities"] == []
