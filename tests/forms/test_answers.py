"""One check for every door: what holds comes out in one form, what doesn't says what to correct."""

from __future__ import annotations

import copy
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import Questionnaire, asked_items, check, parse, shipped
from translations import speaking

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"viec_gi": 2}, {"viec_gi": 2}),
        ({"viec_gi": 98}, {"viec_gi": 98}),
        ({"kenh": [10, 1]}, {"kenh": [1, 10]}),
        ({"lan": 3}, {"lan": 3}),
        ({"lan": 2.5}, {"lan": 2.5}),
        ({"lan": 2.0}, {"lan": 2}),
        ({"viec_gi_khac": "  chợ \r\n"}, {"viec_gi_khac": "chợ"}),
        ({"viec_gi_khac": "a\r\nb\rc"}, {"viec_gi_khac": "a\nb\nc"}),
        ({"viec_gi_khac": unicodedata.normalize("NFD", "chợ")}, {"viec_gi_khac": "chợ"}),
        ({"viec_gi_khac": unicodedata.normalize("NFD", "ợ" * 20)}, {"viec_gi_khac": "ợ" * 20}),
        ({"viec_gi_khac": "=1+1"}, {"viec_gi_khac": "=1+1"}),
        ({"viec_gi": None, "kenh": [], "viec_gi_khac": "", "hl_a": "", "lan": None}, {}),
        ({"viec_gi_khac": " \n\t "}, {}),
        ({}, {}),
    ],
)
def test_what_holds_comes_out_in_one_form(questionnaire: Questionnaire, given: Any, kept: Any) -> None:
    checked = check(questionnaire, given)
    assert checked.answers == kept
    assert [type(value) for value in checked.answers.values()] == [type(value) for value in kept.values()]
    assert checked.problems == []


def test_a_text_that_is_far_too_long_is_refused_by_its_length_alone(
    questionnaire: Questionnaire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forms.kinds.nfc", None)
    [problem] = check(questionnaire, {"viec_gi_khac": "\u0323\u0301" * 50_000}).problems
    assert "Shorten this text" in problem.message.message


def test_a_text_with_a_row_of_marks_is_a_problem_at_its_question(questionnaire: Questionnaire) -> None:
    checked = check(questionnaire, {"viec_gi_khac": "\u0323\u0301" * 16})
    assert [(problem.code, problem.message.message.partition(":")[0]) for problem in checked.problems] == [
        ("viec_gi_khac", "Type this text again by hand")
    ]


@pytest.mark.parametrize(
    ("code", "value", "order"),
    [
        ("viec_gi", 3, "Choose one of the answers offered: 1, 2, 98."),
        ("viec_gi", "2", "Choose one of the answers offered"),
        ("viec_gi", True, "Choose one of the answers offered"),
        ("viec_gi", 1.0, "Choose one of the answers offered"),
        ("viec_gi", 0, "Choose one of the answers offered"),
        ("viec_gi", {"1": 1}, "Choose one of the answers offered"),
        pytest.param("viec_gi", 10**5000, "Choose one of the answers offered", id="5001 digits"),
        ("viec_gi", [1, 2], "Choose only one answer"),
        ("hl_a", 98, "Choose one of the answers offered: 1, 2, 3."),
        ("kenh", 1, "Send the choices as a list"),
        ("kenh", "1;2", "Send the choices as a list"),
        ("kenh", [1, 3], "Choose among the answers offered: 1, 2, 10."),
        ("kenh", [1, True], "Choose among the answers offered"),
        ("kenh", [[1]], "Choose among the answers offered"),
        ("kenh", [1, 2, 1], "one of them is there twice"),
        ("lan", 51, "Enter a number from 0 to 50"),
        ("lan", -1, "Enter a number from 0 to 50"),
        ("lan", NAN, "Enter a number from 0 to 50"),
        ("lan", INFINITY, "Enter a number from 0 to 50"),
        ("lan", "3", "Enter a number from 0 to 50"),
        ("lan", False, "Enter a number from 0 to 50"),
        ("lan", 10**400, "Enter a number from 0 to 50"),
        ("viec_gi_khac", "x" * 21, "Shorten this text to 20 characters; it has 21 now."),
        ("viec_gi_khac", "a\x00b", "Type this text again by hand"),
        ("viec_gi_khac", "a\x1bb", "Type this text again by hand"),
        ("viec_gi_khac", "\ud800", "Type this text again by hand"),
        ("viec_gi_khac", 5, "Write this answer as a text."),
        ("viec_gi_khac", ["a"], "Write this answer as a text."),
        ("viec_g", 1, "Write viec_gi instead of viec_g."),
        ("viec_di", 1, "Take out viec_di: "),  # another question's code, it may be
        ("VIEC_GI", 1, "Take out VIEC_GI: this questionnaire has no such item."),
        ("x" * 5000, 1, "Take out " + "x" * 40 + ": "),
        ("%(near)s %d", 1, "Take out %(near)s %d: "),
        ("\ud800", 1, "Take out ?: "),
    ],
)
def test_what_does_not_hold_says_what_to_correct(
    questionnaire: Questionnaire, code: str, value: Any, order: str
) -> None:
    checked = check(questionnaire, {code: value, "hl_b": 2})
    assert checked.answers == {"hl_b": 2}
    (problem,) = checked.problems
    if code in questionnaire.items:
        assert problem.code == code
    with speaking("en"):
        assert order in str(problem)


def test_a_problem_speaks_the_language_of_the_moment(questionnaire: Questionnaire) -> None:
    (problem,) = check(questionnaire, {"viec_gi": 5}).problems
    assert str(problem) == "Hãy chọn một trong các câu trả lời có sẵn: 1, 2, 98."
    with speaking("en"):
        assert str(problem).startswith("Choose one")


@pytest.mark.parametrize("answers", [None, [], "", 5, True, [["viec_gi", 1]], NAN])
def test_what_is_no_object_is_refused_as_a_whole(questionnaire: Questionnaire, answers: object) -> None:
    checked = check(questionnaire, answers)
    assert checked.answers == {}
    assert [problem.code for problem in checked.problems] == [None]


def test_of_many_unknown_codes_ten_are_named(questionnaire: Questionnaire) -> None:
    problems = check(questionnaire, {f"zz{n}": 1 for n in range(25)}).problems
    assert len(problems) == 11
    with speaking("en"):
        assert str(problems[-1]) == "Take out the other 15 codes that it does not have."


def test_every_fault_is_told_at_once_in_the_order_of_the_questions(questionnaire: Questionnaire) -> None:
    problems = check(questionnaire, {"hl_a": 9, "viec_gi": 9, "lan": 99, "nowhere": 1}).problems
    assert [problem.code for problem in problems] == ["viec_gi", "lan", "hl_a", "nowhere"]


def test_an_answer_to_a_hidden_question_is_kept(questionnaire: Questionnaire) -> None:
    checked = check(questionnaire, {"viec_gi": 1, "viec_gi_khac": "chợ"})
    assert checked.answers == {"viec_gi": 1, "viec_gi_khac": "chợ"}
    assert checked.problems == []
    assert "viec_gi_khac" not in asked_items(questionnaire, checked.answers)


def test_a_question_is_asked_when_its_condition_holds(questionnaire: Questionnaire) -> None:
    always = {"viec_gi", "kenh", "lan", "hl_a"}
    assert asked_items(questionnaire, {}) == always
    assert asked_items(questionnaire, {"viec_gi": 2}) == always | {"viec_gi_khac", "hl_b"}
    assert asked_items(questionnaire, {"viec_gi": 1, "kenh": [10]}) == always


def test_an_answer_that_was_not_asked_for_opens_no_question() -> None:
    short = next(questionnaire for questionnaire in shipped() if questionnaire.code == "noi_phuc_vu")
    document = short.document
    for item in (item for page in document["pages"] for item in page["items"]):
        if item["code"] == "da_dua_tien":
            item["show_if"] = {"item": "bi_doi_tien", "any": [1]}
    changed = parse(document)
    assert "da_dua_tien" in asked_items(changed, {"tiep_xuc": 1, "bi_doi_tien": 1})
    assert "da_dua_tien" not in asked_items(changed, {"tiep_xuc": 2, "bi_doi_tien": 1})


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([1, 2, 3, 10, 98, "1", [1, 2], [2, 1], [1, 1]]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
codes = st.sampled_from(["viec_gi", "viec_gi_khac", "kenh", "lan", "hl_a", "hl_b"]) | st.text(max_size=8)


@given(json_values | st.dictionaries(codes, json_values, max_size=8))
def test_any_value_is_answered_with_answers_or_problems(questionnaire: Questionnaire, value: Any) -> None:
    before = copy.deepcopy(value)
    checked = check(questionnaire, value)
    assert repr(value) == repr(before)
    for language in ("vi", "en"):
        with speaking(language):
            assert all(str(problem) for problem in checked.problems)
    assert set(checked.answers).isdisjoint({problem.code for problem in checked.problems})
    # What holds is stored as it is, and holds again in the same form.
    stored = json.loads(json.dumps(checked.answers, allow_nan=False).encode())
    assert check(questionnaire, stored).answers == checked.answers
    assert check(questionnaire, stored).problems == []
    assert asked_items(questionnaire, checked.answers) <= set(questionnaire.items)


@pytest.mark.parametrize(
    ("code", "texts", "value"),
    [
        ("viec_gi", ["2"], 2),
        ("viec_gi", [" 2 "], 2),
        ("viec_gi", [], None),
        ("viec_gi", [""], None),
        ("viec_gi", ["hai"], "hai"),
        ("viec_gi", ["2.0"], "2.0"),
        ("viec_gi", ["²"], "²"),
        ("viec_gi", ["٢"], "٢"),
        ("viec_gi", ["1", "2"], [1, 2]),
        ("viec_gi", ["", "2"], 2),
        ("viec_gi", ["9" * 5000], "9" * 5000),
        ("kenh", ["10", "1"], [10, 1]),
        ("kenh", ["10;1"], [10, 1]),
        ("kenh", [" 10 ; 1 ;"], [10, 1]),
        ("kenh", ["1"], [1]),
        ("kenh", ["1;x"], [1, "x"]),
        ("kenh", [], []),
        ("lan", ["3"], 3),
        ("lan", ["2.5"], 2.5),
        ("lan", ["2,5"], "2,5"),
        ("lan", ["1e3"], "1e3"),
        ("lan", ["nan"], "nan"),
        ("viec_gi_khac", ["12"], "12"),
        ("viec_gi_khac", ["a;b"], "a;b"),
        ("viec_gi_khac", [], None),
        ("viec_gi_khac", ["a", "b"], ["a", "b"]),
    ],
)
def test_a_posted_text_or_a_cell_becomes_a_value(
    questionnaire: Questionnaire, code: str, texts: list[str], value: Any
) -> None:
    item = questionnaire.items[code]
    got = item.kind.read(item, texts)
    assert (got, type(got)) == (value, type(value))


@given(codes.filter(str.isidentifier), st.lists(st.text(max_size=6), max_size=3))
def test_any_posted_text_is_read_and_then_checked(
    questionnaire: Questionnaire, code: str, texts: list[str]
) -> None:
    if code in questionnaire.items:
        item = questionnaire.items[code]
        check(questionnaire, {code: item.kind.read(item, texts)})
