"""When the last backup was made: one line in the data folder, for the doctor."""

from __future__ import annotations

from datetime import date
from pathlib import Path

FILE = "last-backup"


def note(folder: Path, day: date) -> None:
    """Keeps the day of a backup that was made just now."""
    (folder / FILE).write_text(f"{day.isoformat()}\n")


def day(folder: Path) -> date | None:
    """The day of the last backup, in Việt Nam; None if none is known."""
    try:
        return date.fromisoformat((folder / FILE).read_text().strip())
    except (OSError, ValueError):
        return None
