"""What facilities are called in five languages: the one table of what is suggested.

A name is what is left before a head noun when the generic words (words.py) are taken away:
Huichon | Power Station is one, Thermal | Power Station is none. A row more suggests a kind more.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of facility. One entity's names all fall under one kind, so works are one kind."""

    slug: str
    sector: str  # of watchlists; "other" where the goods decide
    en: tuple[str, ...]  # in capitals as names have them
    plain: tuple[str, ...] = ()  # of these, what is also written small: the Musan mine
    ko: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()  # simplified and traditional
    ja: tuple[str, ...] = ()
    ru: tuple[str, ...] = ()  # nominative; a final я, а or е declines, capitals do not


KINDS = (
    Kind(
        slug="power-station",
        sector="electric-power",
        en=(
            *("Power Station", "Power Plant", "Power Complex", "Hydropower Station"),
            *("Hydropower Plant", "Hydroelectric Station", "Hydroelectric Plant"),
        ),
        plain=("Power Station", "Power Plant", "Hydropower Station", "Hydropower Plant"),
        ko=("발전소", "발전련합기업소", "발전연합기업소"),
        zh=(
            "发电站",
            "發電站",
            "发电厂",
            "發電廠",
            "水电站",
            "水電站",
            "火电厂",
            "热电厂",
            "发电所",
        ),
        ja=("発電所",),
        ru=(
            *("ГЭС", "ТЭС", "ТЭЦ", "ГРЭС", "электростанция"),
            *("гидроэлектростанция", "теплоэлектростанция"),
        ),
    ),
    Kind(
        slug="mine",
        sector="mining",
        en=("Mine", "Coal Mine", "Colliery", "Mining Complex", "Coal Complex"),
        plain=("Mine", "Coal Mine", "Colliery"),
        ko=("광산", "탄광", "광업련합기업소", "광업연합기업소", "탄광련합기업소", "탄광연합기업소"),
        zh=("矿山", "礦山", "煤矿", "煤礦", "铁矿", "鐵礦", "金矿", "铜矿", "矿", "矿山联合企业"),
        ja=("鉱山", "炭鉱", "鉱山連合企業所", "炭鉱連合企業所"),
        ru=("шахта", "рудник", "угольная шахта", "горно-обогатительный комбинат"),
    ),
    Kind(
        slug="works",
        sector="other",
        en=(
            *("Factory", "Plant", "Mill", "Complex", "Combine", "United Enterprise", "Cannery"),
            *("Steel Works", "Steelworks", "Iron Works", "Ironworks", "Cement Works", "Smelter"),
            *("Machine Works", "Chemical Works", "Glass Works", "Refinery", "Brewery"),
        ),
        ko=(
            *("공장", "련합기업소", "연합기업소", "기업소", "제철소", "제강소", "제련소"),
            *("종합공장", "가공공장"),
        ),
        zh=(
            *("工厂", "工廠", "厂", "廠", "联合企业", "聯合企業", "联合企业所", "制铁所", "制钢所"),
        ),
        ja=("工場", "連合企業所", "企業所", "製鉄所", "製鋼所", "製錬所"),
        ru=("завод", "комбинат", "фабрика", "предприятие"),
    ),
    Kind(
        slug="hospital",
        sector="health",
        en=("Hospital", "Sanatorium"),
        plain=("Hospital",),
        ko=("병원", "료양소", "요양소"),
        zh=("医院", "醫院"),
        ja=("病院",),
        ru=("больница", "санаторий"),
    ),
    Kind(
        slug="farm",
        sector="food",
        en=("Farm", "Fishery Station", "Fish Farm"),
        ko=("농장", "목장", "양어장", "수산사업소", "양묘장"),
        zh=("农场", "農場", "养鱼场"),
        ja=("農場", "牧場", "養魚場"),
        ru=("ферма", "совхоз"),
    ),
    Kind(
        slug="resort",
        sector="tourism",
        en=("Resort", "Ski Resort", "Tourist Area", "Tourist Zone", "Holiday Camp", "Water Park"),
        ko=("관광지구", "스키장", "휴양소", "물놀이장", "관광지"),
        zh=("旅游区", "旅遊區", "滑雪场", "度假村"),
        ja=("観光地区", "スキー場", "遊泳場"),
        ru=("курорт", "аквапарк", "горнолыжный курорт"),
    ),
    Kind(
        slug="store",
        sector="retail-and-services",
        en=("Department Store", "Supermarket"),
        ko=("백화점", "상업중심"),
        zh=("百货商店", "百貨商店", "百货大楼"),
        ja=("百貨店",),
        ru=("универмаг",),
    ),
)
