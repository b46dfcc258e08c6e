"""What several rooms key."""

from __future__ import annotations

import pytest

from survey.fieldwork import keying
from survey.storage.database import Database
from survey.waves import questionnaires


@pytest.fixture
def typed(province: Database) -> dict[str, str]:
    """A form on which every question has its first answer, of a household that replaces none."""
    with province.reading() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
    items = (*keying.head(), *questionnaire.keyed)
    return {item.code: str(next(iter(item.choices))) for item in items if item.choices} | {"ho_thay_the": "9"}
