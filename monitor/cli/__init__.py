"""The command `wirewatch`. Each command is a module of this package, imported when it is called."""

from monitor.cli.main import main

__all__ = ["main"]
