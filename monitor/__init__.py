"""Decides, remembers, runs: configuration, watchlist, tagging, judge, store, daemon, commands."""
