"""Texts that break out of where they are shown: mail, chat, page, terminal, spreadsheet."""

from __future__ import annotations

RTL = "\u202e"

HOSTILE = {
    "line feed": "one\nBcc: boss@example.com",
    "carriage return": "one\r\nBcc: boss@example.com\r\n\r\nbody",
    "line separator": "one\u2028two",
    "vertical tab": "one\x0btwo",
    "next line": "one\x85two",
    "file separator": "one\x1ctwo",
    "escape": "one \x1b]0;two\x07 \x1b[31mred",
    "NUL": "one\x00two",
    "surrogate": "one \ud800 two",
    "bidi": f"invoice {RTL}fdp.exe",
    "marks of direction": "\u200fone\u200e two \u2067three\u2069 \u061cfour",
    "address": "javascript:alert(1)",
    "paragraph separator": "one\u2029two",
    "ampersand": "R&D & &amp; &#60;script&#62;",
    "zero-width": "pay\u200bpal",
    "broadcast": "<!channel> look",
    "user": "<@U1> look",
    "group": "<!subteam^S1> look",
    "channel link": "<#C1|general>",
    "disguised link": "<http://evil.example|https://bank.example>",
    "date": "<!date^1392734382^{date}|x>",
    "entities": "&lt;!channel&gt; &amp; R&D",
    "pipe": "a|b|c",
    "mrkdwn": "*bold* _it_ ~no~ `code` ```block",
    "tags": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=alert(1) x=\"' style='",
    "comment": "<!--><img src=x onerror=alert(1)>-->",
    "closing": "</title></h1></style><svg onload=alert(1)>",
    "long": "단천발전소 " * 2_000_000,
    "long word": "a" * 100_000,
    "all escapes": "<&>" * 5_000,
    "emoji": "🏭" * 5_000,
    "marks": "e" + "\u0301" * 5_000,
    "blank": "   ",
    "fillers": "\u3164\u115f",
    "nothing": "",
    "encoded word": "=?utf-8?q?=0ABcc:_boss@example.com?=",
    "dot": ".\r\n.\r\nQUIT",
}

# What a spreadsheet takes for a formula, or makes one of.
FORMULAS = (
    '=HYPERLINK("http://e.example")', "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\0=1",
    "＝1+1", " =1", "'=1", '"=1', "-", "+", "=", "@", "-12.5.1", "+1e", "-0x1", "\u00a0=1", "＠x",
)  # fmt: skip
