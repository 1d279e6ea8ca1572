"""`wirewatch worker` whose loss is noticed in seconds: the answers of tests come at once.

    python -m tests.support.quick_worker wirewatch.toml [unfenced]

`unfenced`: without the claim, as a twin that has to do harm.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from monitor.cluster.lease import Rhythm
from monitor.cluster.worker import work
from monitor.config import load
from monitor.logs import set_up
from monitor.store.postgres import claims

RHYTHM = Rhythm(beat=0.5, lease=2.0, stalled=4.0)


def main() -> None:
    config, *broken = sys.argv[1:]
    if broken == ["unfenced"]:
        claims.hold = lambda *_: None  # type: ignore[assignment]
    settings = load(Path(config))
    set_up(settings.log.level, settings.log.format)
    sys.exit(not asyncio.run(work(settings, rhythm=RHYTHM)))


if __name__ == "__main__":
    main()
