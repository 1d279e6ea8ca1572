"""The store: one SQLite file, one writer. SQL stands in this package and nowhere else."""

from monitor.store.store import Store

__all__ = ["Store"]
