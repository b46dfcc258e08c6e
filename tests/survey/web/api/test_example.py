"""The program of docs/api.md does what the page says, with Python alone, against a served application."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from survey.storage.models import Role

DOCS = Path(__file__).resolve().parents[4] / "docs"
PROGRAM = DOCS / "examples" / "results.py"


def run(server: str, token: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Runs it in a Python that has no packages but its own."""
    environment = {"HAILONG_TOKEN": token["Authorization"].removeprefix("Bearer "), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-I", "-S", str(PROGRAM), server, *words]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)


def test_the_program_prints_each_percentage_with_interval_and_base_and_no_hidden_one(
    client: FlaskClient, live_server: str, token: Any
) -> None:
    for unit, choices in (("06652", [1] * 7 + [2] * 3), ("06658", [1, 2, 1]), ("06661", [1, 1, 2, 2, 1])):
        for choice in choices:
            sent = {"id": str(uuid4()), "wave": "ho-mo", "unit": unit, "mode": "phone", "answers": {"C4": choice}}
            assert (
                client.post(
                    "/api/v1/responses", data=json.dumps(sent), content_type="application/json"
                ).status_code
                == 201
            )
    reader = token(Role.HOME_AFFAIRS)
    [record] = client.get("/api/v1/waves/ho-mo/results?item=C4%3D1", headers=reader).json

    whole = run(live_server, reader, "ho-mo", "--item", "C4=1")
    assert whole.returncode == 0, whole.stderr
    low, high = (f"{100 * record[end]:.1f}" for end in ("low", "high"))
    assert whole.stdout.split() == f"C4=1 all {100 * record['estimate']:.1f} % ({low} to {high} %; n = 18)".split()

    by_unit = run(live_server, reader, "ho-mo", "--item", "C4=1", "--by", "unit").stdout.splitlines()
    assert len(by_unit) == 54  # more than one page
    [here] = [line for line in by_unit if "Hà Tu" in line]
    assert "70.0 % (" in here
    assert here.endswith("n = 10)")
    assert [line for line in by_unit if line.endswith("hidden")]


def test_the_program_says_none_and_all_in_words_with_their_bound(
    client: FlaskClient, live_server: str, token: Any
) -> None:
    for unit in ("06652", "06658", "06661") * 4:
        sent = {"id": str(uuid4()), "wave": "ho-mo", "unit": unit, "mode": "phone", "answers": {"C4": 1}}
        assert client.post("/api/v1/responses", json=sent).status_code == 201
    reader = token(Role.HOME_AFFAIRS)
    items = ["--item", "C4=1", "--item", "C4=2"]
    every, none = run(live_server, reader, "ho-mo", *items).stdout.splitlines()
    assert re.fullmatch(r"C4=1 +all +all of 12, at least \d+\.\d %", every)
    assert re.fullmatch(r"C4=2 +all +none of 12, at most \d+\.\d %", none)


def test_the_program_names_the_commune_of_a_communes_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {
        "item": "C4", "value": "1", "domain": "06652", "statistic": "proportion", "estimate": 0.7, "low": 0.5,
        "high": 0.9, "n": 40, "flags": [],
    }  # fmt: skip
    program = runpy.run_path(str(PROGRAM))
    answers = {"units": [{"code": "06652", "name": "Hà Tu"}], "results": [record]}
    monkeypatch.setitem(
        program["main"].__globals__,
        "records",
        lambda address, _token: iter(answers["units" if address.endswith("/units") else "results"]),
    )
    monkeypatch.setenv("HAILONG_TOKEN", "token")
    monkeypatch.setattr(sys, "argv", ["results.py", "https://hailong.example.vn", "ho-mo"])
    program["main"]()
    assert "Hà Tu" in capsys.readouterr().out


def test_the_program_says_of_one_or_two_cases_that_they_are_fewer_than_three() -> None:
    in_words = runpy.run_path(str(PROGRAM))["in_words"]
    record = {
        "estimate": None,
        "statistic": "proportion",
        "low": None,
        "high": 0.127,
        "n": 54,
        "flags": ["under_3"],
    }
    assert in_words(record) == "fewer than 3 of 54, at most 12.7 %"
    assert in_words({**record, "n": None, "high": None, "flags": ["hidden"]}) == "hidden"


def test_an_item_that_a_wave_has_not_is_refused_with_the_status_that_the_page_tells(
    client: FlaskClient, token: Any
) -> None:
    assert client.get("/api/v1/waves/ho-mo/results?item=Z99", headers=token(Role.HOME_AFFAIRS)).status_code == 400
    assert "| 400 |" in (DOCS / "api.md").read_text(encoding="utf-8")


def test_the_program_says_what_the_server_refuses(live_server: str, token: Any) -> None:
    refused = run(live_server, token(Role.KEYER), "ho-mo")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("403: ")


def test_the_page_explains_every_field_of_a_record_and_every_address_that_gives_data(client: FlaskClient) -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    description = client.get("/api/v1/openapi.json").json
    fields = description["components"]["schemas"]["Estimate"]["required"]
    read = [address for address, acts in description["paths"].items() if "get" in acts and "{" not in address]
    assert not [field for field in fields if f"`{field}`" not in page]
    assert not [address for address in read if address.startswith("/api/") and address not in page]
