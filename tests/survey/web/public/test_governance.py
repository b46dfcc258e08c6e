"""A survey of governance on scales of ten, counted by the mean of scores: its document alone makes it.

The wording is ours. That of leaders is tested in tests/survey/web/staff/test_leaders.py.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from forms import parse
from survey.reports import commune
from survey.reports.contents import contents
from survey.results import result_table, summary
from tests.survey import open_waves
from tests.survey.reports.test_contents import said
from translations import speaking

WAVE = "quan-tri-cong"
DIMENSIONS = {"TG": ("Tham gia", "Participation"), "CK": ("Công khai", "Openness")}
QUESTIONS = {
    "tg_ban": ("TG", "Người dân được bàn việc của thôn đến đâu?", "How far are people heard on their village?"),
    "tg_bau": ("TG", "Bầu trưởng thôn có nhiều người để chọn không?", "Was there a choice of heads?"),
    "ck_chi": ("CK", "Thu, chi của xã dễ xem đến đâu?", "How easily are the accounts seen?"),
    "ck_dat": ("CK", "Kế hoạch dùng đất dễ biết đến đâu?", "How easily are land plans known?"),
}


def text(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi, "en": en}


def document() -> dict[str, Any]:
    scores = {str(level): round((level - 1) / 9, 4) for level in range(1, 11)}
    return {
        "code": "quan_tri",
        "version": 1,
        "title": text("Ý kiến về quản trị ở cơ sở", "Views on local governance"),
        "purpose": text("Để biết chỗ nào cần sửa.", "To learn what needs mending."),
        "consent": text("Không ghi tên. Bỏ qua câu nào cũng được.", "No name. Leave out what you like."),
        "scales": {"muoi": {str(level): text(f"{level} điểm", f"{level} points") for level in range(1, 11)}},
        "pages": [
            {
                "code": code.lower(),
                "title": text(*DIMENSIONS[code]),
                "items": [
                    {"code": item, "kind": "scale", "scale": "muoi", "label": text(vi, en), "short": text(vi, en)}
                    for item, (of, vi, en) in QUESTIONS.items()
                    if of == code
                ],
            }
            for code in DIMENSIONS
        ],
        "index": {
            "title": text("Điểm quản trị", "Governance score"),
            "rule": "mean",
            "rules": [{"name": "mean", "label": text("Điểm trung bình", "Mean of the scores"), "scores": scores}],
            "areas": [
                {
                    "code": "QT",
                    "label": text("Quản trị", "Governance"),
                    "factors": [
                        {
                            "code": f"QT.{code}",
                            "label": text(*names),
                            "items": [item for item, one in QUESTIONS.items() if one[0] == code],
                        }
                        for code, names in DIMENSIONS.items()
                    ],
                }
            ],
        },
    }


@pytest.fixture
def governance(app: Flask, tmp_path: Path) -> Flask:
    """Sixty answers from two communes, all 4 on participation and 7 on openness, but the last ten, who say 10."""
    rows = [[("06652", "06658")[i % 2], *((4, 4, 7, 7) if i < 50 else (10, 10, 10, 10))] for i in range(60)]
    open_waves.make(app.extensions["database"], tmp_path, WAVE, parse(document()), [["unit", *QUESTIONS], *rows])
    open_waves.release(app.extensions["database"], WAVE)
    return app


def test_its_figures_are_means_of_scores(governance: Flask) -> None:
    """Participation (50 · 3/9 + 10)/60 = 4/9, openness (50 · 6/9 + 10)/60 = 13/18; their mean is 7/12."""
    with governance.extensions["database"].reading() as session:
        found = {
            one.item: one.estimate
            for one in result_table.estimates(session, WAVE, items=["index", "index:QT.TG", "index:QT.CK"])
        }
    assert found == pytest.approx({"index": 7 / 12, "index:QT.TG": 4 / 9, "index:QT.CK": 13 / 18}, abs=1e-4)


@pytest.mark.parametrize(("language", "title"), [("vi", "Điểm quản trị"), ("en", "Governance score")])
def test_nothing_calls_it_satisfaction(governance: Flask, language: str, title: str) -> None:
    with governance.extensions["database"].reading() as session, speaking(language):
        told = summary.gather(session, WAVE)
        own = next(line for line in told.units if line.unit.code == "06652")
        read = [said(contents(told)), said(commune.contents(told, own))]
    page = governance.test_client().get(f"/ket-qua/{WAVE}?noi=06652&lang={language}").text.partition("<main")[2]
    read.append(open_waves.words_of(page.partition("</main")[0]))
    assert all(title in text for text in read)
    found = [
        text[max(0, one.start() - 60) : one.end() + 40]
        for text in read
        for one in re.finditer(r"(?i)hài lòng(?!_)|satisf", text)
    ]
    assert not found
