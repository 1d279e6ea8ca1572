"""Coverage-guided fuzzing (Atheris, on libFuzzer) of what takes strangers' bytes apart.

    python -m benchmarks.proof.fuzzing parse --minutes 10         until it is over, or something escapes
    python -m benchmarks.proof.fuzzing parse --minutes 10 --keep  and keep the inputs that reach new code
    python -m benchmarks.proof.fuzzing parse --careless           a build without its guards

Targets and what they check are in fuzz_targets.py. An escape is an exception, a crash of the process,
more than 5 s for one input (the deadline of a parser process) or more than 1.5 GB. The input that
did it stays in the folder that is named; put it into tests/properties/escapes/TARGET/ once it is mended.
What was kept is in tests/properties/corpus/: fuzzing starts from there, and every test run replays it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "properties" / "corpus"
ESCAPES = ROOT / "tests" / "properties" / "escapes"
DEADLINE = 5  # seconds, as feeds.workers has it
LONGEST = 4_096  # bytes of an input: longer ones find the same, more slowly
KEPT = 400  # inputs of a target; smallest first, which is nearly all that there are
GRACE = 60  # seconds for the process to start, read the corpus and say what it did

# Words of the formats, which mutation alone would take years to find.
WORDS = {
    "parse": (
        "<item>", "</item>", "<entry>", "<rss version='2.0'>", "<channel>", "<title type='xhtml'>",
        "<content type='html'>", "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE a [", "<!ENTITY a '",
        "&a;", "&#xD800;", "&#x110000;", "&#0;", "&nbsp;", "&amp;amp;", "<?xml encoding='", "'?>",
        "punycode", "utf-7", "idna", "xml:base='", "http://[", "rel='alternate'", "<pubDate>",
        "<image>", "<textinput>", "<dc:date>", "<media:content url='", "<georss:point>", "<itunes:",
        "xmlns:a='", '{"version": "https://jsonfeed.org/version/1.1", "items": [', '{"id": ',
        '"content_html": "', "\\ud800", "1e999", "주체115", "2026-11-22T24:00:00", "+99:99", "+0900",
    ),
    "tag": (
        "&amp;", "&#x26;", "\u0301", "\u200b", "（", "）", "《", "》", "№", "\u1112\u1161", "ｶﾞ", "İ",
        "\n", " and ", "·", "-", "'s", "제", "호", "2·8", "2.8", "。", "ой", "ская",
    ),
    "pages": (
        "<li class='item'>", "<a href='", "'>", "</a>", "<base href='", "http://[", "//[", "<time>",
        "<p class='TextP'>", "<span class='date'>", "[2026.8.17.]", "<loc>", "<url>", "<sitemap>",
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>", "<sitemapindex>", "<lastmod>",
        "<news:title>", '{"data": {"list": [', '"id": ', '"next": "', "1e999", "\\ud800", "<script>",
        "<template>", "<!--", "index.php?MTJA", "/article/detail/", "<main><article>", "<svg>", "<table>",
    ),
}  # fmt: skip

PAGES = (
    ('<html><head><title>News</title></head><body><ul><li><a href="/news/1">A mill opens</a>'
    '<span class="date">2026.8.17.</span><p>It mills.</p></li></ul><a class="next" href="?p=2">'
    "More</a></body></html>"),
    ('{"data": {"list": [{"id": 7, "title": "A mill opens", "time": "1795310400", "text": "<p>It '
    'mills</p>"}]}, "next": "/news?page=2"}'),
    ('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/'
    'schemas/sitemap-news/0.9"><url><loc>https://news.example/news/a-mill-opens</loc><news:news>'
    "<news:publication_date>2026-11-22</news:publication_date><news:title>A mill opens</news:title>"
    "</news:news></url></urlset>"),
    ("<sitemapindex><sitemap><loc>https://news.example/1.xml</loc><lastmod>2026-11-22T05:00Z</lastmod>"
    "</sitemap></sitemapindex>"),
    ('<div class="article"><a href="/en/article/detail/1"><strong>A mill</strong> opens</a>'
    "<span>[2026.8.17.]</span></div><main><article><p>A mill was opened at the river.</p></article></main>"),
    ('<div id="ThemeListDIV"><ul><li><a href="index.php?MTJAMjAyNi0wOC0xNy0wMDFAMUA=">A mill</a>'
    '<span class="news_date">2026.8.17.</span></li></ul></div><p class="TextP">It mills.</p>'),
    '<div class="content"><div class="title"><a href="/main/1">A mill opens</a></div></div>',
    "<html><body><h1>A mill opens</h1><article>" + "<p>Its wheels turn in the river all day long.</p>" * 4
    + "</article><footer>Contact</footer></body></html>",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuzzed:
    """What a session came to."""

    executions: int
    covered: int  # branches of the program and its libraries that were reached
    escape: str  # what escaped, on one line; "" = nothing
    ended: bool  # it went on to its end, or to an escape


def seeds(target: str) -> Iterator[bytes]:
    """Where a session starts: our own small inventions, each under every circumstance."""
    match target:
        case "parse":
            cases = sorted((ROOT / "tests" / "feeds" / "cases").glob("*"))
            documents = [case.read_bytes() for case in cases if case.name not in _STATED]
            documents = [one for one in documents if len(one) < LONGEST]
        case "tag":
            documents = [line.encode() for line in _lines()]
        case _:
            documents = [page.encode() for page in PAGES]
    for number, document in enumerate(documents):
        for kind in (number, number + 1) if target == "parse" else range(7):
            yield bytes([kind % 256]) + document
    yield from kept(target).values()


_STATED = ("not_image.xml",)  # bytes of a picture


def _lines() -> Iterator[str]:
    """Lines of the bundled watchlist that must name something, and that must not."""
    text = (ROOT / "monitor" / "watchlists" / "dprk-civilian.toml").read_text(encoding="utf-8")
    for entity in tomllib.loads(text)["entity"][::6]:
        yield from entity.get("hits", ())[:3]
        yield from entity.get("misses", ())[:1]


def kept(target: str) -> dict[str, bytes]:
    """The inputs that were kept, by name: of earlier sessions, and what escaped once."""
    found = {file.name: file.read_bytes() for file in sorted((ESCAPES / target).glob("*"))}
    archive = CORPUS / f"{target}.zip"
    if archive.exists():
        with zipfile.ZipFile(archive) as inputs:
            found |= {name: inputs.read(name) for name in inputs.namelist()}
    return found


def keep(target: str, folder: Path) -> int:
    """Keep the inputs of a session, as few as reach the same code; returns how many."""
    smallest = folder / "smallest"
    smallest.mkdir()
    # libFuzzer starts itself again to merge, by the name that it was started with.
    itself = folder / "itself"
    child = f"{sys.executable} -m benchmarks.proof.fuzz_child {target} careful"
    itself.write_text(f'#!/bin/sh\nFUZZ_ITSELF=$0 exec {child} "$@"\n', encoding="utf-8")
    itself.chmod(0o755)
    merging = [str(itself), "-merge=1", str(smallest), str(folder / "corpus")]
    subprocess.run(merging, cwd=ROOT, capture_output=True, timeout=600, check=False)
    files = sorted(smallest.iterdir(), key=lambda file: (file.stat().st_size, file.name))[:KEPT]
    CORPUS.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(CORPUS / f"{target}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.name), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return len(files)


def fuzz(target: str, folder: Path, *, seconds: int, seed: int, careless: bool = False) -> Fuzzed:
    """Fuzz until the time is over or something escapes. `folder` gets inputs and artefacts."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for number, data in enumerate(dict.fromkeys(seeds(target))):
        (corpus / f"seed-{number}").write_bytes(data)
    words = folder / "words"
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in WORDS[target]), encoding="ascii")
    done = _child(
        target,
        [
            *(str(corpus), f"-dict={words}", f"-artifact_prefix={folder}/escape-", f"-seed={seed}"),
            *(f"-max_total_time={seconds}", f"-timeout={DEADLINE}", f"-max_len={LONGEST}"),
            *("-rss_limit_mb=1536", "-print_final_stats=1"),
        ],
        careless=careless,
        seconds=seconds + GRACE,
    )
    return _read(done, folder)


def _quoted(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass"))


def _child(
    target: str, options: list[str], *, careless: bool, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "benchmarks.proof.fuzz_child", target]
    command += ["careless" if careless else "careful", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=seconds, check=False)


def _read(done: subprocess.CompletedProcess[bytes], folder: Path) -> Fuzzed:
    said = done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace")
    executions = re.findall(r"stat::number_of_executed_units:\s*(\d+)", said)
    covered = re.findall(r"cov: (\d+)", said)
    artefacts = sorted(folder.glob("escape-*"))
    escape = ""
    if artefacts or done.returncode:
        raised = re.findall(r"Uncaught Python exception: ===\n(.*)", said)
        other = re.findall(r"ERROR: libFuzzer: (.*)", said)
        escape = next(iter(raised + other), said[-300:] or f"status {done.returncode}")
        (folder / "said").write_text(said, encoding="utf-8")
    return Fuzzed(
        executions=int(executions[-1]) if executions else 0,
        covered=int(covered[-1]) if covered else 0,
        escape=" ".join(escape.split())[:200],
        ended=bool(executions),
    )


def main() -> None:
    """A session by hand."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("target", choices=WORDS)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--folder", type=Path, help="for inputs and artefacts")
    asked.add_argument("--keep", action="store_true", help="keep the inputs that reach new code")
    asked.add_argument("--careless", action="store_true", help="a build without its guards")
    options = asked.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="fuzz-"))
    came = fuzz(
        options.target,
        folder,
        seconds=round(60 * options.minutes),
        seed=options.seed,
        careless=options.careless,
    )
    print(f"{came.executions:,} inputs, {came.covered:,} branches: {came.escape or 'no escape'}")
    if came.escape:
        sys.exit(f"see {folder}")
    if options.keep:
        print(f"{keep(options.target, folder)} inputs kept")


if __name__ == "__main__":
    main()
