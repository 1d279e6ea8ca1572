"""Reading the dates that publishers write. Never raises: what is not a date is None.

RFC 5322 and W3C-DTF/ISO 8601 come first; then what feeds of this field really send: dates without
a zone, one-digit fields, `GMT+9`, zone names that RFC 822 does not know, Korean, Chinese, Japanese
and Russian words, years of the Juche calendar. Nothing here asks the machine for its own zone or
the present year.

Juche 1 is 1912, by the rules of use of the calendar that DPRK media published on 27 August 1997:
Juche 115 is 2026. Its days and months are the common ones. Publishers write the common year behind
it in brackets; where the two disagree the date is wrong, and none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

JUCHE = "juche"  # the pattern of `parse_by_format` that is none of strptime's
RAW_LIMIT = 200  # characters; no date is longer, and the patterns below stay quick


def _hours(offset: float) -> timezone:
    return timezone(timedelta(hours=offset))


_NAMED: dict[str, tzinfo] = {
    **dict.fromkeys(("ut", "utc", "gmt", "z", "wet"), UTC),
    # RFC 822 §5.1 and its military letters as feeds use them.
    "ast": _hours(-4), "adt": _hours(-3), "est": _hours(-5), "edt": _hours(-4), "et": _hours(-5),
    "cst": _hours(-6), "cdt": _hours(-5), "ct": _hours(-6), "mst": _hours(-7), "mdt": _hours(-6),
    "mt": _hours(-7), "pst": _hours(-8), "pdt": _hours(-7), "pt": _hours(-8), "at": _hours(-4),
    "a": _hours(-1), "m": _hours(-12), "n": _hours(1), "y": _hours(12),
    # East Asia. KST is South Korea's; the North's own name is PYT, which moved twice: +08:30 from
    # 2015-08-15 until 2018-05-04 23:30, as the tz database has it.
    "kst": _hours(9), "jst": _hours(9), "pyt": ZoneInfo("Asia/Pyongyang"),
    "hkt": _hours(8), "sgt": _hours(8), "pht": _hours(8), "ict": _hours(7), "wib": _hours(7),
    # Russia. Moscow was at +04:00 from 2011 to 2014.
    "msk": ZoneInfo("Europe/Moscow"), "msd": _hours(4), "yekt": _hours(5), "omst": _hours(6),
    "novt": _hours(7), "krat": _hours(7), "irkt": _hours(8), "yakt": _hours(9),
    "vlat": _hours(10), "magt": _hours(11),
    # Europe, India, Australia, New Zealand.
    "bst": _hours(1), "west": _hours(1), "met": _hours(1), "cet": _hours(1), "mest": _hours(2),
    "cest": _hours(2), "eet": _hours(2), "eest": _hours(3), "ist": _hours(5.5),
    "aest": _hours(10), "aedt": _hours(11), "awst": _hours(8), "nzst": _hours(12),
    "nzdt": _hours(13),
}  # fmt: skip
# CST is Central Standard Time in RFC 822 and China Standard Time in Chinese feeds.
_BY_LANGUAGE: dict[tuple[str, str], tzinfo] = {("zh", "cst"): _hours(8)}

_MONTHS = {
    name: 1 + index
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "янв фев мар апр май июн июл авг сен окт ноя дек",
        "янв фев мар апр мая июн июл авг сен окт ноя дек",
    )
    for index, name in enumerate(names.split())
}
# Juche 115, 주체115(2026)년, 主体115年, 115 года чучхе; the common year may follow in brackets.
_JUCHE = re.compile(
    r"(?:(?:juche|주체|主体|主體|チュチェ|чучхе)[\s.:-]*(?P<after>\d{1,3})(?!\d)"
    r"|(?<!\d)(?P<before>\d{1,3})\s+года?\s+чучхе)"
    r"(?:\s*[(（]\s*(?P<common>\d{4})\s*[년年]?\s*[)）])?(?P<word>\s*[년年])?"
)
_BARE_JUCHE = re.compile(r"(?<!\d)(\d{1,3})(?=\D{1,3}\d{1,2}\D{1,3}\d{1,2}(?!\d))")
_BEFORE_JUCHE = 1911
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})[^\W\d_]*\.?"
_SHAPES = tuple(
    re.compile(pattern)
    for pattern in (
        # 2022-07-28, 2022/7/28, 2022. 7. 28., 2022年7月28日, 2022년 7월 28일, Juche 111(2022)년 …
        r"(?<!\d)(?P<year>\d{4})\)?\s*[-./년年]\s*(?P<month>\d{1,2})\s*[-./월月]\s*(?P<day>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?!\d)",
        # 28 Jul 2022, 28-Jul-22
        rf"(?<!\d)(?P<day>\d{{1,2}})[\s.-]*{_MONTH}[\s,-]*(?P<year>\d{{2,4}})(?![\d:])",
        # 2022, Jul. 28
        rf"(?<!\d)(?P<year>\d{{4}})[\s,.]+{_MONTH}\s*(?P<day>\d{{1,2}})(?![\d:])",
        # Jul 28, 2022; asctime's Thu Jul 28 04:35:05 2022
        rf"\b{_MONTH}\s*(?P<day>\d{{1,2}}),?\s+(?:[\d:.]+\s+(?:[a-z]+\s+)?)?(?P<year>\d{{4}})(?!\d)",
        # With dots or blanks the day comes first everywhere; with slashes only a day over 12 tells.
        r"(?<!\d)(?P<day>\d{1,2})\s*\.\s*(?P<month>\d{1,2})\s*\.\s*(?P<year>\d{4})(?!\d)",
        r"(?<![\d:])(?P<day>\d{1,2})\s+(?P<month>\d{1,2})\s+(?P<year>\d{4})(?![\d:])",
        r"(?<!\d)(?P<day>1[3-9]|2\d|3[01])/(?P<month>\d{1,2})/(?P<year>\d{4})(?!\d)",
        r"(?<!\d)(?P<month>\d{1,2})/(?P<day>1[3-9]|2\d|3[01])/(?P<year>\d{4})(?!\d)",
        r"^(?P<year>\d{4})-?(?P<ordinal>[0-3]\d\d)(?![\d:])",
        r"^(?P<year>\d{4})(?:-(?P<month>\d\d))?$",
    )
)
_TIME = re.compile(
    r"(?:(?P<before>오전|오후|午前|午後|上午|下午)\s*)?"
    r"(?<![\d+:-])(?P<hour>\d{1,2})\s*[:시時时点]\s*(?P<minute>\d{1,2})"
    r"(?:\s*[:분分]\s*(?P<second>\d{1,2}))?(?:[.,]\d+)?[초秒분分]?"
    r"(?:\s*(?P<after>am|pm)\b)?"
)
_COMPACT_TIME = re.compile(r"(?<=\dt)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:[.,]\d+)?")
_OFFSET = re.compile(
    r"\s*(?:etc/)?(?:gmt|utc|ut)?\s*([+-])\s*(\d{1,2})(?::?(\d\d)|:(\d))?(?![\d:])"
)
_NAME = re.compile(r"\s*\(?(?:etc/)?([a-z]{1,5})\b")
_NIGHT, _NOON = 24, 12
# How nearly all are written, by RFC 5322 and RFC 3339: for these one look is enough.
_CLOCK = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)"
_USUAL = re.compile(
    r"(?:[a-z]{3}, )?(?P<day>\d\d) (?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) "
    rf"(?P<year>[12]\d{{3}}) {_CLOCK} (?:gmt|(?P<sign>[+-])(?P<east>[01]\d)(?P<more>[0-5]\d))",
    re.ASCII,
)
_ISO = re.compile(
    rf"(?P<year>[12]\d{{3}})-(?P<month>\d\d)-(?P<day>\d\d)t{_CLOCK}(?:\.\d+)?"
    r"(?:z|(?P<sign>[+-])(?P<east>[01]\d):(?P<more>[0-5]\d))",
    re.ASCII,
)


def parse_date(raw: str, *, zone: tzinfo = UTC, language: str = "") -> datetime | None:
    """The moment that `raw` names, aware and in UTC; None if it names none.

    `zone` is used where the date carries none (or a name that nobody knows), `language` (primary
    subtag) tells China's CST from America's. A date without a time is midnight in its zone; a leap
    second (RFC 3339 §5.7) is the second after 59; 24:00:00 (ISO 8601) is the next day's start.
    """
    text = raw[:RAW_LIMIT].strip().lower()
    try:
        if usual := _ISO.fullmatch(text) or _USUAL.fullmatch(text):
            return _usual(usual)
        text = _JUCHE.sub(_common_year, text).strip(" .")
        day = _day(text)
        return day and _moment(text, day, zone, language)
    except (ValueError, OverflowError):
        return None


def _usual(found: re.Match[str]) -> datetime:
    """Raises ValueError and OverflowError."""
    year, day, hour, minute, second = map(
        int, found.group("year", "day", "hour", "minute", "second")
    )
    at = datetime(year, _month(found["month"]), day, hour, minute, second, tzinfo=UTC)
    if not found["sign"]:
        return at
    offset = timedelta(hours=int(found["east"]), minutes=int(found["more"]))
    return at + offset if found["sign"] == "-" else at - offset


def parse_by_format(
    raw: str, pattern: str, *, zone: tzinfo = UTC, language: str = ""
) -> datetime | None:
    """The moment that `raw` names, written as `pattern` says; None if it is not.

    `pattern` is JUCHE, for Juche years without the word (115.11.22), or strptime's. `zone` is used
    where the date carries none.
    """
    text = " ".join(raw[:RAW_LIMIT].split())
    if pattern == JUCHE:
        bare = _BARE_JUCHE.sub(lambda found: f"juche{found[1]}", text.lower(), count=1)
        return parse_date(
            text if _JUCHE.search(text.lower()) else bare, zone=zone, language=language
        )
    try:
        found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone follows
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _common_year(found: re.Match[str]) -> str:
    """The common year of a Juche year. Raises ValueError where both are given and disagree."""
    juche = int(found["after"] or found["before"])
    year = _BEFORE_JUCHE + juche
    if not juche or (found["common"] and int(found["common"]) != year):
        raise ValueError(found[0])
    return f"{year:04}{'.' if found['word'] or found['common'] else ' '}"


def zone_named(name: str) -> tzinfo:
    """The IANA zone `name` (`Asia/Seoul`); UTC if it is empty or unknown."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def _day(text: str) -> datetime | None:
    """Midnight of the first date in `text`, its zone still to be set. Raises ValueError."""
    for shape in _SHAPES:
        if found := shape.search(text):
            part = found.groupdict()
            year, ordinal = _year(part["year"]), int(part.get("ordinal") or 0)
            if ordinal:
                return datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=ordinal - 1)
            return datetime(year, _month(part.get("month")), int(part.get("day") or 1), tzinfo=UTC)
    return None


def _year(digits: str) -> int:
    """Two and three digits as in RFC 5322 §4.3."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if len(digits) == 2 and year < 50 else 1900)


def _month(word: str | None) -> int:
    if not word:
        return 1
    return _MONTHS.get(word) or int(word)


def _moment(text: str, day: datetime, zone: tzinfo, language: str) -> datetime:
    time = _TIME.search(text) or _COMPACT_TIME.search(text)
    if time is None:
        return day.replace(tzinfo=zone).astimezone(UTC)
    hour, minute, second = (int(time[part] or 0) for part in ("hour", "minute", "second"))
    hour = _full_hour(hour, time.groupdict())
    if hour > _NIGHT or minute > 59 or second > 60 or (hour == _NIGHT and minute + second):
        raise ValueError(text)
    local = day + timedelta(hours=hour, minutes=minute, seconds=second)
    return local.replace(tzinfo=_zone(text[time.end() :], zone, language)).astimezone(UTC)


def _full_hour(hour: int, part: dict[str, str]) -> int:
    half = part.get("before") or part.get("after")
    if not half or hour > _NOON:
        return hour
    return hour % _NOON + (_NOON if half in ("오후", "午後", "下午", "pm") else 0)


def _zone(rest: str, default: tzinfo, language: str) -> tzinfo:
    if found := _OFFSET.match(rest):
        sign, hours, minutes, minute = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or minute or 0))
        return timezone(-offset if sign == "-" else offset)
    if found := _NAME.match(rest):
        name = found[1]
        return _BY_LANGUAGE.get((language, name)) or _NAMED.get(name, default)
    return default
