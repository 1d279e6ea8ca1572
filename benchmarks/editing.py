"""What a publisher does between two polls: a new entry above the others, or the first one edited.

Done to the bytes, since the documents may be in any encoding and as malformed as they are. A document
in which no entry can be found by its tags stays as it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

from benchmarks.samples import ADDRESS, Sample

_ENTRY = re.compile(rb"<(item|entry)\b[^>]*>.*?</\1\s*>", re.DOTALL)
_ID = re.compile(rb"(<(?:guid|id)\b[^>]*>\s*(?:<!\[CDATA\[)?\s*)(?!https?:|\s)")
_TITLE = re.compile(rb"(<title\b[^>]*>\s*(?:<!\[CDATA\[)?\s*)(?=[^\s<])")


def with_new(sample: Sample, number: int = 1) -> Sample:
    """The document with one more entry at the top: the first one again, as another article."""
    if sample.suffix == ".json":
        return _json(sample, number, new=True)
    found = _ENTRY.search(sample.body)
    if not found:
        return sample
    copy = ADDRESS.sub(rb"\g<0>new%d." % number, found[0])
    copy = _ID.sub(rb"\g<1>new%d-" % number, copy)
    copy = _TITLE.sub(rb"\g<1>Bulletin %d: " % number, copy)
    start = found.start()
    return replace(sample, body=sample.body[:start] + copy + sample.body[start:])


def with_edit(sample: Sample, number: int = 1) -> Sample:
    """The document with a word more in the title of its first entry."""
    if sample.suffix == ".json":
        return _json(sample, number, new=False)
    found = _ENTRY.search(sample.body)
    if not found:
        return sample
    edited = _TITLE.sub(rb"\g<1>Corrected %d: " % number, found[0], count=1)
    start, end = found.span()
    return replace(sample, body=sample.body[:start] + edited + sample.body[end:])


def _json(sample: Sample, number: int, *, new: bool) -> Sample:
    try:
        feed = json.loads(sample.body)
        first = dict(feed["items"][0])
    except (ValueError, LookupError, TypeError):
        return sample
    if new:
        first["id"] = f"new{number}-{first.get('id', '')}"
        first.pop("url", None)
        feed["items"].insert(0, first)
    else:
        feed["items"][0] = first
    first["title"] = f"Bulletin {number}: {first.get('title') or ''}"
    return replace(sample, body=json.dumps(feed, ensure_ascii=False).encode())
