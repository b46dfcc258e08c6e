"""Who reaches what: every address of the staff names its right, and the table of rights is kept to."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import login_user

from survey.accounts import second_factors
from survey.accounts.accounts import RIGHTS, Person, Right
from survey.storage.database import Database
from survey.storage.models import Role
from survey.web.pages import Page, guard, page_at
from translations import Denied

SignIn = Callable[[Flask, str], FlaskClient]
# What a stranger sends or reads stands outside: answers, what a bound device sealed, the description of both.
OPEN_TO_ALL = {"/api/v1/responses", "/api/v1/openapi.json", "/api/v1/sealed"}
GUARDED = re.compile(r"/(nhap-phieu|quan-tri|viec|api/v1)(/|$)")

# Doors that lead to nothing of the staff's, and the pages on which one sees to the own account.
FOR_STRANGERS = {"trial", "public", "respondent", "kiosk", "static", "metrics", "choose_password"}
OWN_ACCOUNT = {"sign_in", "passkeys", "single_sign_on"}
PARTS = {"id": uuid4(), "year": 2026, "number": 1, "place": 1, "sheet": uuid4(), "day": "2026-11-25"}
# Who changes this loosens the guard of other accounts, opens the API to a program, or tells everybody.
LOOSENING = {
    "staff.factor_roles",
    "staff.token_list",
    "staff.publish_cases",
    "staff.year_release_step",
    "staff.approve_year",
    "staff.approve_release",
    "staff.withdraw_release",
    "staff.reword_withdrawal",
}

# Files that hold nobody's answers: figures, drawn villages and households, forms to be printed.
WITHOUT_ROWS = {
    *("staff.table", "staff.table_file", "staff.download", "staff.unit_report", "staff.own_report"),
    *("staff.chart", "staff.own_chart", "staff.units_file"),
    *("staff.issued_report", "staff.drawn_file", "staff.household_list_file", "staff.printed_forms"),
    *("staff.scorecard_file", "staff.year_file"),
}

# The table once more, by hand: a right that slips into a role has to be written in two places.
MAY = {
    Right.KEY: {Role.ADMIN, Role.SUPERVISOR, Role.KEYER},
    Right.INTERVIEW: {Role.ADMIN, Role.SUPERVISOR, Role.INTERVIEWER},
    Right.FIELDWORK: {Role.ADMIN, Role.HOME_AFFAIRS, Role.SUPERVISOR},
    Right.REVIEW: {Role.ADMIN, Role.HOME_AFFAIRS, Role.SUPERVISOR},
    Right.PROGRESS: {Role.ADMIN, Role.HEAD, Role.HOME_AFFAIRS, Role.COMMUNE, Role.SUPERVISOR},
    Right.RESULTS: {Role.ADMIN, Role.HEAD, Role.HOME_AFFAIRS},
    Right.REMARKS: {Role.HOME_AFFAIRS},
    Right.OWN_RESULTS: {Role.ADMIN, Role.HEAD, Role.HOME_AFFAIRS, Role.COMMUNE},
    Right.RELEASE: {Role.ADMIN, Role.HOME_AFFAIRS},
    Right.APPROVE: {Role.HEAD},
    Right.WAVES: {Role.ADMIN, Role.HOME_AFFAIRS},
    Right.QUESTIONS: {Role.ADMIN, Role.HOME_AFFAIRS},
    Right.PUBLISH: {Role.ADMIN, Role.HEAD, Role.HOME_AFFAIRS},
    Right.ROWS: {Role.HOME_AFFAIRS},
    Right.PEOPLE: {Role.ADMIN},
    Right.AUDIT: {Role.ADMIN, Role.AUDITOR},
    Right.YEAR: {Role.ADMIN, Role.HEAD, Role.HOME_AFFAIRS},
    Right.OWN_DUTIES: {Role.COMMUNE, Role.OFFICE},
}

# The right of each address likewise: a page that slips to a weaker right has to be written in two places, too.
NEEDS = {
    Right.KEY: """
        keying.choose_unit keying.choose_wave keying.give_back keying.open_form keying.printed keying.save
        keying.set_aside keying.sheet staff.forget_scan staff.scan_picture staff.scanned staff.scans
    """,
    Right.FIELDWORK: """
        staff.accounting staff.assignments staff.batch staff.clear_frame staff.close_fieldwork
        staff.draw_sample staff.drawn staff.drawn_file staff.frame_file staff.hand_over
        staff.household_list staff.household_list_file staff.import_counts staff.import_frame
        staff.invitations staff.kiosks staff.more_forms staff.batches staff.plan_sample staff.poster_file
        staff.posters staff.print_forms staff.printed_forms staff.quarantine staff.response_rates
        staff.revoke_device staff.sample staff.use_draw staff.use_weights staff.weights
    """,
    Right.REVIEW: """
        keying.settle keying.to_settle staff.compute_agreement staff.decide_keying staff.draw_reinterviews
        staff.effects staff.keying staff.lot staff.lots staff.open_matters staff.patterns staff.reinterview
        staff.reinterview_list staff.reinterviews staff.review staff.reviewed staff.take_back_form
    """,
    Right.PROGRESS: """
        api.questionnaire api.questionnaire_list api.unit_list api.wave_list staff.index staff.progress
    """,
    Right.RESULTS: """
        staff.changes staff.chart staff.download staff.how staff.issued_report staff.items staff.map
        staff.modes staff.open_data staff.open_file staff.overview staff.release staff.release_list
        staff.remarks
        staff.reports staff.series staff.table staff.table_file staff.unit staff.unit_report
        staff.unit_reports staff.units staff.units_file
    """,
    Right.OWN_RESULTS: "api.wave_results staff.own_chart staff.own_report staff.own_unit",
    Right.REMARKS: """
        staff.paraphrases staff.read_remarks staff.remark staff.theme_step staff.themes
        staff.withdraw_paraphrase
    """,
    Right.RELEASE: "staff.check_release staff.freeze_release staff.issue staff.year_release_step",
    Right.APPROVE: """
        staff.approve_release staff.approve_year staff.preview_release
        staff.reword_withdrawal staff.withdraw_release
    """,
    Right.WAVES: """
        staff.close_wave staff.import_file staff.new_wave staff.recall_import staff.remove_wave
        staff.reopen_fieldwork staff.wave_settings
    """,
    Right.QUESTIONS: """
        staff.add_language staff.answer_hint staff.begin_draft staff.draft_from_file staff.draw_item
        staff.drop_draft staff.rearrange staff.remove_language staff.remove_recording staff.renew_version
        staff.save_draft staff.save_item staff.save_scores staff.send_draft staff.send_recordings
        staff.take_items staff.take_translations
    """,
    Right.PUBLISH: """
        staff.draft staff.draft_drawn staff.draft_file staff.draft_item staff.draft_languages
        staff.draft_recording staff.draft_scores staff.give_back_draft staff.publish_draft staff.question_bank
        staff.translations_file staff.try_draft
        staff.version staff.version_differences staff.version_drawn staff.version_file
        staff.workshop
    """,
    Right.ROWS: "api.wave_rows staff.codebook staff.rows staff.rows_file",
    Right.PEOPLE: "staff.factor_roles staff.people staff.person staff.remove_token staff.token_list",
    Right.AUDIT: "staff.audit_trail",
    Right.YEAR: """
        staff.add_duty staff.duty staff.feedback staff.import_cases staff.import_plan staff.import_progress
        staff.import_published staff.import_replies staff.import_scores staff.open_case staff.plan
        staff.publish_cases staff.publish_scorecard staff.published staff.report_task staff.scorecard
        staff.scorecard_file staff.scorecard_part staff.scorecards staff.withdraw_case staff.year
        staff.year_document staff.year_file staff.year_waves staff.years
    """,
    Right.OWN_DUTIES: "duties.my_case duties.my_duty duties.my_work",
}


def guarded(app: Flask) -> list[str]:
    rules = [
        rule for rule in app.url_map.iter_rules() if GUARDED.match(rule.rule) and rule.rule not in OPEN_TO_ALL
    ]
    return sorted({rule.endpoint for rule in rules})


def declared(app: Flask) -> dict[str, Page]:
    """The pages of staff, by endpoint."""
    with app.app_context():
        return {name: page for name in guarded(app) if (page := page_at(name)) is not None}


def test_every_address_of_the_staff_needs_the_right_of_the_table_and_no_weaker_one(app: Flask) -> None:
    assert [*declared(app)] == guarded(app)
    rights = {name: page.right for name, page in declared(app).items()}
    assert rights == {name: right for right, names in NEEDS.items() for name in names.split()}


def test_whose_role_needs_a_second_factor_reaches_nothing_but_the_own_account_before(
    app: Flask, province: Database, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the whole map of addresses, reading and sending: led to the page that adds it, or refused."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    client = sign_in(app, "admin")
    with province.writing() as session:
        second_factors.require(session, [Role.ADMIN])
    reached, tried = set(), 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in FOR_STRANGERS | OWN_ACCOUNT or rule.rule in OPEN_TO_ALL:
            continue
        values = {name: PARTS.get(name, "khong-co") for name in rule.arguments}
        values |= {"id": 1} if "<int:id>" in rule.rule else {}
        address = app.url_map.bind("localhost").build(rule.endpoint, values, method=next(iter(rule.methods or ())))
        for method in {"GET", "POST"} & (rule.methods or set()):
            answer = client.open(address, method=method)
            tried += 1
            if answer.location != "/tai-khoan/lop-thu-hai" and answer.status_code not in (401, 403):
                reached.add(rule.endpoint)
    assert tried > 100
    assert reached == {"interviewer.worker", "api.health"}  # a script, and whether the database answers


def test_who_takes_rows_of_answers_out_has_given_the_password_lately(app: Flask) -> None:
    """Every file that a page sends is either of figures, lists and forms, or asks for the password once more."""
    asking = {name for name, page in declared(app).items() if page.reauthenticate}
    exports = {name for name, page in declared(app).items() if page.export}
    programs = {name for name, page in declared(app).items() if page.by_token}
    assert programs == {"api.wave_rows"}
    assert asking | programs == (exports - WITHOUT_ROWS) | LOOSENING
    # A module of pages that takes hold of what writes rows has no page that sends a file without asking.
    writers = re.compile(r"\b(exporting|open_bundle|open_data)\b")
    for name in guarded(app):
        view = inspect.unwrap(app.view_functions[name])
        if writers.search(inspect.getsource(view)) and "Response(" in inspect.getsource(view):
            assert name in asking


def test_keying_is_for_those_who_may_key(app: Flask) -> None:
    rights = {page.right for name, page in declared(app).items() if name.startswith("keying.")}
    assert rights == {Right.KEY, Right.REVIEW}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_a_role_has_the_rights_of_the_table_and_no_other(app: Flask, role: Role, right: Right) -> None:
    view = guard(Page(right), lambda: "seen")
    with app.test_request_context("/"):
        login_user(Person("somebody", role, None, ""))
        if role in MAY[right]:
            assert view() == "seen"
            assert right in RIGHTS[role]
        else:
            with pytest.raises(Denied):
                view()


def test_an_address_refuses_the_wrong_role_and_leads_strangers_to_sign_in(
    app: Flask, province: Database, account: Callable[..., None], sign_in: SignIn
) -> None:
    with province.writing() as session:
        account(session, "kiem-tra", Role.AUDITOR)
    client = app.test_client()
    assert client.get("/nhap-phieu/").status_code == 302
    assert sign_in(app, "kiem-tra").get("/nhap-phieu/").status_code == 403
    assert client.get("/nhap-phieu/", headers={"Authorization": "Bearer made-up"}).status_code == 302


def test_a_commune_that_may_not_open_a_page_is_led_to_its_own(
    app: Flask, province: Database, account: Any, sign_in: Any
) -> None:
    with province.writing() as session:
        account(session, "xa", Role.COMMUNE, "06652")
    answer = sign_in(app, "xa").get("/quan-tri/ho-mau/")
    assert (answer.status_code, 'href="/quan-tri/ho-mau/xa-minh">Đến trang' in answer.text) == (403, True)
