"""Each rule on a sentence that it is for, on one that it must leave alone, and on the shipped questions."""

from collections.abc import Callable
from typing import Any

import pytest

import forms
from forms import hints
from forms.hints import Hint
from translations import speaking

Change = Callable[[dict[str, Any]], None]


def label(item: int, vi: str, en: str = "What?", page: int = 0) -> Change:
    return lambda document: document["pages"][page]["items"][item].update(label={"vi": vi, "en": en})


def changed(document: dict[str, Any], change: Change) -> set[tuple[str, str, str]]:
    """What is said after a change and was not before."""
    before = set(hints.of(forms.parse(document)))
    change(document)
    return {(hint.code, hint.rule, hint.seen) for hint in set(hints.of(forms.parse(document))) - before}


FIRES: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "and": (label(0, "Thời gian và chi phí thế nào?"), ("viec_gi", "two_things", "thời gian và chi phí")),
    "english": (
        label(0, "Thế nào?", "Was it fast and cheap?"),
        ("viec_gi", "two_things", "it fast and cheap"),
    ),
    "long": (label(3, "một " * 26 + "?"), ("lan", "long", "27")),
    "negation": (label(0, "Việc nào không khó?"), ("viec_gi", "negation", "không khó")),
    "english negation": (label(0, "Gì?", "What wasn't hard?"), ("viec_gi", "negation", "wasn't hard")),
    "way out": (
        lambda document: (
            label(0, "Kết quả nhận được thế nào?")(document),
            document["pages"][0]["items"][0].pop("missing"),
            document["pages"][0]["items"][0]["choices"]["2"].update(vi="Nhà ở"),
        )[-1],
        ("viec_gi", "no_way_out", "nhận được"),
    ),
    "lopsided": (
        lambda document: document["scales"]["muc"].update({"4": {"vi": "Rất hài lòng", "en": "Very satisfied"}}),
        ("hl_a", "unbalanced", "1 – 2"),
    ),
    "opening": (
        lambda document: document["pages"][0]["items"][0].update(sensitive=True),
        ("viec_gi", "no_opening", ""),
    ),
    "reading": (
        lambda document: document.update(purpose={"vi": "một " * 39, "en": "To try"}),
        ("", "reading", "39"),
    ),
}


@pytest.mark.parametrize("case", FIRES)
def test_a_rule_says_what_it_saw(document: dict[str, Any], case: str) -> None:
    change, expected = FIRES[case]
    if case == "lopsided":
        del document["index"]
    assert expected in changed(document, change)


def test_a_scale_that_changes_within_a_page_is_told(document: dict[str, Any]) -> None:
    def change(document: dict[str, Any]) -> None:
        document["scales"]["hai"] = {"1": {"vi": "Có", "en": "Yes"}, "2": {"vi": "Không", "en": "No"}}
        document["pages"][1]["items"][1]["scale"] = "hai"
        del document["pages"][1]["together"], document["index"], document["headlines"]

    assert ("hl_b", "unequal", "3 → 2") in changed(document, change)


@pytest.mark.parametrize(
    "words",
    [
        "Trong 12 tháng qua, Ông/Bà có làm việc với công chức không?",
        "Đã nhận kết quả chưa?",
        "Ông/Bà có hài lòng với không gian chờ không?",
        "Ông/Bà đã làm thủ tục hay không?",
        "Phí, lệ phí thế nào?",
    ],
)
def test_what_only_looks_like_it_is_left_alone(document: dict[str, Any], words: str) -> None:
    assert not changed(document, label(0, words, page=1))


def test_of_the_questions_that_were_gone_through_few_are_told(english: None) -> None:
    told = {one.name: list(hints.of(one)) for one in forms.shipped()}
    for one in forms.shipped():
        assert len({hint.code for hint in told[one.name]}) <= len(one.items) / 4, one.name
    mended = {hint.code for hint in told["noi_phuc_vu@1"]} - {hint.code for hint in told["noi_phuc_vu@2"]}
    assert mended == {"hl_tiep_can", "hl_thu_tuc"}  # which version 2 asks apart


def test_a_hint_names_its_place_and_one_repair_in_both_languages(document: dict[str, Any]) -> None:
    label(0, "Việc nào không khó?")(document)
    hint = next(hint for hint in hints.of(forms.parse(document)) if hint.rule == "negation")
    assert (hint.place, hint.language) == ("pages/viec/items/viec_gi/label/vi", "vi")
    assert str(hint).startswith("“không khó” là ý phủ định")
    with speaking("en"):
        assert hint.repair == "Say it without the negation."
    for rule in hints.RULES:
        one = Hint("x", "", "", rule, "7")
        assert "%(" not in str(one) + one.repair


def typed(document: dict[str, Any], vi: str, en: str, **more: Any) -> set[tuple[str, str]]:
    """The new rules' words about a question that is answered by typing."""
    document["pages"][0]["items"].append({"code": "go", "kind": "text", "label": {"vi": vi, "en": en}, **more})
    told = hints.of(forms.parse(document))
    return {
        (hint.rule, hint.seen) for hint in told if hint.code == "go" and hint.rule in ("asks_who", "not_marked")
    }


@pytest.mark.parametrize(
    ("vi", "en", "seen"),
    [
        ("Họ tên", "Name", "họ tên"),
        ("Xin cho biết số điện thoại và số căn cước của Ông/Bà", "Your number", "số điện thoại"),
        ("Địa chỉ của Ông/Bà?", "Where?", "địa chỉ"),
        ("Số CCCD", "Number", "số cccd"),
        ("Gì?", "Your phone number", "phone number"),
        ("Gì?", "Please write your full name.", "full name"),
    ],
)
def test_a_question_that_asks_who_one_is_binds(document: dict[str, Any], vi: str, en: str, seen: str) -> None:
    assert typed(document, vi, en) == {("asks_who", seen)}
    assert Hint("go", "", "vi", "asks_who", seen).is_binding
    assert not Hint("go", "", "vi", "not_marked", seen).is_binding


@pytest.mark.parametrize(
    ("vi", "en"),
    [
        ("Xin đừng ghi họ tên, số điện thoại. Ông/Bà góp ý gì?", "Please write no name and no phone number."),
        ("Tên thủ tục Ông/Bà đã làm", "Which procedure was it?"),
        ("Chính quyền nên giải quyết việc gì trước?", "What should the authorities address first?"),
        ("Ông/Bà có phản ánh khó khăn gì?", "What was hard?"),
    ],
)
def test_a_question_that_asks_something_else_is_left_alone(document: dict[str, Any], vi: str, en: str) -> None:
    assert not typed(document, vi, en)


def test_who_one_is_may_be_asked_in_the_hint_and_is_not_asked_by_choices(document: dict[str, Any]) -> None:
    label(0, "Ông/Bà có biết số điện thoại của trưởng thôn không?")(document)
    assert not [hint for hint in hints.of(forms.parse(document)) if hint.is_binding]
    assert typed(document, "Gì?", "What?", hint={"vi": "Ghi số điện thoại", "en": "A number"}) == {
        ("asks_who", "số điện thoại")
    }


@pytest.mark.parametrize(
    ("vi", "en", "seen"),
    [
        ("Có ai đòi tiền ngoài quy định không?", "Did anybody ask?", "đòi tiền"),
        ("Có ai gây phiền hà không?", "Did anybody?", "phiền hà"),
        ("Gì?", "Did you pay a bribe?", "bribe"),
    ],
)
def test_what_people_fear_to_tell_is_marked(document: dict[str, Any], vi: str, en: str, seen: str) -> None:
    told = typed(document, vi, en)
    assert told == {("not_marked", seen)}
    document["pages"][0]["items"][-1]["sensitive"] = True
    assert not [hint for hint in hints.of(forms.parse(document)) if hint.rule == "not_marked"]
