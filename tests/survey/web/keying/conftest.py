"""A batch of printed forms, and a keyer who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext

from forms import Questionnaire
from survey.fieldwork import serial_numbers
from survey.storage.database import Database
from survey.storage.models import Batch, Role, Sheet, SheetState
from survey.system import dates
from survey.waves import questionnaires

FORMS = [serial_numbers.numbered(1_000_001 + place) for place in range(5)]


@pytest.fixture
def forms() -> list[str]:
    """The numbers of the forms of `batch`, in the order of their places."""
    return FORMS


@pytest.fixture
def batch(province: Database, account: Callable[..., None]) -> Database:
    """Batch B1 of village V1 of `ho-mau`: five forms that are back, the last two to be keyed twice; and the
    accounts `keyer_2` and `supervisor`."""
    today = dates.today()
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=today, returned=today, counted=5))
        session.flush()
        session.add_all(
            Sheet(serial=serial, batch="B1", place=place, state=SheetState.WAITING, double=place > 3)
            for place, serial in enumerate(FORMS, start=1)
        )
        account(session, "keyer_2", Role.KEYER)
        account(session, "supervisor", Role.SUPERVISOR)
    return province


@pytest.fixture
def keyer(app: Flask, batch: Database, sign_in: Callable[[Flask, str], FlaskClient]) -> FlaskClient:
    """A browser without scripts in which the keyer is signed in."""
    return sign_in(app, "keyer")


OFFICE = {"width": 1366, "height": 768}


@pytest.fixture
def context(
    browser: Browser,
    live_server: str,
    app: Flask,
    bring_in: Callable[[BrowserContext, Flask, str], None],
) -> Iterator[BrowserContext]:
    """A browser on an office computer in which the keyer is signed in."""
    made = browser.new_context(viewport=OFFICE, base_url=live_server)
    bring_in(made, app, "keyer")
    yield made
    made.close()


@pytest.fixture
def household(province: Database) -> Questionnaire:
    with province.reading() as session:
        return questionnaires.find(session, "ho_gia_dinh@1")
