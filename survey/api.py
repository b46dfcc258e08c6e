"""`/api/v1`: responses, results, and the description of both."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

pages = Blueprint("api", __name__)


def problem(status: int, detail: str, **more: object) -> Response:
    """An answer by RFC 9457 (application/problem+json)."""
    answer = jsonify({"type": "about:blank", "status": status, "detail": detail, **more})
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer
