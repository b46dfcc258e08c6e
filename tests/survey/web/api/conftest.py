"""A program with a token."""

from __future__ import annotations

from typing import Any

import pytest

from survey.accounts import tokens
from survey.storage.database import Database
from survey.storage.models import Role


@pytest.fixture
def token(province: Database) -> Any:
    """Gives the header with which a program of a role sends and reads."""

    def make(role: Role) -> dict[str, str]:
        with province.writing() as session:
            return {"Authorization": f"Bearer {tokens.add(session, f'program-{role}', role)}"}

    return make
