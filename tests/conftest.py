"""A real database in a file, the shipped questionnaires, and an application for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey import accounts, questionnaires, waves
from survey.app import create_app
from survey.commands.server import prepare
from survey.database import Database
from survey.models import Role, Village, WaveKind


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """SQLite in a file, with the 54 communes and both questionnaires."""
    made = Database(f"sqlite:///{tmp_path / 'hailong.db'}")
    prepare(made)
    yield made
    made.engine.dispose()


@pytest.fixture
def province(database: Database) -> Database:
    """The database with an open public wave `gop-y` (short form), an open `ho-mo` and a sample wave `ho-mau`
    (household form), villages V1 and V2 in Hà Tu (06652) and V3, V4 in Cao Xanh (06658), and an account of each
    of the roles admin, home_affairs, keyer (password `mat-khau-dai`)."""
    start, end = waves.today() - timedelta(30), waves.today() + timedelta(30)
    with database.writing() as session:
        short = questionnaires.find(session, "noi_phuc_vu@1")
        household = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "gop-y", short, WaveKind.OPEN, start, end, public=True)
        waves.create(session, "ho-mo", household, WaveKind.OPEN, start, end)
        waves.create(session, "ho-mau", household, WaveKind.SAMPLE, start, end)
        waves.create(session, "da-dong", household, WaveKind.OPEN, date(2025, 1, 1), date(2025, 2, 1))
        for psu, unit in (("V1", "06652"), ("V2", "06652"), ("V3", "06658"), ("V4", "06658")):
            session.add(Village(wave="ho-mau", psu=psu, unit=unit, stratum=unit, name=f"Thôn {psu}"))
        for role in (Role.ADMIN, Role.HOME_AFFAIRS, Role.KEYER):
            accounts.add(session, role.value, role, "mat-khau-dai")
    return database


@pytest.fixture
def app(province: Database) -> Iterator[Flask]:
    """The application on that province."""
    made = create_app(DATABASE_URL=province.url, SECRET_KEY="tests", TESTING=False)
    yield made
    made.extensions["database"].engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts."""
    return app.test_client()
