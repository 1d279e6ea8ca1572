"""The watchlist format: what a file says, and every way in which it can be wrong."""

from __future__ import annotations

from dataclasses import fields

import pytest

from monitor.errors import ConfigError
from monitor.types import Document, Entity, Mention
from monitor.watchlist import bundled, check, load, parse, report
from monitor.watchlist import errors as kinds
from monitor.watchlist.errors import MistakesError, WatchlistError
from monitor.watchlist.keys import name_key, spelling_key
from monitor.watchlist.load import _ENTITY

TOP = 'name = "glass"\n'
ENTITY = """
[[entity]]
id = "nampho-glass"
kind = "facility"
sector = "building-materials"
name = "Nampho Glass Factory"
"""
NAMES = 'names.en = ["Nampho Glass Factory"]\n'
OTHER = """
[[entity]]
id = "other"
kind = "facility"
sector = "food"
name = "Other"
names.en = ["Other Works"]
"""


def entity(text: str) -> Entity:
    return parse(TOP + ENTITY + text, "glass.toml").entities["nampho-glass"]


def names(text: str) -> dict[str, object]:
    return {name.text: name for name in entity(text).names}


def test_the_smallest_watchlist():
    watchlist = parse(TOP + ENTITY + NAMES, "glass.toml")
    found = watchlist.entities["nampho-glass"]
    assert watchlist.name == "glass"
    assert (found.kind, found.sector, found.match) == (
        "facility",
        "building-materials",
        "standalone",
    )
    assert [name.text for name in found.names] == ["Nampho Glass Factory"]
    assert (found.lat, found.precision, found.part_of) == (None, "", "")


def test_everything_an_entity_can_say():
    found = entity(
        """
match = "context"
province = "Nampho Municipality"
county = "Kangso District"
lat = 38.7
lon = 125.4
precision = "town"
part_of = "other"
near = ["pane"]
not_near = ["hour"]
hits = ["It stands."]
misses = ["It falls."]
[entity.names]
en = ["Nampho Glass Factory", { text = "NGF", case_sensitive = true, needs_context = true }]
ko = [{ text = ["남포유리공장", "남포판유리공장"], confidence = "medium", whole_word = false }]
ru = ["Нампхоский стекольный завод", { text = "НСЗ", inflects = false }]
[[entity.together]]
groups = [["glass", "유리"], ["Nampho", "남포"]]
within = "text"
needs_context = false
"""
        + OTHER
    )
    by_text = {name.text: name for name in found.names}
    assert (found.match, found.part_of, found.precision) == ("context", "other", "town")
    assert (found.province, found.county, found.lat, found.lon) == (
        "Nampho Municipality",
        "Kangso District",
        38.7,
        125.4,
    )
    assert (found.near, found.not_near) == (("pane",), ("hour",))
    assert (found.hits, found.misses) == (("It stands.",), ("It falls.",))
    assert by_text["NGF"].case_sensitive
    assert by_text["NGF"].needs_context
    assert by_text["남포판유리공장"].confidence == "medium"
    assert not by_text["남포유리공장"].whole_word
    assert by_text["Нампхоский стекольный завод"].inflects, "Russian declines unless told otherwise"
    assert not by_text["НСЗ"].inflects
    assert found.together[0].groups == (("glass", "유리"), ("Nampho", "남포"))
    assert (found.together[0].within, found.together[0].needs_context) == ("text", False)


def test_low_confidence_needs_context_unless_told_otherwise():
    by_text = names(
        'names.en = [{ text = "A Works", confidence = "low" },'
        ' { text = "B Works", confidence = "low", needs_context = false }]\n'
    )
    assert by_text["A Works"].needs_context
    assert not by_text["B Works"].needs_context


def test_words_by_language_are_one_list():
    watchlist = parse(
        TOP
        + 'cues.en = ["DPRK"]\ncues.ru = ["КНДР"]\nforeign = ["Busan"]\nmasks = ["Hwasong-#"]\n'
        + ENTITY
        + NAMES,
        "glass.toml",
    )
    assert watchlist.cues == ("DPRK", "КНДР")
    assert watchlist.foreign == ("Busan",)


def test_lookalikes_stand_with_their_entity_and_become_masks():
    watchlist = parse(
        TOP + 'masks = ["A"]\n' + ENTITY + NAMES + 'lookalikes = ["Glass Factory Bank", "A"]\n',
        "glass.toml",
    )
    assert watchlist.masks == ("A", "Glass Factory Bank")


def test_a_form_makes_names():
    by_text = names('form = { stem = "남포", hanja = "南浦", head = "coal-mine" }\n')
    assert {"Nampho Coal Mine", "南浦煤矿", "шахта Нампхо"} <= set(by_text)


def test_a_listed_name_is_trusted_over_the_same_name_by_rule():
    by_text = names(
        'form = { stem = "남포", head = "coal-mine" }\nnames.en = ["Nampho Coal Mine"]\n'
    )
    assert by_text["Nampho Coal Mine"].origin == "listed"


def test_a_made_name_that_two_entities_could_claim_goes_to_neither():
    form = 'form = { stem = "남포", head = "coal-mine" }\n'
    twins = TOP + ENTITY + NAMES + form + OTHER + form
    found = parse(twins, "x.toml").entities
    assert not [n for each in found.values() for n in each.names if n.text == "Nampho Colliery"]


def test_a_made_name_that_another_entity_lists_is_the_other_s():
    form = 'form = { stem = "남포", head = "coal-mine" }\n'
    text = TOP + ENTITY + NAMES + form + OTHER.replace("Other Works", "Nampho Colliery")
    found = parse(text, "x.toml").entities
    assert "Nampho Colliery" in {name.text for name in found["other"].names}
    assert "Nampho Colliery" not in {name.text for name in found["nampho-glass"].names}


# --- errors ------------------------------------------------------------------------------------

WRONG = [
    # what is wrong, the class, the file, what the error says
    ("not TOML", kinds.BadTomlError, "name = \n", "is not TOML: Invalid value (at line 1"),
    ("no name", kinds.MissingKeyError, ENTITY + NAMES, "glass.toml: name is missing"),
    ("unknown key at the top", kinds.UnknownKeyError, TOP + "cue = ['x']\n" + ENTITY + NAMES, 'unknown key "cue" (did you mean "cues"?)'),
    ("unknown key", kinds.UnknownKeyError, TOP + ENTITY + NAMES + 'provinse = "x"\n', 'line 3, entity "nampho-glass": unknown key "provinse" (did you mean "province"?)'),
    ("unknown language", kinds.UnknownKeyError, TOP + ENTITY + 'names.fr = ["x"]\n', 'unknown key "names.fr"'),
    ("unknown key of a name", kinds.UnknownKeyError, TOP + ENTITY + 'names.en = [{ text = "x", wholeword = true }]\n', 'unknown key "names.en.wholeword" (did you mean "whole_word"?)'),
    ("unknown key of a form", kinds.UnknownKeyError, TOP + ENTITY + NAMES + 'form = { stam = "남포" }\n', 'unknown key "form.stam" (did you mean "stem"?)'),
    ("unknown key of together", kinds.UnknownKeyError, TOP + ENTITY + '[[entity.together]]\ngroups = [["a"], ["b"]]\nnear = "x"\n', 'unknown key "together.near"'),
    ("no id", kinds.MissingKeyError, TOP + '[[entity]]\nkind = "facility"\n', "line 2, entity number 1: id is missing"),
    ("bad id", kinds.BadValueError, TOP + ENTITY.replace("nampho-glass", "Nampho Glass") + NAMES, 'id is "Nampho Glass": use small letters'),
    ("no kind", kinds.MissingKeyError, TOP + '[[entity]]\nid = "a"\n', "kind is missing"),
    ("unknown kind", kinds.BadValueError, TOP + ENTITY.replace("facility", "factory") + NAMES, 'kind is "factory", not one of facility, policy, project, event, organisation'),
    ("unknown sector", kinds.BadValueError, TOP + ENTITY.replace("building-materials", "metal") + NAMES, '(did you mean "metals"?)'),
    ("unknown match", kinds.BadValueError, TOP + ENTITY + NAMES + 'match = "alone"\n', 'match is "alone"'),
    ("unknown precision", kinds.BadValueError, TOP + ENTITY + NAMES + 'precision = "exact"\n', 'precision is "exact"'),
    ("unknown confidence", kinds.BadValueError, TOP + ENTITY + 'names.en = [{ text = "x", confidence = "sure" }]\n', 'names.en.confidence is "sure"'),
    ("unknown head", kinds.BadValueError, TOP + ENTITY + NAMES + 'form = { stem = "남포", head = "coalmine" }\n', '(did you mean "coal-mine"?)'),
    ("head without stem", kinds.BadValueError, TOP + ENTITY + NAMES + 'form = { head = "coal-mine" }\n', "form.stem is missing"),
    ("unknown language of a form", kinds.BadValueError, TOP + ENTITY + NAMES + 'form = { stem = "남포", ambiguous = ["fr"] }\n', 'form.ambiguous has "fr"'),
    ("nothing to find", kinds.BadValueError, TOP + ENTITY, "names is missing, and so are form and together"),
    ("empty name", kinds.BadValueError, TOP + ENTITY + 'names.en = [" "]\n', "names.en.text"),
    ("name of signs", kinds.BadValueError, TOP + ENTITY + 'names.en = ["- -"]\n', "a name without a letter or digit"),
    ("name of a wrong type", kinds.BadValueError, TOP + ENTITY + "names.en = [3]\n", "neither a text nor a table: 3"),
    ("empty list of names", kinds.BadValueError, TOP + ENTITY + "names.en = []\n", "names.en must be a list with something in it"),
    ("names not a table", kinds.BadValueError, TOP + ENTITY + 'names = ["x"]\n', "names must be a table"),
    ("empty list", kinds.BadValueError, TOP + ENTITY + NAMES + "near = []\n", "near must be a list with something in it"),
    ("empty text in a list", kinds.BadValueError, TOP + ENTITY + NAMES + 'hits = [""]\n', "hits has an entry that is not a text: ''"),
    ("empty cues", kinds.BadValueError, TOP + "cues = []\n" + ENTITY + NAMES, "cues must be a list"),
    ("empty cues of a language", kinds.BadValueError, TOP + "cues.ko = []\n" + ENTITY + NAMES, "cues.ko must be a list"),
    ("empty display name", kinds.BadValueError, TOP + ENTITY.replace("Nampho Glass Factory", "") + NAMES, "name is empty"),
    ("text that is a number", kinds.BadValueError, TOP + ENTITY + NAMES + "province = 3\n", "province must be a string"),
    ("flag that is a text", kinds.BadValueError, TOP + ENTITY + 'names.en = [{ text = "x", needs_context = "yes" }]\n', "must be true or false"),
    ("latitude out of range", kinds.BadValueError, TOP + ENTITY + NAMES + "lat = 91\nlon = 0\n", "lat is 91, not between -90 and 90"),
    ("longitude out of range", kinds.BadValueError, TOP + ENTITY + NAMES + "lat = 9\nlon = 181.5\n", "lon is 181.5"),
    ("latitude that is a text", kinds.BadValueError, TOP + ENTITY + NAMES + 'lat = "39"\nlon = 1\n', "lat must be a number"),
    ("latitude that is a flag", kinds.BadValueError, TOP + ENTITY + NAMES + "lat = true\nlon = 1\n", "lat must be a number"),
    ("latitude alone", kinds.BadValueError, TOP + ENTITY + NAMES + "lat = 39\n", "lat and lon go together"),
    ("together of one group", kinds.BadValueError, TOP + ENTITY + '[[entity.together]]\ngroups = [["a"]]\n', "needs at least two groups"),
    ("together with an empty group", kinds.BadValueError, TOP + ENTITY + '[[entity.together]]\ngroups = [["a"], []]\n', "together.groups must be a list with something in it"),
    ("together within nothing", kinds.BadValueError, TOP + ENTITY + '[[entity.together]]\ngroups = [["a"], ["b"]]\nwithin = "page"\n', 'together.within is "page"'),
    ("together not a list", kinds.BadValueError, TOP + ENTITY + NAMES + 'together = "x"\n', "together must be a list of tables"),
    ("duplicate id", kinds.DuplicateIdError, TOP + ENTITY + NAMES + ENTITY + NAMES, 'line 10, entity "nampho-glass": this id is taken by the one of line 3'),
    ("unknown parent", kinds.UnknownParentError, TOP + ENTITY + NAMES + 'part_of = "none"\n', 'part_of is "none", which is no other entity here'),
    ("its own parent", kinds.UnknownParentError, TOP + ENTITY + NAMES + 'part_of = "nampho-glass"\n', "which is no other entity here"),
    ("shared name", kinds.SharedNameError, TOP + ENTITY + NAMES + OTHER.replace("Other Works", "NAMPHO glass-factory"), 'the name "NAMPHO glass-factory" is also listed for "nampho-glass"'),
    ("no entity", kinds.MissingKeyError, TOP, "entity is missing"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "says"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_a_mistake_is_named(kind, text, says):
    with pytest.raises(WatchlistError) as caught:
        parse(text, "glass.toml")
    assert type(caught.value) is kind
    assert str(caught.value).startswith("glass.toml")
    assert says in str(caught.value)


def test_every_error_class_has_a_case():
    tested = {case[1] for case in WRONG} | {kinds.NotFoundError, kinds.NotTextError, MistakesError}
    assert set(WatchlistError.__subclasses__()) == tested


def test_all_mistakes_are_told_at_once():
    text = TOP + ENTITY + NAMES + "near = []\n" + OTHER.replace("food", "foot")
    with pytest.raises(MistakesError) as caught:
        parse(text, "glass.toml")
    assert len(caught.value.errors) == 2
    assert len(str(caught.value).splitlines()) == 2
    assert caught.value.lines == tuple(str(caught.value).splitlines())


def test_a_watchlist_error_is_a_mistake_in_the_configuration():
    assert issubclass(WatchlistError, ConfigError)


def test_a_file_that_is_not_utf_8_says_where(tmp_path):
    path = tmp_path / "list.toml"
    path.write_bytes(b'name = "x"\ntitle = "\xc0\xcc"\n')
    with pytest.raises(kinds.NotTextError, match=r"list\.toml: is not UTF-8 \(line 2\)"):
        load(path)


def test_a_byte_order_mark_is_taken(tmp_path):
    path = tmp_path / "list.toml"
    path.write_text(TOP + ENTITY + NAMES, encoding="utf-8-sig")
    assert load(path).name == "glass"


@pytest.mark.parametrize("name", ["./missing.toml", "missing.toml", "lists/none"])
def test_a_file_that_is_not_there(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kinds.NotFoundError, match="cannot be read"):
        load(name)


def test_an_unknown_bundled_name_lists_those_there_are():
    with pytest.raises(kinds.NotFoundError, match="there is dprk-civilian"):
        load("dprk-civilan")
    assert "dprk-civilian" in bundled()


# --- the version ------------------------------------------------------------------------------


def version(text: str, top: str = TOP) -> str:
    return parse(top + ENTITY + NAMES + text, "x.toml").version


@pytest.mark.parametrize(
    "text",
    [
        'names.ko = ["남포유리공장"]\n',
        'match = "context"\n',
        'near = ["pane"]\n',
        'not_near = ["pane"]\n',
        'lookalikes = ["pane"]\n',
        '[[entity.together]]\ngroups = [["a"], ["b"]]\n',
    ],
)
def test_the_version_changes_with_what_decides_a_match(text):
    assert version(text) != version("")


@pytest.mark.parametrize(
    "text", ['province = "x"\n', "lat = 1\nlon = 1\n", 'hits = ["x"]\n', "# a comment\n"]
)
def test_the_version_stays_where_nothing_is_matched_otherwise(text):
    assert version(text) == version("")


def test_the_version_changes_with_the_words_of_the_list():
    versions = {version("", f'{TOP}{key} = ["x"]\n') for key in ("cues", "foreign", "masks")}
    assert len(versions | {version("")}) == 4


def test_every_field_of_an_entity_is_either_in_the_version_or_for_display():
    shown = {"name", "sector", "province", "county", "lat", "lon", "precision"}
    elsewhere = {"hits", "misses", "names", "together"}
    sample = Entity(
        id="a",
        kind="b",
        sector="c",
        name="d",
        names=(),
        match="e",
        part_of="f",
        near=("g",),
        not_near=("h",),
    )
    deciding = {field.name for field in fields(Entity)} - shown - elsewhere
    assert set(_ENTITY(sample)) == {getattr(sample, name) for name in deciding}


# --- names compared ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ch'ŏllima Works", "Chollima works"),
        ("Wonsan-Kalma", "Wonsan Kalma"),
        ("20×10 policy", "20 x 10 Policy"),
        ("１호", "1호"),
        ("улица учёных", "Улица ученых"),
        ("함흥 공장", "함흥공장"),
    ],
)
def test_names_that_no_reader_tells_apart_have_one_key(one, other):
    assert name_key(one) == name_key(other)


def test_kana_keep_their_marks():
    assert name_key("ガス") != name_key("カス")


def test_where_a_latin_name_is_parted_makes_another_spelling_but_not_another_name():
    assert name_key("Kim Chaek") == name_key("Kimchaek")
    assert spelling_key("Kim Chaek") != spelling_key("Kimchaek")
    assert spelling_key("함흥 공장") == spelling_key("함흥공장")


# --- self-tests and report --------------------------------------------------------------------


def tagger(states: dict[str, str]):
    def tag(document: Document) -> list[Mention]:
        return [
            Mention(
                entity="nampho-glass",
                name=word,
                surface=word,
                field="text",
                start=0,
                end=1,
                state=state,
                rule="name",
            )
            for word, state in states.items()
            if word in document.text
        ]

    return tag


TESTED = TOP + ENTITY + NAMES + 'hits = ["a pane", "a door"]\nmisses = ["a lamp", "a chair"]\n'


@pytest.mark.parametrize(
    ("states", "failed"),
    [
        ({"pane": "confirmed", "door": "confirmed"}, []),
        ({"pane": "confirmed"}, [("a door", "hit", "nothing")]),
        ({"pane": "confirmed", "door": "candidate"}, [("a door", "hit", "candidate")]),
        ({"a ": "confirmed"}, [("a lamp", "miss", "confirmed"), ("a chair", "miss", "confirmed")]),
        ({"pane": "confirmed", "door": "confirmed", "lamp": "candidate"}, []),
    ],
)
def test_self_tests(states, failed):
    found = check(parse(TESTED, "x.toml"), tagger(states))
    assert [(each.line, each.expected, each.found) for each in found] == failed


def test_the_best_mention_of_a_line_counts_and_others_entities_do_not():
    watchlist = parse(TESTED + OTHER, "x.toml")
    both = tagger({"pane": "candidate", "a pane": "confirmed", "door": "confirmed"})
    assert check(watchlist, both) == []


def test_a_failure_says_what_happened():
    failure = check(parse(TESTED, "x.toml"), tagger({"lamp": "confirmed"}))[-1]
    assert str(failure) == "nampho-glass: must not name it, got confirmed (lamp): a lamp"


def test_a_report_counts():
    counted = report(
        parse(TESTED + OTHER + 'form = { stem = "남포", head = "coal-mine" }\n', "x.toml")
    )
    assert (counted.entities, counted.tests) == (2, 4)
    assert counted.by_sector == {"building-materials": 1, "food": 1}
    assert counted.names["en", "listed"] == 2
    assert counted.by_language["en"] > 2
    assert set(counted.by_language) == {"en", "ko", "ja", "ru"}
