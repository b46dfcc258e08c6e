"""An index over questions on scales of five and of three levels: each answer is worth what its own scale says."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from forms import Questionnaire, parse
from survey.data_files import exporting
from survey.reports import report
from survey.responses import submission
from survey.results import r_code, result_table, summary
from survey.storage.database import Database
from survey.storage.models import Mode, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

LEVELS = {"muc_do": range(1, 6), "kip_thoi": range(1, 4)}
SCORES = {"muc_do": {1: 0, 2: 0.25, 3: 0.5, 4: 0.75, 5: 1}, "kip_thoi": {1: 0, 2: 0.5, 3: 1}}
SHARES = {"muc_do": {1: 0, 2: 0, 3: 0, 4: 1, 5: 1}, "kip_thoi": {1: 0, 2: 0, 3: 1}}


def said(words: str) -> dict[str, str]:
    return {"vi": words, "en": words}


def planted() -> Questionnaire:
    items = [
        {"code": code, "kind": "scale", "scale": scale, "missing": [98], "label": said(code)}
        for code, scale in (("muc_a", "muc_do"), ("kip_a", "kip_thoi"), ("muc_b", "muc_do"), ("kip_b", "kip_thoi"))
    ]
    factors = [
        {"code": f"LD.{letter.upper()}", "label": said(letter), "items": [f"muc_{letter}", f"kip_{letter}"]}
        for letter in "ab"
    ]
    rules = [
        {"name": name, "label": said(name), "scores": scores}
        for name, scores in (("points", SCORES), ("share", SHARES))
    ]
    document = {
        "code": "hai_thang",
        "version": 1,
        **{key: said(key) for key in ("title", "purpose", "consent")},
        "missing": {"98": said("?")},
        "scales": {name: {str(level): said(f"{level}") for level in levels} for name, levels in LEVELS.items()},
        "pages": [{"code": "p", "title": said("p"), "items": items}],
        "index": {
            "title": said("index"),
            "rule": "points",
            "rules": rules,
            "areas": [{"code": "LD", "label": said("LD"), "factors": factors}],
        },
    }
    return parse(json.loads(json.dumps(document)))


@pytest.fixture
def answered(province: Database) -> Callable[..., None]:
    """answered(answers, count) stores forms in the wave `hai-thang`, half of them in each of four villages."""
    day = dates.today()
    with province.writing() as session:
        form = planted()
        questionnaires.publish(session, form, day)
        waves.create(session, "hai-thang", form, WaveKind.SAMPLE, day, day)
        for place in range(4):
            session.add(
                Village(wave="hai-thang", psu=f"V{place}", unit="06652", stratum="06652", name=f"V{place}")
            )

    def answer(answers: dict[str, int], count: int) -> None:
        with province.writing() as session:
            where = waves.place(session, "hai-thang", "06652")
            for one in range(count):
                submission.submit(session.connection(), where, uuid4(), Mode.PAPER, answers, psu=f"V{one % 4}")

    return answer


def figures(province: Database, *items: str, **options: Any) -> list[float | None]:
    with province.reading() as session:
        return [one.estimate for one in result_table.estimates(session, "hai-thang", items=items, **options)]


def test_forty_best_answers_are_everything_by_either_rule(
    province: Database, answered: Callable[..., None]
) -> None:
    answered({"muc_a": 5, "kip_a": 3, "muc_b": 5, "kip_b": 3}, 40)
    every = ("index", "index:LD", "index:LD.A", "index:LD.B", "muc_a", "kip_a", "muc_b", "kip_b")
    for rule in (None, "points", "share"):
        assert figures(province, *every, rule=rule) == [1.0] * len(every), rule


def test_each_answer_is_worth_what_its_own_scale_says(
    app: Flask, province: Database, sign_in: Any, answered: Callable[..., None], tmp_path: Path
) -> None:
    answered({"muc_a": 3, "kip_a": 3, "muc_b": 2, "kip_b": 98}, 40)
    answered({"muc_a": 4, "kip_a": 2}, 40)
    points = (40 * (0.5 + 1 + 0.25) + 40 * (0.75 + 0.5)) / 200
    assert figures(province, "index", "kip_a", "muc_b") == pytest.approx([points, 0.75, 0.25])
    shares = ["index", "kip_a", "muc_a", "index:LD.A"]
    assert figures(province, *shares, rule="share") == pytest.approx([80 / 200, 0.5, 0.5, 0.5])
    with province.reading() as session:
        values = [
            one.value for one in result_table.estimates(session, "hai-thang", items=shares[1:3], rule="share")
        ]
        gathered = summary.gather(session, "hai-thang")
    assert values == ["3", "4,5"]
    rows = json.loads(report.write(gathered, "json"))
    assert next(row["estimate"] for row in rows if row["item"] == "index") == pytest.approx(points)
    page = sign_in(app, "home_affairs").get("/quan-tri/hai-thang/cach-tinh?item=index").text
    assert "trên thang 5 mức: mức 1 = 0, mức 2 = 0,25, mức 3 = 0,5, mức 4 = 0,75, mức 5 = 1" in page
    assert "trên thang 3 mức: mức 1 = 0, mức 2 = 0,5, mức 3 = 1" in page
    _in_r(province, gathered, tmp_path, points)


def _in_r(province: Database, gathered: summary.Summary, folder: Path, points: float) -> None:
    """The lines for R score each column by its own table; where R is there, it says so."""
    assert gathered.index is not None
    items = gathered.questionnaire.index.codes()["index"]  # type: ignore[union-attr]
    lines = r_code.lines(
        gathered.index.estimate, items, gathered.questionnaire, gathered.rule, "centered", "d.csv"
    )
    assert '  kip_a = c("1" = 0, "2" = 0.5, "3" = 1),' in lines
    assert "s <- sapply(items, function(item) score[[item]][d[[item]]])" in lines
    program = shutil.which("Rscript")
    if program is None:
        return
    exporting.responses(province, "hai-thang", folder / "d.csv")
    done = subprocess.run([program, "-e", lines], cwd=folder, capture_output=True, text=True, check=False)
    if "there is no package called" not in done.stderr:
        assert float(shlex.split(done.stdout)[1]) == pytest.approx(points)
