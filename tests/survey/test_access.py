"""Who reaches what: every address of the staff names its right, and the table of rights is kept to."""

from __future__ import annotations

import inspect
import re

import pytest
from flask import Flask
from flask_login import login_user

from survey import audit
from survey.database import Database
from survey.models import Role
from survey.people import accounts
from survey.people.accounts import RIGHTS, Person, Right, requires
from translations import Denied

# What a stranger sends or reads stands outside: answers, what a bound device sealed, the description of both.
OPEN_TO_ALL = {"/api/v1/responses", "/api/v1/openapi.json", "/api/v1/sealed"}
GUARDED = re.compile(r"/(nhap-phieu|quan-tri|api/v1)(/|$)")

# Files that hold nobody's answers: figures, drawn villages and households, forms to be printed.
WITHOUT_ROWS = {
    *("staff.table", "staff.table_file", "staff.download", "staff.unit_report", "staff.own_report"),
    *("staff.issued_report", "staff.drawn_file", "staff.household_list_file", "staff.printed_forms"),
}

# The table once more, by hand: a right that slips into a role has to be written in two places.
MAY = {
    Right.KEY: {Role.ADMIN, Role.SUPERVISOR, Role.KEYER},
    Right.INTERVIEW: {Role.ADMIN, Role.SUPERVISOR, Role.INTERVIEWER},
    Right.FIELDWORK: {Role.ADMIN, Role.HOME_AFFAIRS, Role.SUPERVISOR},
    Right.REVIEW: {Role.ADMIN, Role.HOME_AFFAIRS, Role.SUPERVISOR},
    Right.PROGRESS: {Role.ADMIN, Role.HOME_AFFAIRS, Role.COMMUNE, Role.SUPERVISOR},
    Right.RESULTS: {Role.ADMIN, Role.HOME_AFFAIRS},
    Right.REMARKS: {Role.HOME_AFFAIRS},
    Right.OWN_RESULTS: {Role.ADMIN, Role.COMMUNE},
    Right.RELEASE: {Role.ADMIN, Role.HOME_AFFAIRS},
    Right.WAVES: {Role.ADMIN, Role.HOME_AFFAIRS},
    Right.PEOPLE: {Role.ADMIN},
    Right.AUDIT: {Role.ADMIN, Role.AUDITOR},
}


def guarded(app: Flask) -> list[str]:
    rules = [
        rule for rule in app.url_map.iter_rules() if GUARDED.match(rule.rule) and rule.rule not in OPEN_TO_ALL
    ]
    return sorted({rule.endpoint for rule in rules})


def test_every_address_of_the_staff_names_its_right(app: Flask) -> None:
    endpoints = guarded(app)
    assert "entry.sheet" in endpoints
    without = [
        name for name in endpoints if not isinstance(getattr(app.view_functions[name], "right", None), Right)
    ]
    assert not without


def test_who_takes_rows_of_answers_out_has_given_the_password_lately(app: Flask) -> None:
    """Every file that a page sends is either of figures, lists and forms, or asks for the password once more."""
    asking = {name for name in guarded(app) if getattr(app.view_functions[name], "proven", False)}
    assert asking == audit.EXPORTS - WITHOUT_ROWS
    # A module of pages that takes hold of what writes rows has no page that sends a file without asking.
    writers = re.compile(r"\b(exporting|open_bundle|open_data)\b")
    for name in guarded(app):
        view = inspect.unwrap(app.view_functions[name])
        if writers.search(inspect.getsource(view)) and "Response(" in inspect.getsource(view):
            assert name in asking


def test_keying_is_for_those_who_may_key(app: Flask) -> None:
    views = {name: app.view_functions[name] for name in guarded(app) if name.startswith("entry.")}
    assert {getattr(view, "right", None) for view in views.values()} <= {Right.KEY, Right.REVIEW}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_a_role_has_the_rights_of_the_table_and_no_other(app: Flask, role: Role, right: Right) -> None:
    @requires(right)
    def view() -> str:
        return "seen"

    with app.test_request_context("/"):
        login_user(Person("somebody", role, None, ""))
        if role in MAY[right]:
            assert view() == "seen"
            assert right in RIGHTS[role]
        else:
            with pytest.raises(Denied):
                view()


def test_an_address_refuses_the_wrong_role_and_leads_strangers_to_sign_in(app: Flask, province: Database) -> None:
    with province.writing() as session:
        text = accounts.add_token(session, "ke-toan", Role.AUDITOR)
    client = app.test_client()
    assert client.get("/nhap-phieu/").status_code == 302
    assert client.get("/nhap-phieu/", headers={"Authorization": f"Bearer {text}"}).status_code == 403
    assert client.get("/nhap-phieu/", headers={"Authorization": "Bearer made-up"}).status_code == 302
