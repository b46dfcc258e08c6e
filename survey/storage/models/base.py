"""What all tables share."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Enum, MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Names of constraints follow one pattern, so that a migration can name what it changes."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


def enum_column(kind: type[StrEnum]) -> Enum:
    """Stored as text, so that a new member needs no change of a database type."""
    return Enum(kind, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])
