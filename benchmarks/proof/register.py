"""Every row of the proof, in the order of the table."""

from __future__ import annotations

from benchmarks.proof.rows import Row

ROWS: tuple[Row, ...] = ()
