"""`hailong results`."""

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms.parsing import shipped
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.waves.waves import find
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
        release_steps.check(made, "lan")
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


def test_the_main_figure_can_be_computed_again_from_the_file_by_one_command(
    hailong: Callable[..., Any], tmp_path: Path
) -> None:
    """`data` and then `estimate --index` say what `results --item index` says: the province, and each commune."""
    r = random.Random(3)
    [household] = [one for one in shipped() if one.name == "ho_gia_dinh@1"]
    items = household.index.codes()["index"] if household.index else ()
    villages = ("06652,V1", "06652,V2", "06658,V3", "06658,V4")
    rows = [[r.choice(villages), r.choice((1, 2.5)), *r.choices(" 12345", k=len(items))] for _ in range(150)]
    came, out = tmp_path / "phieu.csv", tmp_path / "du-lieu.csv"
    lines = [",".join(str(cell).strip() for cell in row) for row in rows]
    came.write_text("\n".join([f"unit,psu,weight,{','.join(items)}", *lines]) + "\n", encoding="utf-8")
    assert hailong("import", came, "--wave", "ho-mau").code == 0
    assert hailong("data", "--wave", "ho-mau", "--format", "csv", "--out", out).code == 0
    for by in ((), ("--by", "unit")):
        wanted = json.loads(hailong("results", "--wave", "ho-mau", "--item", "index", *by).out)
        found = json.loads(
            hailong(
                "estimate", out, "--weights", "weight", "--strata", "stratum", "--psu", "psu",
                "--single-psu", "centered", "--index", f"index={','.join(items)}:4,5", "--variance", "auto", *by,
            ).out
        )  # fmt: skip
        told = sorted((record for record in wanted if record["n"]), key=lambda record: record["domain"] or "")
        assert len(told) == len(found) == (2 if by else 1)
        for one, other in zip(told, found, strict=True):
            for name, value in other.items():
                assert one[name] == (pytest.approx(value) if isinstance(value, float) else value), name
