"""The day in Việt Nam."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def today() -> date:
    """The day in Việt Nam, wherever the server stands."""
    return day_of(datetime.now(UTC))


def day_of(moment: datetime) -> date:
    """The day in Việt Nam at a moment."""
    return moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()
