"""Pages of the desk by their whole address, and what tests of the queue and of stories read there."""

from __future__ import annotations

from typing import Any

from selectolax.lexbor import LexborHTMLParser as Tree

from tests.support.asking import Answer
from tests.support.pages import Pages

TEXT = (
    "Workers at the mine said on Monday that the new shaft is done, and that ore comes up again.\n"
    "The dam gives it power, an engineer told the paper; the old line is being taken down."
)


class WholePages(Pages):
    """The same, asked for by `/-/desk…`, or by what a proxy puts before it."""

    def answer(self, path: str) -> Answer:
        return self.asking.get(path)

    def get(self, path: str = "/-/desk", status: int = 200) -> Tree:
        return super().get(path, status)


def row(tree: Tree, story: int) -> Any:
    found = tree.css_first(f"#s{story}")
    assert found is not None, f"story {story} is not on the page"
    return found


def stories(tree: Tree) -> list[int]:
    return [int(one.attributes["data-story"]) for one in tree.css("article.story")]


def cells(table: Any) -> list[str]:
    """The lines of a table's body, cells parted by a bar."""
    return [
        " | ".join(" ".join(td.text().split()) for td in tr.css("td"))
        for tr in table.css("tbody tr")
    ]


def words(tree: Any, css: str) -> str:
    """The words of the first of these, as a browser runs them together."""
    found = tree.css_first(css)
    assert found is not None, f"no {css}"
    return " ".join(found.text().split())
