"""Which items are the same text again, and which tell of the same event.

    read → sign → Window.candidates → compare → place

Pure but for the window, which is memory. `docs/stories.md` says how well it does.
"""

from monitor.stories.compare import Verdict, compare
from monitor.stories.piece import Piece, read
from monitor.stories.place import Placement, place
from monitor.stories.twins import Twins
from monitor.stories.window import Candidate, Signature, Window, sign

__all__ = [
    "Candidate",
    "Piece",
    "Placement",
    "Signature",
    "Twins",
    "Verdict",
    "Window",
    "compare",
    "place",
    "read",
    "sign",
]
