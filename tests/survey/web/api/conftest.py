"""A program with a token."""

from __future__ import annotations

from typing import Any

import pytest

from survey.accounts import tokens
from survey.responses import assignments
from survey.storage.database import Database
from survey.storage.models import Mode, Role


@pytest.fixture
def token(province: Database) -> Any:
    """Gives the header with which a program of a role sends and reads."""

    def make(role: Role) -> dict[str, str]:
        with province.writing() as session:
            rows = [tokens.Scope.ROWS] if role is Role.HOME_AFFAIRS else []  # nothing is released: a draft is read
            text = tokens.add(session, f"program-{role}", role, scope=[*tokens.usual(role), *rows])
            if role in assignments.ROLES[Mode.PAPER]:
                assignments.give(session, "ho-mo", f"token:program-{role}", Mode.PAPER, "giam-sat")
        return {"Authorization": f"Bearer {text}"}

    return make
