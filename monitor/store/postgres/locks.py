"""The advisory locks of ours in a database: "WIRE" and a number."""

from __future__ import annotations

MIGRATING = 0x57495245_0001  # in a transaction: the tables are made or changed
WRITING = 0x57495245_0002  # in a transaction: documents are learnt from
RUNNING = 0x57495245_0003  # of a session: alone by a daemon, shared by workers
MAKING = 0x57495245_0004  # in a transaction: months are made, or go
DISPATCHING = 0x57495245_0011  # in a transaction: due feeds are handed out
STARTING = 0x57495245_0012  # in a transaction: a worker begins
