"""Where `wirewatch` starts. Imports nothing by itself.

Each parser process imports what its parent was started from (multiprocessing does), and would load
the command line with it: 15 ms and 2 MB that no parser needs.
"""

from __future__ import annotations


def main() -> None:
    """Run the program. See `monitor.cli.main`."""
    from monitor.cli import main as program  # noqa: PLC0415 - see above

    program()
