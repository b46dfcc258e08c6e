"""The population, the index and the scores of a draft, as somebody sets them without a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms import parse
from survey.storage.database import Database
from tests.survey.web.staff.workshop.test_drafts import QUESTION, Writer, begin, written

PAGE = "/quan-tri/bo-phieu/nhap/1/thang-diem"
SAVE = "nhap/1/thang-diem/luu"


@pytest.fixture
def lan(app: Flask, sign_in: Callable[[Flask, str], FlaskClient]) -> Writer:
    """Somebody who writes a draft of two questions on a scale of five and one of three."""
    writer = Writer(sign_in(app, "home_affairs"))
    begin(writer)
    scale = {"new_scale.vi": "Chậm\nVừa\nKịp", "new_scale.en": "Late\nSo so\nIn time"}
    writer.send("nhap/1/luu", **{"title.vi": "Lãnh đạo", "title.en": "Leaders"}, **scale)
    for number, name in enumerate(("hai_long", "hai_long", "thang_1"), 1):
        if number > 1:
            writer.send("nhap/1/doi", what="add", code=f"cau_{number - 1}")
        writer.send(f"nhap/1/cau/cau_{number}/luu", **(QUESTION | {"kind": f"scale:{name}"}))
    return writer


def index(database: Database) -> dict[str, Any]:
    found: dict[str, Any] = written(database)["index"]
    return found


def test_an_index_by_mean_of_scores_with_two_factors_for_leaders(lan: Writer, province: Database) -> None:
    people = {"people.vi": "đại biểu", "people.en": "delegates"}
    lan.send(SAVE, **people, **{"population": "leaders", "of.cau_1": "moi", "of.cau_2": "moi"})
    names = {"new_factor.vi": "Kịp thời", "new_factor.en": "In time"}
    lan.send(SAVE, **{"of.cau_3": "moi", "new_rule": "mean"}, **names)
    lan.send(SAVE, **{"rule": "mean", "rule.0.gone": "on", "rule.1.label.vi": "Điểm", "rule.1.thang_1.2": "0,4"})
    asked = parse(written(province))
    assert (asked.population.name, asked.people and asked.people.vi) == ("leaders", "đại biểu")
    assert asked.index is not None
    assert asked.index.codes()["index:HL.A"] == ("cau_1", "cau_2")
    assert [factor.label.vi for factor in asked.index.areas[0].factors] == ["Hài lòng", "Kịp thời"]
    assert list(asked.index.rules) == ["mean"]
    assert dict(asked.index.rules["mean"].scores["cau_1"]) == {1: 0, 2: 0.25, 3: 0.5, 4: 0.75, 5: 1}
    assert dict(asked.index.rules["mean"].scores["cau_3"]) == {1: 0, 2: 0.4, 3: 1}
    lan.send("nhap/1/doi", what="undo", scores="1")
    assert "index" not in written(province)


def test_groups_are_typed_with_their_size_and_one_that_is_emptied_goes(lan: Writer, province: Database) -> None:
    assert "group.0.size" not in lan.client.get(PAGE).text
    lan.send(SAVE, population="leaders")
    assert 'name="group.0.size"' in lan.client.get(PAGE).text
    two = {"group.0.name.vi": "Đại biểu", "group.0.name.en": "Delegates", "group.0.size": "46"}
    two |= {"group.1.name.vi": "Lãnh đạo sở", "group.1.name.en": "Heads", "group.1.size": "bốn"}
    lan.send(SAVE, **two)
    page = lan.client.get(PAGE).text
    assert 'value="bốn"' in page
    assert "groups/nhom_2/size" in page
    lan.send(SAVE, **{"group.0.name.vi": "", "group.0.name.en": "", "group.0.size": "", "group.1.size": "65"})
    assert written(province)["groups"] == [
        {"code": "nhom_2", "name": {"vi": "Lãnh đạo sở", "en": "Heads"}, "size": 65}
    ]
    new = {f"group.{n}.name.{spoken}": "Sở" for n in (1, 2) for spoken in ("vi", "en")}
    lan.send(SAVE, **new, **{"group.1.size": "3", "group.2.size": "4"})
    assert [one["code"] for one in written(province)["groups"]] == ["nhom_2", "nhom_1", "nhom_3"]
    lan.send(SAVE, population="citizens")
    assert 'name="group.0.size"' in lan.client.get(PAGE).text  # else nobody could take them out
    assert "only leaders" in lan.client.get(f"{PAGE}?lang=en").text


def test_what_is_saved_as_it_stands_changes_nothing(lan: Writer, province: Database) -> None:
    lan.send(SAVE, **{"of.cau_1": "moi"})
    before = written(province)
    form = {f"rule.0.hai_long.{level}": str(int(level > 3)) for level in range(1, 6)}
    label = index(province)["rules"][0]["label"]
    form |= {f"rule.0.label.{code}": words for code, words in label.items()}
    lan.send(SAVE, population="citizens", rule="share_satisfied", **{"of.cau_1": "HL.A"}, **form)
    assert written(province) == before
    assert "population" not in before


def test_a_score_that_is_none_stays_as_typed_and_is_told_at_its_place(lan: Writer, province: Database) -> None:
    lan.send(SAVE, **{"of.cau_1": "moi"})
    scores = {f"rule.0.hai_long.{level}": "x" if level == 2 else "1" for level in range(1, 6)}
    lan.send(SAVE, **{"rule.0.label.vi": "Điểm"}, **scores)
    page = lan.client.get(PAGE).text
    assert 'value="x"' in page
    assert "index/rules/share_satisfied/scores" in page
