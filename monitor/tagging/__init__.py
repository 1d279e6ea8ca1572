"""Finds the entities of a watchlist in a text: see `Tagger`."""

from monitor.tagging.engine import Tagger

__all__ = ["Tagger"]
