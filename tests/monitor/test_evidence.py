"""Evidence: what is archived of a poll, in which records, and that no row is without its record."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio

from feeds.types import Fetched, FetchState
from monitor.errors import StoreError
from monitor.evidence import warc
from monitor.evidence.archive import capture_of
from monitor.evidence.keeper import Keeper
from monitor.evidence.redact import redacted, redacted_request, secrets_of
from tests.support.archiving import ArchivingDesk, exchange
from tests.support.learning import START, entry
from tests.support.press import Press, article, rss
from tests.support.program import Program
from tests.support.servers import reply
from tests.support.stores import ON_BOTH

FACTS = {"document-length": "3"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ArchivingDesk]:
    desk = ArchivingDesk(tmp_path, feeds=("one", "two"))
    yield desk
    desk.close()


def records(path: Path) -> list[tuple[str, dict[str, str], bytes, bytes]]:
    """Type, WARC fields, HTTP head and payload of every record, as warcio reads them."""
    found = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            payload = record.raw_stream.read()
            head = record.http_headers.to_bytes() if record.http_headers else b""
            found.append((record.rec_type, dict(record.rec_headers.headers), head, payload))
    return found


def check(*paths: Path) -> int:
    """`warcio check`, which is not ours."""
    with pytest.raises(SystemExit) as ended:
        warcio(["check", *map(str, paths)])
    return int(ended.value.code or 0)


def group(body: bytes = b"abc", **more: object) -> bytes:
    capture = warc.Capture(
        url="https://one.example/", at=START, exchange=exchange(body), facts=FACTS
    )
    return warc.group(replace(capture, **more))[1]


@ON_BOTH
class TestWhatIsKept:
    def test_a_document_with_news_is_archived_and_its_items_say_where(self, desk) -> None:
        desk.body = gzip.compress(b"<rss/>")
        desk.poll(entry(1))
        (row,) = desk.evidence()
        assert desk.rows("SELECT evidence FROM items") == [{"evidence": row["id"]}]
        assert row["sha256"] == sha256(desk.body).hexdigest()
        assert (row["tls_certificate"], row["address"]) == ("ab" * 32, "192.0.2.7")
        found = warc.read_group(desk.folder / row["file"], row["offset"], row["length"])
        assert warc.payload(found) == desk.body
        assert warc.holds(found, row["sha256"])
        assert not warc.holds(found, "0" * 64)

    def test_a_document_without_news_is_not(self, desk) -> None:
        desk.poll(entry(1))
        desk.poll(entry(1))
        assert len(desk.evidence()) == 1

    def test_each_version_has_its_own(self, desk) -> None:
        desk.poll(entry(1, "The mine opens"))
        desk.poll(entry(1, "The dam opens"))
        versions = desk.rows("SELECT evidence FROM revisions ORDER BY number")
        assert [row["evidence"] for row in versions] == [1, 2]
        assert desk.rows("SELECT evidence FROM items") == [{"evidence": 2}]

    def test_the_same_bytes_are_kept_once(self, desk) -> None:
        desk.body = b"x" * 50_000
        desk.poll(entry(1))
        desk.poll(entry(2), name="two")
        first, second = desk.evidence()
        assert (first["same_as"], second["same_as"]) == (None, first["id"])
        kinds = [kind for kind, *_ in records(desk.folder / first["file"])]
        assert kinds == [
            "warcinfo",
            "response",
            "request",
            "metadata",
            "revisit",
            "request",
            "metadata",
        ]
        revisit = records(desk.folder / first["file"])[4][1]
        assert revisit["WARC-Refers-To"] == first["record"]
        assert revisit["WARC-Refers-To-Target-URI"] == first["url"]

    def test_a_poll_that_is_taken_back_leaves_a_record_and_no_row(self, desk) -> None:
        desk.poll(entry(1))

        def torn(_: object) -> None:
            raise StoreError("no space")

        good, desk._store_record = desk._store_record, torn
        with pytest.raises(StoreError):
            desk.poll(entry(2))
        desk._store_record = good
        desk.poll(entry(3))
        assert len(desk.evidence()) == 2
        kinds = [kind for kind, *_ in records(desk.folder / desk.evidence()[0]["file"])]
        assert kinds.count("response") == 3
        for row in desk.evidence():
            found = warc.read_group(desk.folder / row["file"], row["offset"], row["length"])
            assert warc.holds(found, row["sha256"])


class TestRecords:
    def test_another_tool_reads_them(self, desk, capsys) -> None:
        for number in range(3):
            desk.poll(entry(number))
        (path,) = desk.folder.iterdir()
        assert check(path) == 0
        assert "problem" not in capsys.readouterr().out
        fastwarc = pytest.importorskip("fastwarc.warc")
        with path.open("rb") as stream:
            assert all(
                record.verify_block_digest()
                for record in fastwarc.ArchiveIterator(stream, parse_http=False)
            )

    def test_the_check_fails_on_a_changed_byte(self, tmp_path, capsys) -> None:
        whole = gzip.decompress(group())
        assert check_of(tmp_path, whole) == 0
        assert check_of(tmp_path, whole.replace(b"\r\n\r\nabc", b"\r\n\r\nabd")) == 1

    def test_the_head_stays_as_it_came(self) -> None:
        head = b"X-Odd:  caf\xe9 \xff\r\nset-cookie: a=b\r\n"
        found = warc.group(
            warc.Capture(
                url="https://one.example/",
                at=START,
                exchange=exchange(b"abc", head=head),
                facts=FACTS,
            )
        )[1]
        assert head in gzip.decompress(found)

    @pytest.mark.parametrize(
        ("head", "kept"),
        [
            (b"Transfer-Encoding: chunked\r\n", b"X-Archive-Orig-Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc"),
            (b"Content-Length: 3\r\n", b"Content-Length: 3\r\n\r\nabc"),
            (b"Content-Encoding: gzip\r\n", b"Content-Encoding: gzip\r\n\r\nabc"),
        ],
    )  # fmt: skip
    def test_chunks_that_were_put_together_are_no_chunks(self, head: bytes, kept: bytes) -> None:
        capture = warc.Capture(
            url="https://one.example/", at=START, exchange=exchange(b"abc", head=head), facts=FACTS
        )
        assert kept in gzip.decompress(warc.group(capture)[1])

    def test_the_same_info_gives_the_same_bytes(self) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        one, two = (warc.first_record("a", {"software": "x"}, at) for _ in range(2))
        assert one == two != warc.first_record("b", {"software": "x"}, at)


def damages_of(path: Path) -> list[warc.Damage]:
    with path.open("rb") as stream:
        return list(warc.damages(stream))


def check_of(folder: Path, plain: bytes) -> int:
    path = folder / "one.warc"
    path.write_bytes(plain)
    return check(path)


class TestSecrets:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("https://x.example/f?key=hunter2&a=1", "https://x.example/f?key=REDACTED&a=1"),
            ("https://x.example/f?a=1&api_key=hunter2", "https://x.example/f?a=1&api_key=REDACTED"),
            ("https://x.example/f?access-token=a%2Fb", "https://x.example/f?access-token=REDACTED"),
            ("https://u:hunter2@x.example/f", "https://REDACTED:REDACTED@x.example/f"),
            ("https://x.example/f?keyword=korea", "https://x.example/f?keyword=korea"),
            ("https://x.example/f?q=token", "https://x.example/f?q=token"),
        ],
    )
    def test_of_addresses(self, url: str, shown: str) -> None:
        assert redacted(url, secrets_of(url)) == shown

    @pytest.mark.parametrize(
        "field", [b"Authorization: Basic hunter2", b"Cookie: a=hunter2", b"X-Api-Key: hunter2",
                  b"Referer: https://x.example/?token=hunter2"],
    )  # fmt: skip
    def test_of_requests(self, field: bytes) -> None:
        head = b"GET /f?token=hunter2 HTTP/1.1\r\nHost: x.example\r\n" + field + b"\r\n\r\n"
        shown = redacted_request(head, secrets_of("https://x.example/f?token=hunter2"))
        assert b"hunter2" not in shown
        assert shown.startswith(b"GET /f?token=REDACTED HTTP/1.1\r\nHost: x.example\r\n")
        assert shown.endswith(b"\r\n\r\n")

    def test_none_is_archived(self) -> None:
        url = "https://x.example/f?token=hunter2"
        talk = exchange(
            b"abc",
            fields=b"Authorization: Bearer hunter2\r\n",
            head=b"Link: <" + url.encode() + b">\r\n",
        )
        answer = Fetched(url=url, headers={}, body=b"abc", wire_bytes=3, state=FetchState(), redirects=(url,))  # fmt: skip
        capture = capture_of(answer, talk, START, None)
        assert b"hunter2" not in gzip.decompress(warc.group(capture)[1])


class TestKeeper:
    def keeper(
        self, folder: Path, ends: dict[str, int] | None = None, rotate: int = 10**6
    ) -> Keeper:
        return Keeper(
            folder, rotate=rotate, now=lambda: START, ends=ends or {}, about={"software": "x"}
        )

    def test_files_are_rotated_and_each_is_whole(self, tmp_path) -> None:
        keeper = self.keeper(tmp_path, rotate=3_000)
        places = [keeper.keep(group(os.urandom(500))) for _ in range(6)]
        keeper.sync()
        keeper.close()
        files = sorted({place.file for place in places})
        assert len(files) > 1
        assert check(*(tmp_path / name for name in files)) == 0
        for place in places:
            assert warc.payload(warc.read_group(tmp_path / place.file, place.offset, place.length))

    def test_a_torn_end_is_cut_off_and_the_file_goes_on(self, tmp_path) -> None:
        keeper = self.keeper(tmp_path)
        place = keeper.keep(group(b"one"))
        torn = group(b"two")
        keeper.keep(torn[: len(torn) // 4])
        keeper.close()
        path = tmp_path / place.file
        assert len(list(damages_of(path))) == 1
        keeper = self.keeper(tmp_path, {place.file: place.offset + place.length})
        after = keeper.keep(group(b"three"))
        keeper.close()
        assert after.file == place.file
        assert check(path) == 0
        assert not damages_of(path)

    def test_without_the_cut_all_that_follows_is_lost(self, tmp_path) -> None:
        keeper = self.keeper(tmp_path)
        torn = group(b"two")
        keeper.keep(torn[: len(torn) // 4])
        place = keeper.keep(group(b"three"))  # the twin: appended behind the torn end
        keeper.close()
        assert damages_of(tmp_path / place.file)

    def test_a_file_that_lost_its_end_is_left_alone(self, tmp_path) -> None:
        keeper = self.keeper(tmp_path)
        place = keeper.keep(group(b"one"))
        keeper.close()
        os.truncate(tmp_path / place.file, place.offset)
        keeper = self.keeper(tmp_path, {place.file: place.offset + place.length})
        assert keeper.keep(group(b"two")).file != place.file
        keeper.close()

    def test_a_name_is_never_used_again(self, tmp_path) -> None:
        keeper = self.keeper(tmp_path)
        place = keeper.keep(group(b"one"))
        keeper.close()
        (tmp_path / place.file).unlink()
        keeper = self.keeper(tmp_path, {place.file: 1})
        assert keeper.keep(group(b"two")).file > place.file
        keeper.close()

    def test_two_programs_never_share_a_file(self, tmp_path) -> None:
        one = self.keeper(tmp_path)
        place = one.keep(group(b"one"))
        two = self.keeper(tmp_path, {place.file: place.offset + place.length})
        assert two.keep(group(b"two")).file != place.file
        one.close()
        two.close()

    def test_what_cannot_be_written_leaves_the_file_as_it_was(self, tmp_path) -> None:
        keeper = self.keeper(tmp_path)
        place = keeper.keep(group(b"one"))
        stream = keeper._stream

        class Full:
            def __getattr__(self, name: str) -> object:
                return getattr(stream, name)

            def write(self, data: bytes) -> int:
                stream.write(data[:100])
                raise OSError(28, "No space left on device")

        keeper._stream = Full()
        with pytest.raises(StoreError, match="No space"):
            keeper.keep(group(b"two"))
        keeper._stream = stream
        keeper.keep(group(b"three"))
        keeper.close()
        assert check(tmp_path / place.file) == 0


def test_a_real_poll_archives_what_was_on_the_wire(tmp_path: Path) -> None:
    program = Program(tmp_path)
    with Press(2) as press:
        program.write(press.feeds)
        press.articles[0] = (article(1), article(2))
        body = gzip.compress(rss(press.articles[0]))
        press.odd[0] = lambda _: reply(body, headers=[("Content-Encoding", "gzip")])
        program.run("poll", "--all")
        program.run("poll", "--all")
    (row,) = program.rows("SELECT * FROM evidence")
    path = tmp_path / "evidence" / row["file"]
    assert check(path) == 0
    found = records(path)
    assert [kind for kind, *_ in found] == ["warcinfo", "response", "request", "metadata"]
    assert found[2][2].startswith(b"GET /paper/0.xml HTTP/1.1\r\nHost: ")
    assert found[1][3] == body
    assert sha256(body).hexdigest() == row["sha256"]
    document = sha256(gzip.decompress(body)).hexdigest()
    assert f"document-sha256: {document}".encode() in found[3][3]


def test_nothing_is_kept_if_nothing_is_to_be(tmp_path: Path) -> None:
    program = Program(tmp_path)
    with Press(1) as press:
        program.write(press.feeds, "[evidence]\nkeep = false\n")
        press.articles[0] = (article(1),)
        program.run("poll", "--all")
    assert program.count("items") == 1
    assert program.count("evidence") == 0
    assert not (tmp_path / "evidence").exists()


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.support.archiving import ArchivingDesk
from tests.support.learning import entry
desk = ArchivingDesk(Path(sys.argv[1]))
desk.poll(entry(1))
if sys.argv[2] == "before the commit":
    sync = desk.archive.sync
    def killed():
        sync()
        os.kill(os.getpid(), signal.SIGKILL)
    desk.archive.sync = killed
else:  # the twin: rows first, bytes later
    import monitor.store.record as record
    keep = desk.archive.keep
    desk.archive.keeper.keep = lambda records: type(desk.evidence()[0]) and __import__(
        "monitor.evidence.keeper", fromlist=["Place"]).Place(
        file=desk.archive.keeper.current, offset=desk.archive.keeper._end, length=len(records))
    desk.poll(entry(2))
    os.kill(os.getpid(), signal.SIGKILL)
desk.poll(entry(2))
"""


@pytest.mark.parametrize(
    ("moment", "items", "whole"), [("before the commit", 1, True), ("rows first", 2, False)]
)
def test_kill_between_record_and_commit(
    tmp_path: Path, moment: str, items: int, whole: bool
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, tmp_path, moment],
        check=False,
        cwd=Path(__file__).parents[2],
        capture_output=True,
    )
    assert ended.returncode == -9, ended.stderr.decode()
    desk = ArchivingDesk(tmp_path)
    assert desk.count("items") == items
    assert all(_stands(desk, row) for row in desk.evidence()) == whole
    if whole:
        desk.poll(entry(2))
        assert check(*desk.folder.iterdir()) == 0
        assert all(_stands(desk, row) for row in desk.evidence())
    desk.close()


def _stands(desk: ArchivingDesk, row: dict[str, object]) -> bool:
    try:
        found = warc.read_group(desk.folder / row["file"], row["offset"], row["length"])
    except OSError:
        return False
    return warc.holds(found, row["sha256"])


def test_whole_until_finds_the_last_whole_member() -> None:
    members = [gzip.compress(os.urandom(size)) for size in (10, 300_000, 20)]
    data = b"".join(members)
    assert warc.whole_until(BytesIO(data), 0) == len(data)
    assert warc.whole_until(BytesIO(data[:-1]), 0) == len(data) - len(members[2])
    assert warc.whole_until(BytesIO(data + b"noise"), 0) == len(data)
    assert warc.whole_until(BytesIO(b""), 0) == 0
