"""What a watchlist lacks: names of facilities in stored texts that it does not know."""

from monitor.suggest.extract import candidates
from monitor.suggest.gather import Gathering, Suggestions
from monitor.suggest.through import through

__all__ = ["Gathering", "Suggestions", "candidates", "through"]
