"""The description of the API, against what the code does: by hand, and by Schemathesis."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey.accounts import tokens
from survey.accounts.tokens import Scope
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Role
from survey.web.api.taking import KEYS, MODES

THERE = {"format": "csv", "wave": "ho-mo", "name": "noi_phuc_vu@1"}
CHECKS = (
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
)


def test_the_service_is_well_while_the_database_answers(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_the_description_says_what_the_code_does(app: Flask, client: FlaskClient) -> None:
    told = client.get("/api/v1/openapi.json").json
    response = told["components"]["schemas"]["Response"]
    assert told["openapi"].startswith("3.1")
    assert set(response["properties"]) == KEYS
    assert tuple(response["properties"]["mode"]["enum"]) == MODES
    assert tuple(response["properties"]["marks"]["items"]["enum"]) == submission.MARKS
    addresses = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") or rule.rule == "/healthz"
    }
    assert set(told["paths"]) == addresses


def test_what_is_read_takes_the_parameters_that_are_described_alone(
    client: FlaskClient, province: Database, token: Any
) -> None:
    told = client.get("/api/v1/openapi.json").json
    with province.writing() as session:
        text = tokens.add(session, "so-lieu", Role.HOME_AFFAIRS, scope=[Scope.WAVES, Scope.RESULTS, Scope.ROWS])
    reader = {"Authorization": f"Bearer {text}"}
    shared = told["components"]["parameters"]
    for path, operations in told["paths"].items():
        if "security" not in operations.get("get", {}):
            continue
        given = [
            shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            for one in operations["get"]["parameters"]
        ]
        names = [one["name"] for one in given if one["in"] == "query"]
        reply = client.get(f"{path.format(**THERE)}?itme=C5", headers=reader)
        assert (reply.status_code, reply.content_type) == (422, "application/problem+json")
        assert set(re.findall(r"\w+", reply.json["detail"].rpartition(":")[2])) == set(names)
        for name in names:
            status = client.get(f"{path.format(**THERE)}?{name}=", headers=reader).status_code
            assert status in ((404,) if "/rows." in path else (200, 400))  # no release of it has rows


def test_every_reference_of_the_description_leads_somewhere() -> None:
    text = Path("survey/web/api/openapi.yaml").read_text(encoding="utf-8")
    for name in re.findall(r'\$ref: "#/components/(\w+/\w+)"', text):
        kind, _, part = name.partition("/")
        assert re.search(rf"^  {kind}:\n(?:    .*\n|\n)*?    {part}:", text, re.MULTILINE), name


def hold(app: Flask, database: Database, tries: int) -> set[str]:
    """Sends what Schemathesis makes up for each operation, right and wrong, and holds the replies to the
    description; gives the operations."""
    # Loaded when it is needed: each of the processes that run tests collects them all.
    schemathesis = importlib.import_module("schemathesis")
    known_checks = importlib.import_module("schemathesis.specs.openapi.checks")
    checks = [schemathesis.checks.not_a_server_error, *(getattr(known_checks, name) for name in CHECKS)]
    with database.writing() as session:
        token = tokens.add(session, "schemathesis", Role.ADMIN)
    seen = set()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for found in schema.get_all_operations():
        operation = found.ok()
        seen.add(operation.label)

        @given(case=operation.as_strategy(), there=st.booleans())
        @settings(max_examples=tries, database=None, suppress_health_check=list(HealthCheck))
        def once(case: Any, there: bool) -> None:
            known = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
            case.headers = {**(case.headers or {}), **known}
            if there and case.path_parameters:
                case.path_parameters = {name: THERE[name] for name in case.path_parameters}
            reply = case.call()
            case.validate_response(reply, checks=checks)

        once()
    return seen


def test_every_reply_is_one_that_the_description_tells(app: Flask, province: Database) -> None:
    assert "GET /api/v1/waves/{wave}/results" in hold(app, province, 15)


@pytest.mark.soak
def test_every_reply_is_one_that_the_description_tells_for_long(app: Flask, province: Database) -> None:
    assert "POST /api/v1/responses" in hold(app, province, 2_000)
