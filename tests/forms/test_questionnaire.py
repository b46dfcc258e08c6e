"""The order of screens and paper, the index, and the digest by which a version is known."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from forms import Questionnaire, Text, parse


def test_screens_and_paper_have_their_own_order(questionnaire: Questionnaire) -> None:
    assert list(questionnaire.items) == ["viec_gi", "viec_gi_khac", "kenh", "lan", "hl_a", "hl_b"]
    assert [page.code for page in questionnaire.pages] == ["viec", "hl"]
    assert [page.code for page in questionnaire.paper] == ["hl", "viec"]
    assert [item.code for item in questionnaire.keyed] == [
        "hl_a",
        "hl_b",
        "viec_gi",
        "viec_gi_khac",
        "kenh",
        "lan",
    ]


def test_numbers_run_along_the_paper_and_texts_have_none(questionnaire: Questionnaire) -> None:
    assert [item.no for item in questionnaire.keyed] == [1, 2, 3, None, 4, 5]


def test_without_a_paper_order_the_paper_follows_the_screens(document: dict[str, Any]) -> None:
    del document["paper"]
    assert [item.no for item in parse(document).items.values()] == [1, None, 2, 3, 4, 5]


def test_a_text_shares_the_screen_of_the_item_it_stands_beside(questionnaire: Questionnaire) -> None:
    codes = [[[item.code for item in screen] for screen in page.screens] for page in questionnaire.pages]
    assert codes == [[["viec_gi", "viec_gi_khac"], ["kenh"], ["lan"]], [["hl_a", "hl_b"]]]


def test_words_are_joined_in_questions_and_not_in_names(questionnaire: Questionnaire) -> None:
    item = questionnaire.items["viec_gi"]
    assert item.label.vi == "Làm thủ\N{NO-BREAK SPACE}tục gì?"
    assert item.short.vi == "Thủ tục"
    assert str(questionnaire.pages[1].intro) == "Có hài\N{NO-BREAK SPACE}lòng không?"
    assert questionnaire.items["hl_a"].choices[3].vi == "Hài lòng"


@pytest.mark.parametrize(
    ("written", "joined"),
    [
        ("Thủ tục nào?", "Thủ_tục nào?"),
        ("DÂN TỘC THIỂU SỐ", "DÂN_TỘC_THIỂU_SỐ"),
        ("phải hài lòng", "phải hài_lòng"),
        ("chủ thủ tục, thủ tụcx, ủthủ tục", "chủ thủ_tục, thủ tụcx, ủthủ tục"),
    ],
)
def test_only_whole_words_are_joined(document: dict[str, Any], written: str, joined: str) -> None:
    document["consent"]["vi"] = written
    assert parse(document).consent.vi == joined.replace("_", "\N{NO-BREAK SPACE}")


def test_the_name_of_an_item_is_its_question_unless_it_has_one(questionnaire: Questionnaire) -> None:
    assert questionnaire.items["hl_a"].short == questionnaire.items["hl_a"].label


def test_the_digest_is_that_of_the_canonical_form(questionnaire: Questionnaire) -> None:
    written = json.dumps(questionnaire.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert questionnaire.digest == hashlib.sha256(written.encode()).hexdigest()
    assert questionnaire.name == "thu@2"


def test_another_word_is_another_version(questionnaire: Questionnaire, document: dict[str, Any]) -> None:
    document["pages"][0]["title"]["vi"] += "."
    assert parse(document).digest != questionnaire.digest
    assert parse(document) != questionnaire


def test_a_questionnaire_is_not_changed_through_its_document(questionnaire: Questionnaire) -> None:
    questionnaire.document["pages"].clear()
    assert questionnaire.document["pages"]
    with pytest.raises(TypeError):
        questionnaire.items["x"] = questionnaire.items["lan"]  # type: ignore[index]


def test_the_index_lists_each_area_before_its_factors(questionnaire: Questionnaire) -> None:
    index = questionnaire.index
    assert index
    assert list(index.codes().items()) == [
        ("index", ("hl_a", "hl_b")),
        ("index:V", ("hl_a", "hl_b")),
        ("index:V.A", ("hl_a",)),
        ("index:V.B", ("hl_b",)),
    ]
    labels = [index.label(code) for code in index.codes()]
    assert [label.en for label in labels] == ["Index", "Service", "Officials", "Results"]


def test_rules_are_scores_by_level_and_keep_their_order(questionnaire: Questionnaire) -> None:
    index = questionnaire.index
    assert index
    assert index.rule == "share"
    assert list(index.rules) == ["share", "mean"]
    table = {1: 0.2, 2: 0.5, 3: 1}
    assert index.rules["mean"].scores == {"hl_a": table, "hl_b": table}


def test_a_questionnaire_may_do_without_index_and_headlines(document: dict[str, Any]) -> None:
    del document["index"], document["headlines"]
    bare = parse(document)
    assert (bare.index, bare.headlines) == (None, ())


def test_a_headline_names_its_answer_and_the_harmless_one(questionnaire: Questionnaire) -> None:
    (headline,) = questionnaire.headlines
    assert (headline.item, headline.value, headline.none) == ("hl_b", 1, 3)
    assert headline.name == Text("Không hài lòng", "Dissatisfied")


def test_a_further_language_has_a_section_and_vietnamese_where_it_lacks_a_text(document: dict[str, Any]) -> None:
    document["languages"] = {"tyz": "Tày"}
    document["pages"][0]["items"][0]["label"]["tyz"] = "Hết ăn răng?"
    asked = parse(document)
    assert asked.languages == {"tyz": "Tày"}
    item = asked.items["viec_gi"]
    assert item.label.more == {"tyz": "Hết ăn răng?"}
    assert item.short.more == {}
    assert parse(asked.document) == asked


def test_scores_of_one_table_or_by_scale_are_the_same_by_item(document: dict[str, Any]) -> None:
    """What a rule says by scale it knows by item, so that nobody scores an answer by another scale's table."""
    for rule in document["index"]["rules"]:
        rule["scores"] = {"muc": rule["scores"]}
    one = parse(document).index
    assert one
    assert one.rules["share"].scores == {"hl_a": {1: 0, 2: 0, 3: 1}, "hl_b": {1: 0, 2: 0, 3: 1}}
    assert (one.rules["share"].is_share, one.rules["mean"].is_share) == (True, False)
    assert one.rules["share"].satisfied("hl_b") == (3,)
    document["scales"]["hai"] = {"1": {"vi": "Không", "en": "No"}, "2": {"vi": "Có", "en": "Yes"}}
    document["pages"][1]["together"] = False
    document["pages"][1]["items"][1]["scale"] = "hai"
    for rule in document["index"]["rules"]:
        rule["scores"]["hai"] = {"1": 0, "2": 1}
    document["headlines"][0]["none"] = 2
    index = parse(document).index
    assert index
    assert index.rules["share"].scores == {"hl_a": {1: 0, 2: 0, 3: 1}, "hl_b": {1: 0, 2: 1}}
    assert list(index.rules["mean"].tables.values()) == [("hl_a",), ("hl_b",)]
