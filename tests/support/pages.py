"""The desk's pages over a newsroom, parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser as Tree

from monitor.config_desk import DeskConfig
from tests.support.asking import Answer, Asking
from tests.support.newsroom import Newsroom

HOSTILE = '<script>alert(1)</script><img src=x onerror=a()> "mine" & more'


class Pages:
    """A desk over a newsroom's evidence, at the newsroom's time."""

    def __init__(self, room: Newsroom, **config: Any) -> None:
        self.asking = Asking(
            folder=room.path.parent,
            database=room.path.name,
            now=room.now,
            config=DeskConfig(**config),
        )

    def answer(self, path: str) -> Answer:
        return self.asking.get(f"/-/desk/{path}")

    def get(self, path: str, status: int = 200) -> Tree:
        """A page; inert, whatever feeds and lists have put into it."""
        answer = self.answer(path)
        assert answer.status == status, answer.text[:2_000]
        tree = Tree(answer.text)
        inert(tree)
        return tree

    def close(self) -> None:
        self.asking.close()


def inert(tree: Tree) -> None:
    """No style or script stands in the page, no handler, no link that runs something."""
    for node in tree.css("*"):
        active = [key for key in node.attributes if key == "style" or key.startswith("on")]
        assert not active, node.html[:300]
        assert not (node.attributes.get("href") or "").startswith("javascript:")
    assert not tree.css("style")
    assert all(script.attributes.get("src") for script in tree.css("script"))
    assert len(tree.css("h1")) == 1


def words(tree: Any, css: str) -> str:
    found = tree.css_first(css)
    assert found is not None, f"no {css}"
    return " ".join(found.text(separator=" ").split())


def table(tree: Any, css: str) -> list[list[str]]:
    """A table's body, cell by cell."""
    return [
        [" ".join(cell.text(separator=" ").split()) for cell in line.css("th, td")]
        for line in tree.css(f"{css} tbody tr")
    ]


OPEN = Callable[..., Pages]


@pytest.fixture
def pages(room: Newsroom) -> Iterator[OPEN]:
    """`pages(**desk settings)`: the desk as it is when this is called."""
    opened: list[Pages] = []

    def made(**config: Any) -> Pages:
        opened.append(Pages(room, **config))
        return opened[-1]

    yield made
    for one in opened:
        one.close()
