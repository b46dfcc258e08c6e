"""The audit trail."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.models.base import Base


class AuditEntry(Base):
    """Who of the staff did what to what, and when; each entry's digest covers the one before. Append-only."""

    __tablename__ = "audit_entry"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))  # ISO 8601, in Việt Nam
    who: Mapped[str] = mapped_column(String(80))
    what: Mapped[str] = mapped_column(String(80))  # an English sentence of the catalogue
    subject: Mapped[str] = mapped_column(String(300))
    changes_figures: Mapped[bool]  # or their names: figures made before it are stale
    digest: Mapped[str] = mapped_column(String(64))
