"""Inserting what may be there already."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Any, row: Mapping[str, Any]) -> bool:
    """Inserts a row of a model unless one with its primary key is there; whether it was inserted. Of two that come
    at once, the second waits for the first and inserts nothing."""
    return bool(connection.execute(_statement(connection.dialect.name, table.__table__), row).rowcount)


@cache
def _statement(dialect: str, table: Table) -> Insert:
    inserted = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    once = inserted.on_conflict_do_nothing(index_elements=list(table.primary_key))
    return once.execution_options(preserve_rowcount=True)
