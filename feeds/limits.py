"""What a fetch may cost."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 192 * 2**10  # until a head is whole: h11 takes 100 KiB, and a read brings up to 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may cost."""

    total: float = 30.0  # seconds, connecting, redirects and body together: drips end here
    connect: float = 5.0  # seconds for TCP, and again for TLS; a live server needs under one
    read_gap: float = 10.0  # seconds of silence
    wire_bytes: int = 2 * 2**20  # of a body as sent; feeds of 1 MB exist, of 2 MiB hardly
    body_bytes: int = 8 * 2**20  # of a body when decoded; feeds shrink four- to eightfold
    redirects: int = 5  # http → https → www → new path is three
