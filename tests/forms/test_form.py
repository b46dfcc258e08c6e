"""The form draws every item, reads what was posted, and hangs each problem on its field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms import Questionnaire, QuestionnaireForm, check, parse
from translations import speaking


def chosen(form: QuestionnaireForm, code: str) -> list[str]:
    return [option.data for option in form[code] if option.checked]


def test_there_is_a_field_for_each_item_under_its_code(questionnaire: Questionnaire) -> None:
    form = QuestionnaireForm(questionnaire)
    assert [field.name for field in form] == list(questionnaire.items)
    assert all(field.item is questionnaire.items[field.name] for field in form)
    assert form.questionnaire is questionnaire


def test_labels_follow_the_language_of_the_reader(questionnaire: Questionnaire) -> None:
    assert QuestionnaireForm(questionnaire)["hl_a"].label.text == "Thái độ"
    with speaking("en"):
        form = QuestionnaireForm(questionnaire)
    assert form["hl_a"].label.text == "Manner"
    assert [str(option.label.text) for option in form["hl_a"]] == ["Dissatisfied", "Neutral", "Satisfied"]


def test_what_is_posted_becomes_an_answers_document(questionnaire: Questionnaire) -> None:
    posted = MultiDict([("viec_gi", "2"), ("viec_gi_khac", " chợ "), ("kenh", "10"), ("kenh", "1"), ("hl_a", "")])
    form = QuestionnaireForm(questionnaire, posted)
    assert form.validate()
    assert form.answers == {"viec_gi": 2, "viec_gi_khac": "chợ", "kenh": [1, 10]}


def test_a_form_posted_blank_holds(questionnaire: Questionnaire) -> None:
    form = QuestionnaireForm(questionnaire, MultiDict())
    assert form.validate()
    assert form.answers == {}


def test_fields_of_the_page_are_left_to_the_page(questionnaire: Questionnaire) -> None:
    form = QuestionnaireForm(questionnaire, MultiDict({"id": "x", "token": "y", "viec_gi": "1"}))
    assert form.validate()
    assert form.answers == {"viec_gi": 1}


def test_a_problem_hangs_on_its_field_and_the_rest_is_drawn_again(questionnaire: Questionnaire) -> None:
    posted = MultiDict(
        [("viec_gi", "7"), ("kenh", "2"), ("lan", "nhiều"), ("viec_gi_khac", "x" * 30), ("hl_a", "3")]
    )
    with speaking("en"):
        form = QuestionnaireForm(questionnaire, posted)
        assert not form.validate()
    assert set(form.errors) == {"viec_gi", "lan", "viec_gi_khac"}
    assert form["viec_gi"].errors == ["Choose one of the answers offered: 1, 2, 98."]
    assert chosen(form, "kenh") == ["2"]
    assert chosen(form, "hl_a") == ["3"]
    assert 'value="nhiều"' in form["lan"]()
    assert "x" * 30 in form["viec_gi_khac"]()
    assert form.answers == {"kenh": [2], "hl_a": 3}


def test_validating_twice_says_each_thing_once(questionnaire: Questionnaire) -> None:
    form = QuestionnaireForm(questionnaire, MultiDict({"viec_gi": "7"}))
    assert not form.validate()
    assert not form.validate()
    assert len(form["viec_gi"].errors) == 1


def test_a_form_begins_with_the_answers_it_is_given(questionnaire: Questionnaire) -> None:
    answers = {"viec_gi": 1, "kenh": [1, 2], "lan": 4, "viec_gi_khac": "chợ"}
    form = QuestionnaireForm(questionnaire, answers=answers)
    assert chosen(form, "viec_gi") == ["1"]
    assert chosen(form, "kenh") == ["1", "2"]
    assert 'value="4"' in form["lan"]()
    assert 'value="chợ"' in form["viec_gi_khac"]()
    assert form.answers == answers


def test_what_is_posted_counts_and_not_what_was_there(questionnaire: Questionnaire) -> None:
    form = QuestionnaireForm(questionnaire, MultiDict({"hl_a": "2"}), answers={"viec_gi": 1, "hl_a": 3})
    assert form.answers == {"hl_a": 2}
    assert QuestionnaireForm(questionnaire, MultiDict(), answers={"viec_gi": 1}).answers == {}


def test_nothing_is_chosen_beforehand(questionnaire: Questionnaire) -> None:
    form = QuestionnaireForm(questionnaire)
    assert not any(chosen(form, code) for code in ("viec_gi", "kenh", "hl_a", "hl_b"))
    assert all(field.data in (None, []) for field in form)


@pytest.mark.parametrize("code", ["data", "errors", "validate", "process", "meta", "form_errors"])
def test_an_item_may_be_named_like_a_part_of_the_form(document: dict[str, Any], code: str) -> None:
    document["pages"][0]["items"][3]["code"] = code
    form = QuestionnaireForm(parse(document), MultiDict({code: "7"}))
    assert form.validate()
    assert form.answers == {code: 7}


@given(st.data())
def test_what_is_tapped_is_what_is_kept(questionnaire: Questionnaire, data: st.DataObject) -> None:
    """From answers to the fields that a browser would post, and back."""
    answers: dict[str, Any] = {}
    for item in questionnaire.items.values():
        if not data.draw(st.booleans()):
            continue
        if item.kind == "multiple":
            answers[item.code] = sorted(data.draw(st.sets(st.sampled_from(list(item.choices)), min_size=1)))
        elif item.choices:
            answers[item.code] = data.draw(st.sampled_from(list(item.choices)))
        elif item.kind == "number":
            answers[item.code] = data.draw(st.integers(0, 50))
        else:
            answers[item.code] = data.draw(st.text("aợ ;1\n", min_size=1, max_size=20))
    drawn = QuestionnaireForm(questionnaire, answers=answers)
    posted: MultiDict[str, str] = MultiDict()
    for field in drawn:
        if field.item.choices:
            posted.setlist(field.name, chosen(drawn, field.name))
        else:
            posted[field.name] = "" if field.data is None else str(field.data)
    form = QuestionnaireForm(questionnaire, posted)
    assert form.validate()
    assert form.answers == check(questionnaire, answers).answers


@given(
    st.dictionaries(
        st.sampled_from(["viec_gi", "kenh", "lan", "hl_a", "viec_gi_khac"]), st.lists(st.text(max_size=4))
    )
)
def test_any_posted_field_is_drawn_again(questionnaire: Questionnaire, fields: dict[str, list[str]]) -> None:
    form = QuestionnaireForm(questionnaire, MultiDict(fields))
    assert form.validate() == (form.errors == {})
    assert all(field() for field in form)
