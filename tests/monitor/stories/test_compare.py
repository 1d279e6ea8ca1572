"""How two items stand to each other. The measured whole is in tests/quality/test_stories.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.stories import Piece, compare, place, read

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
BODY = (
    "The cement works at Harrow Hill has resumed output after repairs that took eleven weeks, its "
    "manager said on Tuesday. Two kilns were relined with brick from a works in the next county, and "
    "the third will be taken out of service in April. Nobody was hurt when a belt caught fire. "
)

RETOLD = (
    "Harrow Hill makes cement again. Bricks for two kilns had come from the next county, and the "
    "third will be taken out of service when spring comes, people at the works told this paper."
)


def piece(
    title: str = "Works resume", text: str = BODY, *, by: str = "one", hours: float = 0
) -> Piece:
    return read(title, text, at=NOW + timedelta(hours=hours), publisher=by)


def basket(country: str, person: str, day: int) -> Piece:
    text = (
        f"The leader received a floral basket from {person}, president of the {country} republic, on "
        f"the {day}th. It was handed to an official by the ambassador. Written on the ribbon were "
        "words wishing him good health and success in his work for the people of the country."
    )
    return piece(f"Floral basket from {country}", text, by="state", hours=24 * day)


class TestCopies:
    def test_the_same_text_under_another_headline(self) -> None:
        verdict = compare(piece("Kilns lit again", by="two", hours=3), piece())
        assert verdict.relation == "copy"
        assert "100%" in verdict.why

    def test_a_cut(self) -> None:
        verdict = compare(piece(text=BODY[:160], by="two"), piece(text=BODY))
        assert verdict.relation == "copy"
        assert "cut" in verdict.why

    def test_morning_and_evening_edition(self) -> None:
        edited = BODY.replace("eleven weeks", "11 weeks")
        assert compare(piece(text=edited, hours=9), piece()).relation == "copy"

    def test_another_text(self) -> None:
        other = (
            "A ferry service to Linden Island opened with two new boats from the Eastwick yard. "
            * 3
        )
        assert not compare(piece("Ferry", other), piece())


class TestTemplates:
    def test_the_form_of_another_day(self) -> None:
        old, new = basket("Lao", "Thong Maro", 10), basket("Cuban", "Miguel Torres", 12)
        assert compare(new, old).relation != "copy"

    def test_the_same_form_reprinted_the_same_day_elsewhere(self) -> None:
        old = basket("Lao", "Thong Maro", 10)
        assert (
            compare(read("Flowers", old.bare, at=old.at, publisher="two"), old).relation == "copy"
        )

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("김솔 장관이 18일 국회 연석회의에서 질문에 답하고 있다. 2026.11.18.",
             "박나래 장관이 18일 국회 연석회의에서 자리에 앉고 있다. 2026.11.18."),
            ("Minister Ada Lund waves at the opening of the dam, Saturday. (AP Photo/Jo Park)",
             "Minister Ben Cole boards a bus at the opening of the dam, Saturday. (AP Photo/Jo Park)"),
        ],
    )  # fmt: skip
    def test_captions_of_one_event(self, one: str, other: str) -> None:
        assert compare(piece("[포토] 장관", one), piece("[포토] 장관", other)).relation != "copy"


class TestHeadlines:
    TITLE = "Harrow Hill works to close for repairs in April"

    def test_the_same_headline_and_no_text(self) -> None:
        old, new = piece(self.TITLE, ""), piece(self.TITLE, "", by="two", hours=5)
        assert compare(new, old).relation == "copy"

    def test_two_days_later_it_is_news_again(self) -> None:
        old, new = piece(self.TITLE, ""), piece(self.TITLE, "", by="two", hours=50)
        assert compare(new, old).relation != "copy"

    def test_like_headlines_of_two_houses_are_one_event(self) -> None:
        old, new = (
            piece(self.TITLE),
            piece("Repairs close works", RETOLD, by="two"),
        )
        assert compare(new, old, headline=0.6).relation == "same_event"
        assert compare(new, old, headline=0.2).relation == ""

    def test_like_headlines_over_texts_with_nothing_in_common_are_two(self) -> None:
        """A series about one plant has like headlines; what it hides would never be announced."""
        old, new = (
            piece(self.TITLE),
            piece("Repairs close works", "Something else. " * 20, by="two"),
        )
        assert compare(new, old, headline=0.9).relation == ""

    @pytest.mark.parametrize("number", ["2", "3"])
    def test_numbered_stages_are_events_of_their_own(self, number: str) -> None:
        old = piece("Stage 1 at Harrow Hill of 2026 done")
        new = piece(f"Stage {number} at Harrow Hill of 2026 done", RETOLD, by="two")
        assert compare(new, old, headline=0.9).relation == ""

    def test_like_headlines_of_one_house_are_a_series(self) -> None:
        old, new = piece("New houses in Harrow"), piece("New houses in Linden", "Other. " * 40)
        assert compare(new, old, headline=0.8).relation == ""


class TestPlacing:
    def test_a_copy_goes_before_an_event(self) -> None:
        event, copy = piece("Other", "Else. " * 40, by="two"), piece()
        found = place(piece(by="three"), [(1, event, 0.9), (2, copy, 0.1)])
        assert (found.relation, found.of) == ("copy", 2)

    def test_of_equals_the_first(self) -> None:
        assert place(piece(), [(7, piece(), 1.0), (3, piece(), 1.0)]).of == 3

    def test_without_a_match_it_is_an_original(self) -> None:
        assert place(piece(), []).relation == "original"


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "((((", "１２３", "가", "a" * 5_000])
def test_odd_texts_are_compared_too(text: str) -> None:
    assert compare(piece("", text), piece("", text)).relation in ("", "copy")
