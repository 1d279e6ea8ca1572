"""The spellings that are made of one listed name."""

from __future__ import annotations

import pytest

from monitor.tagging.spellings import lost_sign, spellings
from tests.support.lists import entity, surfaces, tag, tagger

SPELT = [
    # listed, as written
    ("Store No. 1", "Store No.1"),
    ("Store No. 1", "Store №1"),
    ("Store No. 1", "Store Number One"),
    ("Store No. 1", "Store number 1"),
    ("第1商店", "第一商店"),
    ("第一商店", "第1商店"),
    ("第一商店", "第１商店"),
    ("住宅3期", "住宅三期"),
    ("20×10 policy", "20x10 policy"),
    ("20×10 policy", "20 X 10 policy"),
    ("20×10 policy", "20*10 policy"),
    ("20×10 policy", "20 by 10 policy"),
    ("20×10 policy", "20 10 policy"),
    ("지방 20×10 정책", "지방 20승10정책"),
    ("политика 20×10", "политика 20х10"),
    ("10,000 homes", "10 000 homes"),
    ("10 000 homes", "10,000 homes"),
    ("10,000 homes", "10000 homes"),
    ("Iron and Steel Works", "Iron & Steel Works"),
    ("Iron & Steel Works", "Iron and Steel Works"),
    ("Iron & Steel Works", "Iron &amp; Steel Works"),
    ("Children's Shop", "Childrens Shop"),
    ("Children’s Shop", "Children Shop"),
    ("Soldiers' Factory", "Soldiers Factory"),
    ("Mt. Kumgang Station", "Mount Kumgang Station"),
    ("Mt. Kumgang Station", "Mt Kumgang Station"),
    ("Ryomyong St.", "Ryomyong St"),
    ("Fertilizer Plant", "Fertiliser Plant"),
    ("Health Centre", "Health Center"),
    ("展示会-2025", "展示会ー2025"),
    ("展示会-2025", "展示会―2025"),
    ("Kimchi Factory", "Kimchi Factories"),
]


@pytest.mark.parametrize(("listed", "written"), SPELT)
def test_spellings_are_found(listed: str, written: str) -> None:
    assert surfaces(tag(tagger(entity("e", listed)), f"« {written} »")) == [written]


@pytest.mark.parametrize(
    ("listed", "written"),
    [
        ("Store No. 1", "Store No. 11"),
        ("20×10 policy", "2010 policy"),  # a lost sign leaves a blank
        ("10,000 homes", "110,000 homes"),
        ("10,000 homes", "10,0000 homes"),
        ("Iron and Steel Works", "Iron or Steel Works"),
    ],
)
def test_other_things_are_not(listed: str, written: str) -> None:
    assert surfaces(tag(tagger(entity("e", listed)), f"« {written} »")) == []


def test_the_listed_spelling_comes_first_and_their_number_is_bounded() -> None:
    long = "No. 1 " + "Mt. A's 20×10 10,000 Fibre and Centre Programme " * 3
    assert spellings("Musan Mine")[0] == "musan mine"
    assert len(spellings(long)) <= 64


def test_a_lost_sign_is_told() -> None:
    assert lost_sign("20x10 policy", "20 10 policy")
    assert not lost_sign("20x10 policy", "20x10 policy")
    assert not lost_sign("plan 20 10", "plan 20 10")
