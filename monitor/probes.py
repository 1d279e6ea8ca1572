"""For machines that watch the daemon: /metrics, /healthz and /readyz over HTTP, in a thread.

/metrics   numbers in the text format of Prometheus
/healthz   200 while polls are begun, else 503: start it again
/readyz    200 when it watches and the database can be read, else 503
"""

from __future__ import annotations

import logging
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from prometheus_client import CollectorRegistry

log = logging.getLogger("wirewatch.probes")

PATIENCE = 10  # seconds for one request: whoever is slower holds a thread

Check = Callable[[], bool]


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True  # nobody waits for one at the end


class _Quiet(WSGIRequestHandler):
    """Each request is no event; and a slow one ends."""

    timeout = PATIENCE

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(
    listen: tuple[str, int], registry: CollectorRegistry, checks: dict[str, Check]
) -> Iterator[int]:
    """Answer meanwhile; yields the port. `checks` by path.

    Raises:
        ConfigError: the address cannot be listened at.
    """
    try:
        server = make_server(*listen, _app(registry, checks), _Server, _Quiet)
    except OSError as error:
        words = f"metrics.listen: {listen[0]}:{listen[1]} cannot be listened at: {error.strerror}"
        raise ConfigError([words]) from None
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    log.info("metrics at http://%s:%d/metrics", listen[0], server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _app(registry: CollectorRegistry, checks: dict[str, Check]) -> Callable[..., Iterable[bytes]]:
    metrics = make_wsgi_app(registry)

    def app(environ: WSGIEnvironment, start: StartResponse) -> Any:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return metrics(environ, start)
        if path not in checks:
            return _said(start, HTTPStatus.NOT_FOUND, "/metrics, /healthz, /readyz")
        good = checks[path]()
        status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
        return _said(start, status, "ok" if good else "not ok")

    return app


def _said(start: StartResponse, status: HTTPStatus, words: str) -> Iterable[bytes]:
    start(f"{status.value} {status.phrase}", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{words}\n".encode()]
