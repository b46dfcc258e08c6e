"""Remarks of an open wave, to be read."""

from __future__ import annotations

from uuid import UUID

import pytest

from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.waves import waves


def write(database: Database, *said: str, unit: str = "06652", wave: str = "gop-y") -> list[UUID]:
    """Responses in which people wrote something; their ids, in order; the ones at 4, 9 … are read twice."""
    ids = []
    with database.writing() as session:
        place = waves.place(session, wave, unit)
        for text in said:
            id = UUID(int=(len(ids) * 2**96) | (4 << 76) | (8 << 60) | len(ids))
            submission.submit(
                session.connection(),
                place,
                id,
                Mode.INTERVIEWER,
                {"hl_chung": 4, **({"gop_y": text} if text else {})},
            )
            ids.append(id)
    return ids


@pytest.fixture
def remarks(province: Database) -> list[UUID]:
    """Ten remarks of Hà Tu in the wave `gop-y`."""
    return write(province, *(f"lời thứ {number}" for number in range(10)))
