from typing import Any

import pytest

from forms import texts
from translations import Refusal


def test_every_text_has_a_place_and_comes_back_there(document: dict[str, Any]) -> None:
    found = texts.of(document)
    assert found["pages/viec/items/viec_gi/choices/2"] == {"vi": "Khác", "en": "Other"}
    assert found["index/areas/V/factors/V.A/label"]["en"] == "Officials"
    made = texts.translated(document, {"title": {"tyz": "Thử", "en": ""}}, {"tyz": "Tày"})
    assert (made["title"], made["languages"]) == ({"vi": "Phiếu thử", "en": "Trial", "tyz": "Thử"}, {"tyz": "Tày"})
    assert "tyz" not in document["title"]


def test_what_changed_and_what_is_new_is_known(document: dict[str, Any]) -> None:
    now = texts.translated(document, {"title": {"vi": "Phiếu mới"}}, {})
    now["pages"][0]["intro"] = {"vi": "Xin chào", "en": "Hello"}
    assert texts.changed(now, document) == {"title", "pages/viec/intro"}


def test_a_text_that_the_questionnaire_lacks_is_refused(document: dict[str, Any], english: None) -> None:
    with pytest.raises(Refusal) as refused:
        texts.translated(document, {"pages/nix/title": {"tyz": "x"}}, {})
    assert "Take out pages/nix/title" in str(refused.value)
