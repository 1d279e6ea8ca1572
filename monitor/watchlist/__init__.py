"""Watchlists: files that say what is watched, read into `monitor.types.Watchlist`.

The format is described for its users in docs/watchlists.md.
"""

from monitor.watchlist.errors import WatchlistError
from monitor.watchlist.load import bundled, load, parse
from monitor.watchlist.report import Report, report
from monitor.watchlist.selftest import Failure, check

__all__ = ["Failure", "Report", "WatchlistError", "bundled", "check", "load", "parse", "report"]
