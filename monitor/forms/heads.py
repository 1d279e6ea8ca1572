"""The nouns of each kind of facility, read from `heads.toml`, which says how its rows are made."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What one kind of facility is called."""

    en: tuple[str, ...] = ()
    ko: tuple[str, ...] = ()  # cut into words by blanks, DPRK spelling
    hanja: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()  # simplified
    ja: tuple[str, ...] = ()
    ru: tuple[str, ...] = ()  # `*` is the place


@cache
def heads() -> Mapping[str, Head]:
    """Every kind of facility under its slug."""
    text = files("monitor.forms").joinpath("heads.toml").read_text("utf-8")
    return {
        slug: Head(**{language: tuple(nouns) for language, nouns in row.items()})
        for slug, row in tomllib.loads(text).items()
    }
