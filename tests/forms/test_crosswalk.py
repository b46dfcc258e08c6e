"""Which item of a later questionnaire is which of an earlier one."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from forms import DocumentError, Questionnaire, parse
from forms.crosswalk import Crosswalk, Find, same_question
from forms.crosswalk import parse as parse_crosswalk

CHANGED = {"hl_b": "kq", "kenh": "qua", "viec_gi": "viec"}


@pytest.fixture
def later(document: dict[str, Any]) -> Questionnaire:
    """The next version: three items under other codes, and one choice of `kenh` less."""
    text = json.dumps(copy.deepcopy(document) | {"version": 3})
    for was, code in CHANGED.items():
        text = text.replace(f'"{was}"', f'"{code}"')
    found = json.loads(text)
    del next(item for item in found["pages"][0]["items"] if item["code"] == "qua")["choices"]["2"]
    return parse(found)


@pytest.fixture
def find(questionnaire: Questionnaire, later: Questionnaire) -> Find:
    return {one.name: one for one in (questionnaire, later)}.__getitem__


@pytest.fixture
def crosswalk(find: Find) -> Crosswalk:
    return parse_crosswalk(written(), find)


def written(**changed: Any) -> dict[str, Any]:
    items = {
        "hl_b": {"item": "kq", "was": "hl_b"},
        "kenh": {"item": "qua", "was": "kenh", "choices": {1: 1, 2: 10, 10: 10}},
        "viec_gi": {"item": "viec", "was": "viec_gi"},
    }
    return {"from": "thu@2", "to": "thu@3", "items": list((items | changed).values())}


def test_index_and_headlines_are_of_the_later_codes(questionnaire: Questionnaire, crosswalk: Crosswalk) -> None:
    found = crosswalk.questionnaire(questionnaire)
    assert found.index is not None
    assert found.index.codes()["index"] == ("hl_a", "kq")
    assert [(line.item, line.value, line.none) for line in found.headlines] == [("kq", 1, 3)]
    assert list(found.items["qua"].choices) == [1, 10]
    assert found.items["kq"].sensitive
    assert not same_question(questionnaire.items["kenh"], found.items["qua"])


def test_a_code_that_was_given_to_another_question_is_matched_with_that_alone(
    questionnaire: Questionnaire, later: Questionnaire
) -> None:
    """hl_a is called kq now, and what is called hl_a now is new."""
    found = parse_crosswalk(
        {"from": "thu@2", "to": "thu@3", "items": [{"item": "hl_a", "was": "hl_b"}]},
        {"thu@2": questionnaire, "thu@3": later}.__getitem__,
    )
    assert [found.code(was) for was in ("hl_a", "hl_b", "viec_gi")] == [None, "hl_a", "viec_gi"]


def test_a_stored_crosswalk_is_the_same_again(crosswalk: Crosswalk, find: Find) -> None:
    assert parse_crosswalk(crosswalk.document, find) == crosswalk


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ({"hl_b": {"item": "lan", "was": "hl_b"}}, "it is number and was scale"),
        ({"kenh": {"item": "qua", "was": "kenh"}}, "Add choices: {old: new} for 1, 2, 10"),
        ({"kenh": {"item": "qua", "was": "kenh", "choices": {1: 1, 10: 10}}}, "Add 2: each old choice"),
        ({"kenh": {"item": "qua", "was": "kenh", "choices": {1: 1, 2: 2, 10: 10}}}, "Write one of 1, 10 here"),
        ({"kenh": {"item": "qua", "was": "kenh", "choices": {1: 1, 3: 1}}}, "one of 1, 2, 10 before the colon"),
        ({"hl_b": {"item": "kq", "was": "hl_b", "choices": {1: 1, 2: 2, 3: 3}}}, "kq is in the index|hl_b is in"),
        (
            {"viec_gi": {"item": "viec", "was": "viec_gi", "choices": {1: 1, 2: 2, 98: 2}}},
            "Write one of 98 here",  # "không biết" becomes no answer
        ),
        ({"again": {"item": "hl_a", "was": "hl_b"}}, "Take out the second hl_b"),
        ({"again": {"item": "khong_co", "was": "hl_a"}}, "Write one of"),
    ],
)
@pytest.mark.usefixtures("english")
def test_what_can_not_be_compared_is_refused_with_the_place(find: Find, items: dict[str, Any], told: str) -> None:
    with pytest.raises(DocumentError, match=told):
        parse_crosswalk(written(**items), find)
