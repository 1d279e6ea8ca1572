"""Network in, clean entries out. Knows no watchlist, no database and no alert."""
