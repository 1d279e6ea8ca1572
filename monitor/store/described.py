"""How a table is described, and how Datasette is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as people should understand it."""

    what: str
    columns: dict[str, str]
    label: str = ""  # the column that names a row where others refer to it
    sort: str = ""  # newest or most telling first
    facets: tuple[str, ...] = ()


def table_metadata(tables: dict[str, Table]) -> dict[str, object]:
    """The same for Datasette: descriptions, labels, sort order and facets of tables."""
    return {name: _table(table) for name, table in tables.items()}


def _table(table: Table) -> dict[str, object]:
    described: dict[str, object] = {"description": table.what, "columns": table.columns}
    if table.label:
        described["label_column"] = table.label
    if table.sort:
        described["sort_desc"] = table.sort
    if table.facets:
        described["facets"] = list(table.facets)
    return described
