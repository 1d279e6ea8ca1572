"""One round of reader: `python peer_reader.py DATABASE URLS_FILE`. Runs in the peers' environment.

Prints how many feeds it could read and how many entries it keeps.
"""

import sys
from pathlib import Path

from reader import make_reader

WORKERS = 20


def main() -> None:
    database, urls = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").split()
    reader = make_reader(database)
    for url in urls:
        reader.add_feed(url, exist_ok=True)
    reader.update_feeds(scheduled=False, workers=WORKERS)
    broken = reader.get_feed_counts(broken=True).total
    print(len(urls) - broken, reader.get_entry_counts().total)
    reader.close()


if __name__ == "__main__":
    main()
