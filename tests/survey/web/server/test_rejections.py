"""What was refused is in the log as counts of a minute, and nothing of what was sent or by whom."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask import Flask

from survey.system import logs
from survey.web.server import rate_limit, rejections
from survey.web.server.rejections import Rejections

MARK = "DauVet-9c1e"
TOLD = [
    *(("api.submit", reason, 1) for reason in ("invalid", "malformed", "too many", "type")),
    *(("respondent.answer", "denied", 1), ("respondent.answer", "invalid", 1), ("keying.sheet", "forged", 1)),
    *(("sign_in.sign_in", "forged", 1), ("sign_in.sign_in", "too large", 1)),
    *(("none", "method", 1), ("none", "unknown", 1)),
]


def test_a_minute_is_told_in_one_line_for_each_page_and_reason(
    clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    counted = Rejections(clock)
    counted.tell()
    for reason, endpoint in (("invalid", "api.submit"), ("forged", "sign_in.sign_in"), ("invalid", "api.submit")):
        counted.count(reason, endpoint)
    clock.now = 59
    counted.tell()
    assert not caplog.records
    clock.now = 60
    counted.tell()
    counted.tell()
    lines = [json.loads(logs.JSON().format(record)) for record in caplog.records]
    assert [(line["refused"], line["endpoint"], line["count"]) for line in lines] == [
        ("forged", "sign_in.sign_in", 1),
        ("invalid", "api.submit", 2),
    ]


def test_each_kind_of_refusal_is_counted_and_nothing_of_it_is_said(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    rejections.HERE.tell(at_once=True)
    caplog.clear()
    app.extensions["rate"] = rate_limit.Rate(1, clock=lambda: 0.0)
    client = app.test_client()
    body = json.dumps({"id": MARK, "answers": {MARK: MARK}})
    from_there = {"environ_base": {"REMOTE_ADDR": "203.0.113.88", "HTTP_USER_AGENT": MARK}}
    client.post("/dang-nhap", data={"name": MARK, "password": MARK}, **from_there)
    client.post("/nhap-phieu/ho-mo/06652", data={"C5": MARK}, **from_there)
    client.post("/s/gop-y/06652", data={"C5": MARK}, headers={"Origin": f"https://{MARK}.vn"}, **from_there)
    client.post("/s/gop-y/06652", data={"C5": MARK}, **from_there)
    client.post("/api/v1/responses", data=body, content_type="application/json", **from_there)
    del app.extensions["rate"]
    client.post("/api/v1/responses", data=body[:-4], content_type="application/json", **from_there)
    client.post("/api/v1/responses", data=body, content_type="application/json", **from_there)
    client.post("/api/v1/responses", data=body, content_type=f"text/{MARK}", **from_there)
    client.post("/dang-nhap", data=MARK * 200_000, **from_there)
    client.open(f"/{MARK}", **from_there)
    client.delete("/dang-nhap", **from_there)
    rejections.HERE.tell(at_once=True)
    said = [record.__dict__["fields"] for record in caplog.records if record.levelno == logging.WARNING]
    assert sorted((one["endpoint"], one["refused"], one["count"]) for one in said) == sorted(TOLD)
    assert MARK not in repr([vars(record) for record in caplog.records])
    assert "203.0.113" not in repr([vars(record) for record in caplog.records])
