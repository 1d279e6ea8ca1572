from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.newsroom import Newsroom
from tests.support.whole_pages import WholePages


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    made = Newsroom(tmp_path)
    yield made
    made.close()


@pytest.fixture
def pages(room: Newsroom) -> Iterator[Callable[..., WholePages]]:
    """`pages(**settings)`: the desk over the newsroom's evidence, under `[desk]` settings."""
    opened: list[WholePages] = []

    def made(**config: Any) -> WholePages:
        opened.append(WholePages(room, **config))
        return opened[-1]

    yield made
    for one in opened:
        one.close()
