"""What people get to see: sample alerts as mails and Slack messages, as HTML to look at.

    python -m benchmarks.preview FOLDER

Real payloads of the real channels, from sample alerts in five languages, hostile text among them.
Slack's JSON is drawn as Slack draws it, near enough to see what is cut, crowded or wrong.
"""

from __future__ import annotations

import argparse
import html
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from alerts.letter import letter
from alerts.settings import EmailSettings
from alerts.slack import payloads
from alerts.types import Alert, Named
from monitor.announce import alert_of
from monitor.records import Waiting
from monitor.undelivered import RELATION, GivenUp, payload
from tests.support.sample import alert
from tests.support.smtp import parts

SETTINGS = EmailSettings(
    name="desk", host="mail.example.org", sender="Wirewatch <wirewatch@example.org>",
    to=("analyst@example.org",),
)  # fmt: skip


# ── samples ──────────────────────────────────────────────────────────────────────────────────────


def _about(entity: str, name: str, surface: str, sector: str) -> Named:
    return Named(entity=entity, name=name, sector=sector, kind="facility", surface=surface)


def _told(number: int, title: str, text: str, surface: str, named: Named, **more: Any) -> Alert:
    start = text.index(surface)
    return alert(
        id=number, story=number, title=title, snippet=text,
        snippet_marks=((start, start + len(surface)),), named=(named,), key=f"sample-{number:08}",
        **more,
    )  # fmt: skip


TANCHON = _about("tanchon-power-station", "Tanchon Power Station", "단천발전소", "electric-power")
HUICHON = _about("huichon-power-station", "Huichon Power Station", "熙川発電所", "electric-power")
SUNCHON = _about(
    "sunchon-cement-complex", "Sunchon Cement Complex", "순천세멘트련합기업소", "cement"
)

KOREAN = _told(
    2, "단천발전소건설장에서 물길굴공사 마감단계",
    "…건설자들은 단천발전소 6호발전소 물길굴뚫기를 기한전에 끝내고 콩크리트치기에 들어갔다. "
    "련합기업소에서는 설비조립을 다그치고있다…",
    "단천발전소", TANCHON, language="ko", source="예시통신", origins=2, copies=3,
)  # fmt: skip
JAPANESE = _told(
    3, "熙川発電所、第3号機の改修完了か 衛星画像が示す変化",
    "…熙川発電所では排水口付近の工事が終わり、送電設備の更新も進んでいるとみられる…",
    "熙川発電所", HUICHON, language="ja", source="例新聞", source_kind="newspaper", copies=0,
)  # fmt: skip
EDIT = _told(
    4, "Cement output at Sunchon doubles, ministry says",
    "…the Sunchon Cement Complex produced twice as much as planned in October, officials said…",
    "Sunchon Cement Complex",
    replace(SUNCHON, surface="Sunchon Cement Complex"),
    relation="edit", news="An edit added Sunchon Cement Complex; it removed Tanchon Power Station.",
    source="Example Wire", published_at=None, published_raw="yesterday evening",
)  # fmt: skip
LONG = _told(
    5, "Ministry of Construction and Building-Materials Industry reviews the year's work " * 4,
    ("…" + "a paragraph of a long report that goes on about everything " * 6
     + "the Tanchon Power Station " + "and everything again " * 20),
    "Tanchon Power Station", replace(TANCHON, surface="Tanchon Power Station"),
)  # fmt: skip
HOSTILE = replace(
    alert(id=6, in_doubt=True),
    title="<!channel> <script>alert(1)</script> *bold* _it_ `x` & <http://evil.example|bank>\u202egnp",
    source="R&D <b>Wire</b> | @here",
    snippet="a\u2028b <img src=x onerror=alert(1)> Tanchon Power Station \x1b[31m <@U1> &lt;b&gt;",
    snippet_marks=((35, 56),),
    url="javascript:alert(1)",
    published_raw="<!here>",
    named=(replace(TANCHON, surface="<Tanchon> & Co"),) * 2 + (HUICHON, SUNCHON),
)


def _digest() -> Alert:
    told = [alert(), KOREAN, JAPANESE, EDIT, HOSTILE]
    stories = [
        replace(one, id=n, first_seen_at=one.first_seen_at + timedelta(minutes=7 * n))
        for n, one in enumerate([*told, *told[:3]], 1)
    ]
    return replace(
        stories[0],
        parts=tuple(stories),
        batch="digest of power stations, due 2026-11-21T22:00:00.000Z",
    )


def _notice() -> Alert:
    dead = [
        GivenUp(
            id=n, channel="desk", title=one.title, why="Slack answered 410: channel_is_archived"
        )
        for n, one in enumerate((alert(), KOREAN, EDIT), 41)
    ]
    row = Waiting(
        id=44, rule="", channel="mail", story=1, payload=payload(dead, alert().first_seen_at),
        attempts=0, in_doubt=False, key="notice-00000001", origins=1, copies=0, relation=RELATION,
    )  # fmt: skip
    return alert_of(row)


SAMPLES = {
    "alert": alert(),
    "korean": KOREAN,
    "japanese": JAPANESE,
    "edit": EDIT,
    "long": LONG,
    "hostile": HOSTILE,
    "digest": _digest(),
    "notice": _notice(),
}


# ── Slack ────────────────────────────────────────────────────────────────────────────────────────

_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Slack</title><style>
body{{margin:0;background:#fff;color:#1d1c1d;font:15px/1.46 Lato,'Noto Sans','Noto Sans CJK KR',sans-serif}}
.message{{max-width:680px;padding:10px 20px 18px;border-bottom:1px solid #eee}}
.who{{font-weight:900}} .who small{{font-weight:400;color:#616061}}
h2{{font-size:18px;line-height:1.33;font-weight:900;margin:6px 0}}
p{{margin:6px 0;white-space:pre-wrap;overflow-wrap:anywhere}} a{{color:#1264a3;text-decoration:none}}
blockquote{{margin:6px 0;padding-left:12px;border-left:4px solid #ddd;white-space:pre-wrap}}
.context{{font-size:13px;color:#616061}} .fallback{{font-size:12px;color:#999;margin-top:10px}}
</style></head><body>{}</body></html>"""


def slack_page(messages: Sequence[dict[str, Any]]) -> str:
    """The messages one under the other."""
    return _PAGE.format("".join(map(_message, messages)))


def _message(message: dict[str, Any]) -> str:
    blocks = "".join(map(_block, message.get("blocks", [])))
    notification = message["text"]  # escaped for Slack, whose entities are HTML's
    return (
        '<div class="message"><div class="who">Wirewatch <small>APP 06:15</small></div>'
        f'{blocks}<div class="fallback">notification: {notification}</div></div>'
    )


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"<h2>{html.escape(block['text']['text'])}</h2>"
        case "section":
            return f"<p>{_text(block['text'])}</p>"
        case "context":
            return f'<p class="context">{" ".join(map(_text, block["elements"]))}</p>'
        case "rich_text":
            return "".join(map(_quote, block["elements"]))
        case other:
            raise ValueError(other)


def _quote(element: dict[str, Any]) -> str:
    leaves = (
        f"<b>{html.escape(leaf['text'])}</b>" if leaf.get("style") else html.escape(leaf["text"])
        for leaf in element["elements"]
    )
    return f"<blockquote>{''.join(leaves)}</blockquote>"


def _text(text: dict[str, Any]) -> str:
    return _mrkdwn(text["text"]) if text["type"] == "mrkdwn" else html.escape(text["text"])


def _mrkdwn(text: str) -> str:
    """Slack's markup, whose & < > are entities already; what would ping people is drawn red."""
    text = re.sub(r"<(https?://[^|>]*)\|?([^>]*)>", r'<a href="\1">\2</a>', text)
    text = re.sub(r"<([@#!][^>]*)>", r'<b style="color:red">\1</b>', text)
    return re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", text)


# ── the folder ───────────────────────────────────────────────────────────────────────────────────


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `mail-NAME.html`, `mail-NAME.txt` and `slack.html`, `slack-digest.html`."""
    asked = argparse.ArgumentParser(prog="benchmarks.preview", description="Samples to look at.")
    asked.add_argument("folder", type=Path)
    folder: Path = asked.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, sample in SAMPLES.items():
        mail = letter(sample, SETTINGS, SETTINGS.to[0], sample.first_seen_at)
        text, page = parts(mail)
        (folder / f"mail-{name}.html").write_text(page, encoding="utf-8")
        (folder / f"mail-{name}.txt").write_text(f"Subject: {mail['Subject']}\n\n{text}")
        (folder / f"slack-{name}.html").write_text(slack_page([payloads(sample)[0]]))
    alone = [payloads(sample)[0] for sample in SAMPLES.values() if not sample.parts]
    (folder / "slack.html").write_text(slack_page(alone), encoding="utf-8")
    print(f"{len(SAMPLES)} samples in {folder}")


if __name__ == "__main__":
    main()
