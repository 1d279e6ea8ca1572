"""Evidence packs: what is in them, and that one changed byte anywhere is found and named."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing, suppress
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from monitor.cli.packing import target
from monitor.errors import PackError
from monitor.evidence import warc
from monitor.pack import container, manifest
from monitor.pack.build import Packed, Question, build
from monitor.pack.verify import verify
from monitor.store.desk import decisions
from monitor.store.dossier import Dossier, Wanted
from monitor.store.verdicts import decisions_on, states_of
from tests.support.archiving import ArchivingDesk
from tests.support.learning import entry

HOSTILE = "=1+1 <script>alert(1)</script> \x1b[31m \u202e mine"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = ArchivingDesk(tmp_path_factory.mktemp("desk"), feeds=("one", "two"))
    desk.poll(entry(1, "The mine opens", "At the mine."), entry(2, "Weather of the day", "Rain."))
    desk.poll(entry(3, HOSTILE, f"{HOSTILE}\nline two"), entry(1, "It opens", "At the dam."))
    desk.body = b"document 1"  # as the first: a revisit
    desk.poll(entry(4, "A dam far away was built", "The dam."), name="two")
    decisions.create(decisions.beside(desk.store.path))
    with closing(sqlite3.connect(decisions.beside(desk.store.path))) as db:
        db.execute(
            "INSERT INTO decisions (story, verdict, note, reviewer, decided_at, entity, alias, story_title) "
            "VALUES (1, 'relevant', '<b>sure</b>', 'ann', '2026-11-21T07:00:00.000Z', '', '', '')"
        )
        db.execute(
            "INSERT INTO judged VALUES (1, 'relevant', 1, 'ann', '2026-11-21T07:00:00.000Z')"
        )
        db.commit()
    yield desk
    desk.close()


def pack(desk: ArchivingDesk, output: Path, **wanted: object) -> Packed:
    database = desk.store.path
    question = Question(
        wanted=Wanted(**wanted),
        evidence=desk.folder,
        decisions=partial(decisions_on, database),
        states=partial(states_of, database),
    )
    with (
        closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as db,
        target(output) as folder,
    ):
        dossier = Dossier(db)
        packed = build(dossier, question, folder)
        dossier.close()
    return packed


@pytest.fixture(scope="module")
def whole(desk, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "pack"
    pack(desk, folder, since="2000")
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "pack"))


def lines(pack: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (pack / name).read_text(encoding="utf-8").splitlines()]


class TestContents:
    @pytest.mark.parametrize(
        ("wanted", "titles"),
        [
            ({"entity": "mine"}, {HOSTILE.replace("\x1b", "\x1b")}),
            ({"entity": "dam"}, {"It opens", "A dam far away was built"}),
            ({"sector": "power"}, {"It opens", "A dam far away was built"}),
            ({"story": 1}, None),
            ({"since": "2026-11-21T06:20"}, {"A dam far away was built"}),
            ({"until": "2026-11-21T06:10"}, {"It opens", "Weather of the day"}),
            ({"entity": "dam", "since": "2026-11-21T06:20"}, {"A dam far away was built"}),
        ],
    )
    def test_what_is_asked_for(self, desk, tmp_path, wanted, titles) -> None:
        pack(desk, tmp_path / "pack", **wanted)
        items = lines(tmp_path / "pack", "items.jsonl")
        if titles is None:
            assert {item["story"] for item in items} == {1}
        else:
            assert {item["title"] for item in items} == titles

    def test_it_holds_the_records_byte_for_byte(self, desk, whole) -> None:
        rows = lines(whole, "evidence.jsonl")
        assert len(rows) == 3
        assert rows[2]["same_as"] == rows[0]["id"]
        for row in rows:
            here = warc.read_group(
                whole / "warc/evidence.warc.gz", row["pack_offset"], row["pack_length"]
            )
            assert here == warc.read_group(desk.folder / row["file"], row["offset"], row["length"])

    def test_the_original_of_a_revisit_comes_along(self, desk, tmp_path) -> None:
        pack(desk, tmp_path / "pack", since="2026-11-21T06:20")
        assert [row["same_as"] for row in lines(tmp_path / "pack", "evidence.jsonl")] == [None, 1]

    def test_versions_decisions_and_watchlist(self, whole) -> None:
        item = next(i for i in lines(whole, "items.jsonl") if i["title"] == "It opens")
        assert [v["title"] for v in item["revisions"]] == ["The mine opens", "It opens"]
        assert [d["note"] for d in lines(whole, "decisions.jsonl")] == ["<b>sure</b>"]
        assert lines(whole, "stories.jsonl")[0]["state"] == "relevant"
        watchlist = json.loads((whole / "watchlist.json").read_text())
        assert {entity["id"] for entity in watchlist["entities"]} == {"mine", "dam"}
        assert watchlist["versions"][0]["hash"]

    def test_without_decisions(self, desk, tmp_path) -> None:
        reviews = decisions.beside(desk.store.path)
        moved = reviews.rename(reviews.with_suffix(".away"))
        try:
            pack(desk, tmp_path / "pack", story=1)
        finally:
            moved.rename(reviews)
        assert lines(tmp_path / "pack", "stories.jsonl")[0]["state"] == "new"

    def test_nothing_acts(self, whole) -> None:
        page = (whole / "index.html").read_text(encoding="utf-8")
        tags: set[str] = set()
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, _: tags.add(tag)
        parser.feed(page)
        assert "script" not in tags
        assert "b" not in tags
        assert "mark" in tags
        assert not {"\x1b", "\u202e"} & set(page)
        for row in csv.reader(io.StringIO((whole / "items.csv").read_text(encoding="utf-8"))):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)

    def test_the_same_question_gives_the_same_bytes(self, desk, tmp_path) -> None:
        for name in ("a.zip", "b.zip"):
            pack(desk, tmp_path / name, since="2000")
        assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()

    def test_what_retention_removed_is_said(self, desk, tmp_path) -> None:
        (file,) = desk.folder.iterdir()
        away = file.rename(file.with_suffix(".away"))
        try:
            packed = pack(desk, tmp_path / "pack", story=1)
        finally:
            away.rename(file)
        assert set(packed.about["evidence_not_in_the_pack"].values()) == {"missing"}
        assert not verify(tmp_path / "pack").problems

    def test_damaged_records_do_not_go_in(self, desk, tmp_path) -> None:
        (file,) = desk.folder.iterdir()
        good = file.read_bytes()
        row = desk.evidence()[0]
        at = row["offset"] + 300
        file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        try:
            packed = pack(desk, tmp_path / "pack", story=1)
        finally:
            file.write_bytes(good)
        assert packed.about["evidence_not_in_the_pack"]["1"] == "damaged"
        assert not verify(tmp_path / "pack").problems


class TestVerify:
    def test_a_whole_pack(self, whole) -> None:
        verdict = verify(whole)
        assert (verdict.problems, verdict.files) == ((), 15)

    def test_other_tools_say_the_same(self, whole) -> None:
        ran = subprocess.run(
            ["sha256sum", "-c", "--strict", "--quiet", manifest.SUMS], cwd=whole, check=False
        )
        assert ran.returncode == 0
        fastwarc = pytest.importorskip("fastwarc.warc")
        with (whole / "warc/evidence.warc.gz").open("rb") as stream:
            kinds = [
                r.verify_block_digest() for r in fastwarc.ArchiveIterator(stream, parse_http=False)
            ]
        assert len(kinds) == 10
        assert all(kinds)

    def test_one_changed_byte_in_any_file_is_found_and_named(self, copy) -> None:
        dice = random.Random(7)
        names = [path for path in sorted(copy.rglob("*")) if path.is_file() and path.stat().st_size]
        for path in names:
            good = path.read_bytes()
            for at in {0, len(good) - 1, *(dice.randrange(len(good)) for _ in range(12))}:
                path.write_bytes(
                    good[:at] + bytes([good[at] ^ 1 << dice.randrange(8)]) + good[at + 1 :]
                )
                named = {p.file for p in verify(copy).problems} | {
                    word.rstrip(":,") for p in verify(copy).problems for word in p.what.split()
                }
                assert path.relative_to(copy).as_posix() in named, f"{path.name} at {at}"
            path.write_bytes(good)
        assert not verify(copy).problems

    def test_one_changed_byte_anywhere_in_a_zip_is_found(self, desk, tmp_path) -> None:
        path = tmp_path / "pack.zip"
        pack(desk, path, story=1)
        assert not verify(path).problems
        good = path.read_bytes()
        dice = random.Random(11)
        directory = good.index(b"PK\x01\x02")
        places = {*range(60), *(dice.randrange(len(good)) for _ in range(60)),
                  *range(directory, directory + 120), *range(len(good) - 22, len(good))}  # fmt: skip
        missed = []
        for at in sorted(places):
            path.write_bytes(
                good[:at] + bytes([good[at] ^ 1 << dice.randrange(8)]) + good[at + 1 :]
            )
            with suppress(PackError):  # no zip any more: that is named, too
                if not verify(path).problems:
                    missed.append(at)
        assert not missed

    def test_without_the_mirror_a_zip_s_own_bytes_would_go_unseen(
        self, desk, tmp_path, monkeypatch
    ) -> None:
        path = tmp_path / "pack.zip"
        pack(desk, path, story=1)
        data = bytearray(path.read_bytes())
        data[10] ^= 1  # the first entry's time
        path.write_bytes(data)
        assert verify(path).problems
        monkeypatch.setattr(container, "is_ours", lambda *_: True)
        assert not verify(path).problems

    def test_something_behind_a_zip_is_found(self, desk, tmp_path) -> None:
        path = tmp_path / "pack.zip"
        pack(desk, path, story=1)
        path.write_bytes(path.read_bytes() + b"x")
        assert verify(path).problems

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (lambda p: (p / "items.csv").unlink(), ("items.csv", "is missing")),
            (lambda p: (p / "more.txt").write_text("x"), ("more.txt", "is extra")),
            (lambda p: (p / "manifest.json").unlink(), ("manifest.json", "is missing")),
            (lambda p: (p / "manifest.sha256").unlink(), ("manifest.sha256", "is missing")),
            (lambda p: ((p / "items.csv").unlink(), (p / "items.csv").symlink_to("/etc/hostname")), ("items.csv", "is a link")),
        ],
    )  # fmt: skip
    def test_missing_and_extra_files(self, copy, change, problem) -> None:
        change(copy)
        found = [(p.file, p.what) for p in verify(copy).problems]
        assert any(file == problem[0] and problem[1] in what for file, what in found), found

    def test_a_forged_pack_is_betrayed_by_its_records(self, copy) -> None:
        """Whoever changes a row and makes both manifests anew has still the records against him."""
        rows = (copy / "evidence.jsonl").read_text().splitlines()
        first = json.loads(rows[0])
        rows[0] = json.dumps({**first, "sha256": "0" * 64})
        (copy / "evidence.jsonl").write_text("\n".join(rows) + "\n")
        about = manifest.read_json((copy / manifest.JSON).read_bytes()).about
        manifest.write(copy, about)
        assert [p.file for p in verify(copy).problems] == ["warc/evidence.warc.gz"]

    def test_no_name_leads_out(self, copy) -> None:
        about = manifest.read_json((copy / manifest.JSON).read_bytes())
        files = {**about.files, "../outside": "0" * 64}
        (copy / manifest.JSON).write_bytes(
            manifest.as_json(manifest.Manifest(about=about.about, files=files))
        )
        assert any("leads out" in p.what for p in verify(copy).problems)

    def test_a_compressed_zip_is_not_opened(self, whole, tmp_path) -> None:
        path = tmp_path / "pack.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in whole.rglob("*"):
                archive.write(file, file.relative_to(whole))
        assert any("compressed" in p.what for p in verify(path).problems)

    def test_needs_neither_settings_nor_database(self, copy, tmp_path) -> None:
        away = tmp_path / "elsewhere"
        away.mkdir()
        code = "from monitor.cli import main; main()"
        words = [sys.executable, "-c", code, "verify", str(copy)]
        environment = {
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HOME": str(away),
            "PATH": "/usr/bin",
        }
        ran = subprocess.run(words, cwd=away, env=environment, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        (copy / "index.html").write_text("another")
        ran = subprocess.run(words, cwd=away, env=environment, capture_output=True, check=False)
        assert ran.returncode == 1
        assert b"index.html: differs" in ran.stdout
