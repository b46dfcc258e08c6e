"""`hailong results`."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from survey.database import Database
from survey.results import releases
from survey.waves import find
from translations import formats


def test_a_release_reads_the_same_from_the_command_the_page_the_file_and_the_api(
    hailong: Callable[..., Any],
    province: Database,
    app: Flask,
    sign_in: Callable[[Flask, str], FlaskClient],
    tmp_path: Path,
) -> None:
    """Forms that came in later are in none of them, and what is hidden is hidden in all."""
    file = tmp_path / "phieu.csv"

    def imported(levels: list[int]) -> None:
        rows = [f"06652,V{1 + n % 2},1,{1 + n % 3},{level}" for n, level in enumerate(levels)]
        file.write_text("unit,psu,weight,C5,th_dien\n" + "\n".join(rows) + "\n", encoding="utf-8")
        assert hailong("import", file, "--wave", "ho-mau").code == 0

    imported([4, 5, 3, 2, 4, 4, 5, 1])
    with province.writing() as session:
        made = releases.freeze(session, find(session, "ho-mau"), "lan")
        releases.check(session, made, "lan")
        releases.approve(session, made, "minh")
    imported([1] * 30)
    asked = ("results", "--wave", "ho-mau", "--item", "th_dien", "--item", "C5=3", "--release", "1")
    command = json.loads(hailong(*asked).out)
    assert [(record["n"], record["estimate"]) for record in command] == [(8, 0.625), (None, None)]

    client = sign_in(app, "home_affairs")
    api = client.get("/api/v1/waves/ho-mau/results?item=th_dien&item=C5%3D3")
    assert (api.json, api.headers["Hailong-Release"]) == (command, "1")
    hailong("report", "--wave", "ho-mau", "--format", "json", "--out", tmp_path / "bang.json")
    records = json.loads((tmp_path / "bang.json").read_text(encoding="utf-8"))
    assert all(record in records for record in command)
    page = client.get("/quan-tri/ho-mau/bang?muc=th_dien&ban=1").text
    assert formats.percent(command[0]["estimate"]) in page
    rows = csv.DictReader(hailong(*asked, "--output", "csv").out.splitlines())
    assert [row["estimate"] for row in rows] == ["0.625", ""]

    refused = hailong(*asked[:-1], "9")
    assert (refused.code, refused.out) == (1, "")
    assert "has no release 9" in refused.err
