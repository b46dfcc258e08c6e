"""What makes the answers to a questionnaire open, as data beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms import DocumentError, Questionnaire, openness, shipped, supplement
from forms.document import Part
from forms.kinds import SINGLE


def questionnaire(code: str) -> Questionnaire:
    return next(found for found in shipped() if found.code == code)


@pytest.mark.parametrize("code", ["ho_gia_dinh", "noi_phuc_vu"])
def test_every_shipped_questionnaire_has_its_keys_declared(code: str) -> None:
    found = questionnaire(code)
    assert supplement.supplement(found, "open") is not None
    rules = openness.of(found)
    assert rules.k >= 5
    assert set(rules.keys) <= set(found.items)
    assert set(rules.joined) <= set(rules.keys)


def test_ethnicity_is_a_key() -> None:
    assert "dan_toc" in openness.of(questionnaire("ho_gia_dinh")).keys


WRONG = {
    "an unknown item": {"k": 5, "keys": ["tuoi"]},
    "too few alike": {"k": 1, "keys": ["gioi_tinh"]},
    "a choice that becomes nothing": {
        "k": 5,
        "keys": ["gioi_tinh"],
        "join": [{"item": "gioi_tinh", "as": [{"codes": [1], "text": {"vi": "Nam", "en": "Men"}}]}],
    },
    "joining what is no key": {"k": 5, "keys": ["gioi_tinh"], "join": [{"item": "do_tuoi", "as": []}]},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_can_not_be_meant_is_refused(case: str) -> None:
    with pytest.raises(DocumentError):
        openness.openness(Part(WRONG[case]), questionnaire("ho_gia_dinh").items)


def test_without_declared_keys_every_question_with_one_choice_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(supplement, "FOLDER", tmp_path)
    openness.of.cache_clear()
    found = questionnaire("noi_phuc_vu")
    rules = openness.of(found)
    openness.of.cache_clear()
    assert rules.keys == tuple(item.code for item in found.items.values() if item.kind is SINGLE)
