"""What machines are told: numbers, and whether the daemon works. Over HTTP, on loopback."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from feeds.types import FeedError
from monitor.config_metrics import METRICS_KEYS
from monitor.errors import ConfigError
from monitor.metrics import ALIVE_FOR, Metrics, Standing
from monitor.probes import answering
from tests.support.learning import LearningDesk, entry

NAMED = "The mine has opened a gallery"


def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Name and label values → value."""
    families = text_string_to_metric_families(text)
    return {
        (one.name, *one.labels.values()): one.value for family in families for one in family.samples
    }


def test_over_http() -> None:
    good = {"yes": True}
    with answering(("127.0.0.1", 0), Metrics().registry, {"/healthz": lambda: good["yes"]}) as port:
        assert asked(port, "/healthz") == (200, "ok\n")
        good["yes"] = False
        assert asked(port, "/healthz") == (503, "not ok\n")
        assert asked(port, "/")[0] == 404
        status, text = asked(port, "/metrics")
        assert (status, samples(text)["wirewatch_items_total",]) == (200, 0.0)
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port} cannot be listened at"):
            answering(("127.0.0.1", port), CollectorRegistry(), {}).__enter__()
    with pytest.raises(urllib.error.URLError):
        asked(port, "/healthz")


def test_a_slow_asker_holds_nobody_up() -> None:
    with (
        answering(("127.0.0.1", 0), Metrics().registry, {"/healthz": lambda: True}) as port,
        socket.create_connection(("127.0.0.1", port)) as slow,
    ):
        slow.sendall(b"GET /healthz HTT")
        assert asked(port, "/healthz")[0] == 200


def test_life_is_work_done_lately() -> None:
    seconds = [0.0]
    metrics = Metrics(clock=lambda: seconds[0])
    assert not metrics.alive
    metrics.worked()
    seconds[0] = ALIVE_FOR - 1
    assert metrics.alive
    seconds[0] = ALIVE_FOR
    assert not metrics.alive


def test_what_is_counted(tmp_path: Path) -> None:
    desk, metrics = LearningDesk(tmp_path), Metrics()
    for record in (
        desk.poll(entry(1, NAMED), entry(2, "Nothing")),
        desk.poll(entry(1, NAMED), entry(2, "Nothing at all")),
        desk.observe(FeedError(url="u", reason="dns", message="no such host")),
    ):
        metrics.polled(record)
    metrics.read(SimpleNamespace(state="fetched"))
    metrics.settled(SimpleNamespace(state="sent"))
    desk.close()
    with answering(("127.0.0.1", 0), metrics.registry, {}) as port:
        found = samples(asked(port, "/metrics")[1])
    assert found["wirewatch_polls_total", "ok"] == 2
    assert found["wirewatch_polls_total", "error"] == 1
    assert found["wirewatch_items_total",] == 2
    assert found["wirewatch_revisions_total",] == 1
    assert found["wirewatch_mentions_total", "confirmed"] == 1
    assert found["wirewatch_articles_total", "fetched"] == 1
    assert found["wirewatch_alerts_total", "sent"] == 1
    assert found["wirewatch_poll_seconds_count",] == 3


def test_how_things_stand(tmp_path: Path) -> None:
    desk = LearningDesk(tmp_path)
    desk.poll(entry(1))
    desk.store.db.execute(
        "INSERT INTO alerts (rule, channel, relation, occasion, state, min_origins, batch, attempts,"
        " in_doubt, created_at, next_try_at, last_error, message_key, thread, payload)"
        " VALUES ('r', 'mail:a@example.org', 'first', '', 'dead', 1, '', 1, 0, ?, ?, '', 'k', '', '')",
        ("2026-11-21T06:00:00.000Z",) * 2,
    )
    desk.store.db.conn.commit()
    late = Standing(tmp_path / "test.db", lambda: 3, lambda: desk.now + timedelta(days=2))
    registry = CollectorRegistry()
    registry.register(late)
    with answering(("127.0.0.1", 0), registry, {"/readyz": late.readable}) as port:
        text = asked(port, "/metrics")[1]
        assert asked(port, "/readyz")[0] == 200
    desk.close()
    found = samples(text)
    assert found["wirewatch_parser_restarts",] == 3
    assert found["wirewatch_database_readable",] == 1
    assert found["wirewatch_database_bytes",] + found["wirewatch_wal_bytes",] > 10_000
    assert found["wirewatch_feeds", "ok"] == 1
    assert 86_400 < found["wirewatch_lateness_seconds",] <= 2 * 86_400
    assert found["wirewatch_outbox", "mail", "dead"] == 1
    assert found["wirewatch_outbox_age_seconds", "mail", "dead"] > 86_400
    assert "example.org" not in text


def test_no_database(tmp_path: Path) -> None:
    standing = Standing(tmp_path / "none.db", lambda: 0, lambda: None)
    registry = CollectorRegistry()
    registry.register(standing)
    with answering(("127.0.0.1", 0), registry, {"/readyz": standing.readable}) as port:
        assert samples(asked(port, "/metrics")[1])["wirewatch_database_readable",] == 0
        assert asked(port, "/readyz")[0] == 503


@pytest.mark.parametrize("good", ["127.0.0.1:9464", "[::1]:9464", "0.0.0.0:1", ""])
def test_an_address(good: str) -> None:
    assert METRICS_KEYS["listen"].read(good) == good


@pytest.mark.parametrize(
    "bad",
    ["9464", "localhost:9464", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "::1:9464", 9464],
)
def test_no_address(bad: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        METRICS_KEYS["listen"].read(bad)
