"""What is looked at after the answers are in: contradictions and what phúc tra asks, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forms import DocumentError, Questionnaire, load, parse, shipped
from forms import quality as rules
from forms.questionnaire import Quality

SHIPPED = {questionnaire.name: questionnaire for questionnaire in shipped()}
OWN = {
    "contradictions": [
        {
            "code": "dat_qua_mang",
            "when": {"all": [{"item": "viec_gi", "any": [1]}, {"not": {"item": "kenh", "any": [1, 2]}}]},
            "says": {"vi": "Không khớp", "en": "Does not fit"},
        }
    ],
    "again": ["viec_gi", "hl_a"],
}


def test_a_document_brings_its_own_rules(document: dict[str, Any]) -> None:
    made = rules.of(parse({**document, "quality": OWN}))
    (one,) = made.contradictions
    assert (one.code, str(one.says)) == ("dat_qua_mang", "Không khớp")
    assert one.when.holds({"viec_gi": 1, "kenh": [10]})
    assert not one.when.holds({"viec_gi": 1, "kenh": [1, 10]})
    assert made.again == ("viec_gi", "hl_a")


def test_a_document_without_rules_has_none(questionnaire: Questionnaire) -> None:
    assert rules.of(questionnaire) == Quality()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"again": ["hl_b"]}, "Take out hl_b: asked again are only items with one answer"),
        ({"again": ["kenh"]}, "Take out kenh: asked again are only"),
        ({"again": ["hl_a", "hl_a"]}, "Take out the second hl_a"),
        ({"again": ["hl_c"]}, "Write hl_b instead of hl_c."),
        ({"contradictions": OWN["contradictions"] * 2}, "Take out the second dat_qua_mang"),
        (
            {
                "contradictions": [
                    {**OWN["contradictions"][0], "when": {"not": {"item": "hl_b", "any": [1]}}}  # type: ignore[dict-item]
                ]
            },
            "dat_qua_mang/when: Take out hl_b: a sensitive answer is never shown by person.",
        ),
        ({"checks": []}, "Take out checks"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    document: dict[str, Any], change: dict[str, Any], said: str, english: None
) -> None:
    with pytest.raises(DocumentError) as refusal:
        parse({**document, "quality": {**OWN, **change}})
    assert said in str(refusal.value)


@pytest.mark.parametrize("name", ["ho_gia_dinh@1", "noi_phuc_vu@1"])
def test_a_version_published_without_rules_gets_those_that_stand_beside_it(name: str) -> None:
    made = rules.of(SHIPPED[name])
    assert made.contradictions
    assert bool(made.again) is (name == "ho_gia_dinh@1")


def test_they_are_for_exactly_that_version(tmp_path: Path) -> None:
    """Another document that calls itself version 1 has other items for all we know."""
    changed = parse({**SHIPPED["ho_gia_dinh@1"].document, "title": {"vi": "Khác", "en": "Other"}})
    assert rules.of(changed) == Quality()


def test_neither_sensitive_items_nor_ethnicity_are_asked_again() -> None:
    items = SHIPPED["ho_gia_dinh@1"].items
    again = rules.of(SHIPPED["ho_gia_dinh@1"]).again
    assert not any(items[code].sensitive for code in again)
    assert "dan_toc" not in again
    assert 5 <= len(again) <= 12


def test_an_ordinary_form_contradicts_nothing() -> None:
    for questionnaire in SHIPPED.values():
        for level in (1, 2):
            answers: dict[str, Any] = {}
            for item in questionnaire.items.values():
                if item.choices:
                    answers[item.code] = [level] if item.kind.several else level
            answers |= {"do_tuoi": 3, "tn_danh_gia": 2}
            found = [rule.code for rule in rules.of(questionnaire).contradictions if rule.when.holds(answers)]
            assert found == []


def test_the_rules_travel_with_a_file_and_through_the_store(written: str, tmp_path: Path) -> None:
    path = tmp_path / "thu.yaml"
    path.write_text(written + "quality:\n  again: [hl_a]\n", encoding="utf-8")
    loaded = load(path)
    assert rules.of(parse(loaded.document)) == rules.of(loaded) == Quality(again=("hl_a",))
