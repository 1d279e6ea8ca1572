"""Network in, clean entries out. Knows no watchlist, no database and no alert."""

import sys

# httpx imports its own command line wherever rich is installed: 70 ms and 6 MB that nothing here
# needs. It goes without if that cannot be imported.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None: not to be imported
