"""One round of feed-to-sqlite: `python peer_feed_to_sqlite.py DATABASE URLS_FILE`.

Runs in the peers' environment. As its command does it, one client for all feeds, but for this: a
feed that it cannot take does not end the round. Prints how many feeds it could take and how many
entries it keeps.
"""

import sys
from pathlib import Path

import httpx
from feed_to_sqlite.ingest import ingest_feed
from sqlite_utils import Database


def main() -> None:
    database, urls = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").split()
    good = 0
    with httpx.Client() as client:
        for url in urls:
            try:
                ingest_feed(database, table_name="entries", url=url, client=client)
            except Exception:  # noqa: BLE001 - whatever it trips over, the others count
                continue
            good += 1
    print(good, Database(database)["entries"].count)


if __name__ == "__main__":
    main()
