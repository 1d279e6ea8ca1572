"""What the daemon counts of its own work, for Prometheus: no names, texts or secrets.

Counters begin at 0 when the program starts, and a reload keeps them; gauges are read from the
database when somebody asks, over a connection that cannot write.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alerts.deliver import Settlement
from monitor.articles.records import ArticleRecord
from monitor.places import Place, Server
from monitor.records import PollRecord
from monitor.store.gauges import Gauges, standing

ALIVE_FOR = 60.0  # seconds since work was last done; a tick is due every second
_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # of a poll; 30 is the longest that one may take


class Metrics:
    """Counts and measures. One for the life of the program."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._clock = clock
        self._worked = -ALIVE_FOR
        self._polls = self._counter("polls", "Polls, by outcome.", "status")
        self._seconds = Histogram(
            "wirewatch_poll_seconds", "Their length.", buckets=_SECONDS, registry=self.registry
        )
        self._bytes = self._counter("received_bytes", "Bytes received by polls.")
        self._items = self._counter("items", "Items seen for the first time.")
        self._revisions = self._counter("revisions", "Changes of known items.")
        self._mentions = self._counter("mentions", "Mentions in new items, by state.", "state")
        self._articles = self._counter("articles", "Articles asked for, by outcome.", "state")
        self._alerts = self._counter("alerts", "Tries to send an alert, by outcome.", "state")

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"wirewatch_{name}", about, labels, registry=self.registry)

    def worked(self) -> None:
        """The queue was read and due polls were begun."""
        self._worked = self._clock()

    @property
    def alive(self) -> bool:
        """Whether work was done lately."""
        return self._clock() - self._worked < ALIVE_FOR

    def polled(self, record: PollRecord) -> None:
        """Count a stored poll."""
        seen = record.observation
        self._polls.labels(record.row.status).inc()
        self._seconds.observe(seen.seconds)
        self._bytes.inc(seen.answer.wire_bytes)
        self._items.inc(len(record.items))
        self._revisions.inc(len(record.revisions))
        for item in record.items:
            for mention in item.mentions:
                self._mentions.labels(mention.state).inc()

    def read(self, record: ArticleRecord) -> None:
        """Count an article that was asked for."""
        self._articles.labels(record.state).inc()

    def settled(self, done: Settlement) -> None:
        """Count a try to send: sent, pending (it is tried again) or dead."""
        self._alerts.labels(done.state).inc()


class Standing(Collector):
    """How things stand in a database."""

    def __init__(
        self, place: Place, restarts: Callable[[], int], now: Callable[[], datetime]
    ) -> None:
        self._place = place
        self._file = None if isinstance(place, Server) else place
        self._restarts = restarts
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """Every gauge; `wirewatch_database_readable` is 0 where there is nothing to read."""
        yield _one("parser_restarts", "Parser processes that were replaced.", self._restarts())
        for name, suffix in (("database", ""), ("wal", "-wal")):
            size = _size(self._file.with_name(self._file.name + suffix)) if self._file else 0
            yield _one(f"{name}_bytes", f"Size of the {name} file.", size)
        found = standing(self._place)
        yield _one("database_readable", "Whether it can be read.", found is not None)
        if found:
            yield from _families(found, self._now())

    def readable(self) -> bool:
        """Whether the database can be read."""
        return standing(self._place) is not None


def _families(found: Gauges, now: datetime) -> Iterable[Metric]:
    late = (now - found.first_due).total_seconds() if found.first_due else 0.0
    yield _one("lateness_seconds", "By how much the poll that waits longest is late.", max(late, 0))
    yield _by("feeds", "Feeds that are watched, by health.", ["health"], found.feeds)
    yield _by("articles_stored", "Articles, by state.", ["state"], found.articles)
    yield _by("outbox", "Alerts that are not sent.", ["channel", "state"], found.outbox)
    ages = {key: (now - at).total_seconds() for key, at in found.oldest.items()}
    yield _by("outbox_age_seconds", "Age of the oldest of them.", ["channel", "state"], ages)


def _one(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"wirewatch_{name}", about, value=value)


def _by(name: str, about: str, labels: list[str], values: object) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"wirewatch_{name}", about, labels=labels)
    assert isinstance(values, dict)
    for key, value in sorted(values.items()):
        family.add_metric(list(key) if isinstance(key, tuple) else [key], value)
    return family


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
