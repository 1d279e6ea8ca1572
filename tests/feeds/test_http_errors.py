"""Every way in which httpx can fail has a reason, and no exception escapes a fetch."""

from __future__ import annotations

import asyncio
import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import feeds.http
from feeds.access import EVERYWHERE, Access, Keys
from feeds.errors import REASONS, SendError, TransferError, one_line
from feeds.fetch import fetch
from feeds.types import Feed, FeedError, FetchState
from tests.support.fetching import Names, both

# Only a mistake of ours raises these; they are to surface with their traceback.
MISTAKES = {
    "CookieConflict",
    "StreamError",
    "StreamConsumed",
    "StreamClosed",
    "ResponseNotRead",
    "RequestNotRead",
}
# Of websockets and event streams, which httpx2 has and nobody here asks for.
ELSEWHERE = {"SSEError", "WebSocketDisconnect", "WebSocketException", "WebSocketUpgradeError"}


def exceptions_of(library) -> dict[str, type[Exception]]:
    return {
        name: kind
        for name, kind in inspect.getmembers(library, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning)
    }


@both
def test_every_exception_of_the_library_is_mapped_or_a_mistake(http):
    kinds = exceptions_of(http.httpx)
    assert len(kinds) > 20
    unknown = {
        name: kind
        for name, kind in kinds.items()
        if kind not in http.FAILURES and name not in MISTAKES | ELSEWHERE
    }
    assert unknown == {}
    assert {kind.__name__ for kind in http.FAILURES} & MISTAKES == set()


@both
def test_subclasses_are_mapped_by_their_own_line(http):
    seen = set()
    todo = [http.httpx.HTTPError]
    while todo:
        kind = todo.pop()
        seen.add(kind)
        todo += kind.__subclasses__()
    unmapped = {kind.__name__ for kind in seen - set(http.FAILURES)}
    assert unmapped <= ELSEWHERE


@both
def test_every_reason_is_one_of_the_list(http):
    assert {reason for reason, _ in http.FAILURES.values()} <= set(REASONS)


@both
def test_a_new_exception_would_be_noticed(http):
    """The broken twin: an exception that the library might grow is found missing."""

    class Grown(http.httpx.NetworkError):
        pass

    assert Grown not in http.FAILURES
    with pytest.raises(TransferError) as caught, http._mapped():
        raise Grown("x")
    assert caught.value.reason == "connect"  # until it is mapped, as what it is a kind of


@both
@pytest.mark.parametrize("step", ["connect_tcp", "read", "write"])
def test_every_exception_below_the_library_ends_as_a_value(http, step, monkeypatch):
    """httpcore's exceptions, raised where they come from: on the way to a proxy."""
    kinds = exceptions_of(http.httpcore)
    del kinds["ConnectionNotAvailable"]  # httpcore's own signal to try again
    assert len(kinds) >= 14
    raised = []

    def fail(at, kind):
        if at == step:
            raised.append(kind)
            raise kind("s3cret")

    class Stream(http.httpcore.AsyncNetworkStream):
        def __init__(self, kind):
            self.kind = kind

        async def read(self, max_bytes, **options):
            fail("read", self.kind)

        async def write(self, buffer, **options):
            fail("write", self.kind)

        async def aclose(self):
            pass

        def get_extra_info(self, info):
            return None

    class Backend(http.httpcore.AsyncNetworkBackend):
        opened = ()

        def __init__(self, kind):
            self.kind = kind

        async def connect_tcp(self, host, port, **options):
            fail("connect_tcp", self.kind)
            return Stream(self.kind)

    proxy = Access(name="all", sites=(EVERYWHERE,), proxy="http://proxy.example:3128")

    async def main():
        for kind in kinds.values():
            monkeypatch.setattr(http, "Guard", lambda *_, kind=kind, **__: Backend(kind))
            async with http.Client(keys=Keys([proxy])) as client:
                got = await fetch(client, Feed(url="http://feed.example/"), FetchState())
            assert isinstance(got, FeedError), kind
            assert "s3cret" not in got.message
            assert kind in raised

    asyncio.run(main())


def test_a_mistake_of_ours_surfaces():
    from feeds.http import _mapped, httpx

    with pytest.raises(httpx.StreamConsumed), _mapped():
        raise httpx.StreamConsumed


def test_errors_are_one_clean_line():
    for kind, options in ((TransferError, {}), (SendError, {"maybe_sent": True})):
        error = kind("tls", "a\r\nb\x1b[31m\u202ec\x00" + "d" * 999, **options)
        assert str(error) == error.message
        assert error.message.startswith("a b [31m c d")
        assert len(error.message) == 300
    assert one_line("  평양 \u2028 시  ") == "평양 시"


def test_no_text_at_all_escapes_as_an_exception():
    """Whatever stands in a feed list, a value comes back."""

    async def dial(address, port):
        raise OSError(111, "refused")

    with asyncio.Runner() as runner:
        client = feeds.http.Client(resolver=Names({}).resolver(), dial=dial)

        @settings(max_examples=400, deadline=None)
        @given(
            st.one_of(
                st.text(max_size=60),
                st.text(max_size=40).map("http://{}".format),
                st.text(alphabet="01abcxf.:[]%@/\\?#。．ⓧ-", max_size=30).map("http://{}".format),
            )
        )
        def try_it(url):
            got = runner.run(fetch(client, Feed(url=url), FetchState()))
            assert isinstance(got, FeedError)
            assert got.reason in {"bad-url", "dns", "refused-address", "connect"}

        try_it()


def test_the_program_names_its_version():
    agent = feeds.http.user_agent("")
    assert agent.startswith("wirewatch/")
