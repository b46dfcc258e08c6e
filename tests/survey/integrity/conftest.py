"""A wave with digests, and the file of them that somebody kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from survey.integrity import digest_file, digests
from survey.integrity.digest_file import Kept
from survey.storage import audit
from survey.storage.database import Database
from tests.survey.integrity.chain_rows import TODAY, WAVE, days, decisions


@pytest.fixture
def kept(province: Database, tmp_path: Path) -> Kept:
    """Three days of forms with a lot each; on the day after, decisions of each kind. The file of all of it."""
    ids = days(province, 3)
    with audit.acting("lan", "Computed weights"), province.writing() as session:
        decisions(session, ids, TODAY)
    digests.close_days(province, datetime.now(UTC), WAVE)
    file = tmp_path / "ma.txt"
    with province.reading() as session:
        file.write_text(digest_file.text(session, WAVE), encoding="utf-8")
    return digest_file.read(file)
