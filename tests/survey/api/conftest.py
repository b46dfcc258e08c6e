"""A program with a token."""

from __future__ import annotations

from typing import Any

import pytest

from survey.database import Database
from survey.models import Role
from survey.people import accounts


@pytest.fixture
def token(province: Database) -> Any:
    """Gives the header with which a program of a role sends and reads."""

    def make(role: Role) -> dict[str, str]:
        with province.writing() as session:
            return {"Authorization": f"Bearer {accounts.add_token(session, role.value, role)}"}

    return make
