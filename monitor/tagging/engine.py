"""The tagger: which watched entities a text names, where, and by which rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitor.tagging.judge import Judge, Verdict
from monitor.tagging.reading import Reading, Vocabulary
from monitor.tagging.resolve import resolve
from monitor.tagging.scan import Scanner
from monitor.tagging.shadow import Shadow
from monitor.tagging.sharing import Sharers, heads_its_list, stems
from monitor.tagging.together import Joiner
from monitor.tagging.words import Words
from monitor.types import Document, Mention, Watchlist

_SOURCES: Final = 10_000  # names of feeds that are remembered
_QUOTATIONS: Final = {"»": "«", "”": "“", "》": "《", "〉": "〈", "」": "「", "』": "『"}


class Tagger:
    """Finds the entities of one watchlist.

    Built once (the automata take the time) and used for any number of texts. `tag` is pure:

        shadow    one folded, squeezed text of title and text, with the way back
        scan      every listed name in one pass, its borders checked by script
        read      sentences, cues, look-alikes: only where a name was found
        join      words that name an entity only together
        judge     confirmed, candidate, or nothing, and the rule that said so
        resolve   the longest name wins
    """

    def __init__(self, watchlist: Watchlist) -> None:
        entities = tuple(watchlist.entities.values())
        self._vocabulary = Vocabulary.of(watchlist)
        self._joiner = Joiner(entities)
        self._sharers = Sharers(entities)
        self._scanner = Scanner(entities, self._joiner.triggers(), stems(entities))
        self._words = Words(_context_words(watchlist))
        self._judge = Judge(watchlist.entities)
        self._entities = watchlist.entities
        self._sources: dict[str, bool] = {"": False}

    def tag(self, document: Document) -> tuple[Mention, ...]:
        """The mentions in a document, by field and place; `text[start:end] == surface`."""
        shadow = Shadow(document.title, document.text)
        met = self._scanner.scan(shadow)
        return self._judged(document, shadow, met) if met else ()

    def _judged(
        self, document: Document, shadow: Shadow, met: list[tuple[int, int, int]]
    ) -> tuple[Mention, ...]:
        names = self._scanner.names(shadow, met)
        finds = [name for name in names if not name.form.head or heads_its_list(shadow, name)]
        if not finds and not self._may_join(shadow, met):
            return ()
        reading = Reading(self._vocabulary, shadow, self._words.find(shadow))
        if self._of_the_subject(document.source):
            reading.add_cues([0])
        finds += self._sharers.find(shadow, tuple(finds))
        finds += self._joiner.find(reading)
        verdicts = resolve(self._judge.judge(finds, reading), self._entities)
        return tuple(_mention(document, shadow, verdict) for verdict in verdicts)

    def _of_the_subject(self, source: str) -> bool:
        """Whether the feed is named after the subject ("KCNA Watch"): a cue as good as any."""
        known = self._sources.get(source)
        if known is None:
            if len(self._sources) >= _SOURCES:
                self._sources.clear()
            shadow = Shadow(source, "")
            known = bool(Reading(self._vocabulary, shadow, self._words.find(shadow)).cues)
            self._sources[source] = known
        return known

    def _may_join(self, shadow: Shadow, met: list[tuple[int, int, int]]) -> bool:
        """Whether words that name something only together may stand in the text."""
        return self._scanner.triggered(met) and self._joiner.possible(self._words.hints(shadow))


def _context_words(watchlist: Watchlist) -> Iterator[str]:
    yield from watchlist.cues
    yield from watchlist.foreign
    yield from watchlist.masks
    for entity in watchlist.entities.values():
        yield from entity.near
        yield from entity.not_near
        for together in entity.together:
            for group in together.groups:
                yield from group


def _mention(document: Document, shadow: Shadow, verdict: Verdict) -> Mention:
    find = verdict.find
    field, start, end = shadow.place(find.start, find.end)
    source = document.title if field == "title" else document.text
    end = _closed(source, start, end)
    return Mention(
        entity=find.form.entity,
        name=find.form.name.text,
        surface=source[start:end],
        field=field,
        start=start,
        end=end,
        state=verdict.state,
        rule=verdict.rule,
    )


def _closed(source: str, start: int, end: int) -> int:
    """The end of a surface, with the closing mark of a quotation that was opened inside it."""
    closing = _QUOTATIONS.get(source[end : end + 1])
    opened = closing is not None and source.rfind(closing, start, end) >= 0
    return end + 1 if opened and source.find(source[end], start, end) < 0 else end
