"""Which hosts are polled together: the unit of work is the due feeds of one shard.

A host is in one shard for good, and one batch of a shard runs at a time. So nobody else asks the
hosts of a batch meanwhile, on whatever machine it runs.
"""

from __future__ import annotations

from hashlib import sha256

# As many batches may run at once, and no more. With 1,000,000 feeds a shard has 2,000, of which 2 a
# second come due: enough for batches of 50 and more, so that a job a batch is no burden. Fixed: a
# database that was spread over another number would have hosts in two shards.
SHARDS = 512


def shard_of(host: str) -> int:
    """The shard of a host, by the key that `feeds.hosts` gives it; in SQL it is feeds.shard."""
    return int.from_bytes(sha256(host.encode()).digest()[:2]) % SHARDS


def lock_of(shard: int) -> str:
    """The lock of the jobs of a shard: one runs at a time, and one waits at most."""
    return f"shard {shard}"
