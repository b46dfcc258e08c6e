"""The API as a whole: its errors, its description, and whether it is well."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from survey.operations.health import trouble
from survey.storage import faults
from survey.web import login
from survey.web.current import database
from survey.web.pages import Pages
from translations import gettext as _

pages = Pages("api", __name__)

DESCRIPTION = Path(__file__).parent / "openapi.yaml"


def problem(status: int, detail: str, **more: object) -> Response:
    """An answer by RFC 9457 (application/problem+json)."""
    title = HTTPStatus(status).phrase
    answer = jsonify({"type": "about:blank", "title": title, "status": status, "detail": detail, **more})
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


@pages.before_request
def _by_token() -> None:
    """Notes that a token is in use; here, since no transaction is open yet."""
    if "Authorization" in request.headers and current_user.is_authenticated:
        login.note_use()


@pages.get("/healthz")
def health() -> ResponseReturnValue:
    """200 while a form can be kept; what is in the way stands in the log."""
    if (refusal := trouble(database())) is None:
        return {"status": "ok"}
    faults.log(refusal, "no form can be kept")
    answer = problem(503, _("No response can be stored now. The server's log says why."))
    answer.headers["Retry-After"] = "30"
    return answer


@pages.get("/api/v1/openapi.json")
def description() -> ResponseReturnValue:
    """What this is, by OpenAPI 3.1."""
    return jsonify(_description())


@cache
def _description() -> Any:
    return yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
