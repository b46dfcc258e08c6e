"""Scorecard documents: what they say, and each way in which one is refused, with file, line and place."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from forms import scorecard
from forms.document import DocumentError

EXAMPLES = Path(__file__).parents[2] / "docs/examples/nam"
BAD = Path(__file__).parents[1] / "survey/year/bad"
FAULTS = [one for one in json.loads((BAD / "expect.json").read_text(encoding="utf-8")) if one["as"] == "scorecard"]


def test_the_examples_say_what_is_known() -> None:
    card = scorecard.load(EXAMPLES / "par_tinh.yaml")
    assert (card.name, card.rates, card.shares) == (
        "par_tinh@1",
        "province",
        {"self": 68, "leaders": 22, "citizens": 10},
    )
    assert list(card.parts) == ["", "1", "2", "3", "4", "5", "6", "6.1", "6.2", "7", "7.1", "7.2", "8"]
    assert (card.whole.max, card.parts["7"].max, card.parts["7"].known, card.parts["7.2"].max) == (
        100,
        None,
        10.5,
        7,
    )
    assert (card.parts["7.2"].by, card.parts["7"].by, card.parts["7.2"].level) == ("self", "", 2)
    own = scorecard.load(EXAMPLES / "papi_tinh.yaml")
    assert [str(one) for one in own.parts["1"].measures] == ["survey:tg_gop_y", "survey:tg_phan_hoi"]
    assert (own.parts["4"].measures[0].floor, own.parts["4"].measures[0].ceiling, own.parts["4"].min) == (
        0.5,
        0,
        1,
    )
    assert own.caution is not None
    assert "không phải PAPI" in own.caution.vi


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault["file"]))
def test_a_fault_is_told_by_line_and_place(fault: dict[str, object]) -> None:
    with pytest.raises(DocumentError) as caught:
        scorecard.load(BAD / str(fault["file"]))
    told = str(caught.value)
    first, last = fault["lines"]  # type: ignore[misc]
    assert caught.value.line in range(first, last + 1)
    assert any(re.search(rf"(?<![\w.]){re.escape(place)}(?!\w)", told) for place in fault["place"])  # type: ignore[attr-defined]


def test_a_document_keeps_its_digest_in_the_database() -> None:
    card = scorecard.load(EXAMPLES / "par_tinh.yaml")
    again = scorecard.parse(json.loads(json.dumps(card.document)))
    assert (again.digest, again) == (card.digest, card)


BASE = """
code: thu
version: 1
title: {vi: Thử, en: Trial}
source: 1/QĐ 2025-01-01
rates: province
total: null
caution: {vi: Của tỉnh, en: Own}
parts:
  - code: '1'
    label: {vi: Một, en: One}
    max: 4
"""


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"min": 4}, "max"),
        ({"min": 0.5, "max": 0.5}, "max"),
        ({"max": 0}, "max"),
        ({"max": "4"}, "max"),
        ({"step": 0.3}, "step"),
        ({"step": 0}, "step"),
        ({"by": "ministry"}, "by"),
        ({"code": "1.1"}, "code"),
        ({"code": "a"}, "code"),
        ({"by": "leaders", "measures": [{"measure": "leaders:index"}, {"measure": "survey:index"}]}, "measures"),
        ({"by": "leaders", "measures": [{"measure": "score:par_tinh"}]}, "measure"),
        ({"by": "leaders", "measures": [{"measure": "leaders:index", "floor": 1.2}]}, "floor"),
        ({"by": "leaders", "measures": []}, "measures"),
        ({"parts": [{"code": "1.1", "label": {"vi": "a", "en": "a"}, "max": 4}], "step": 1}, "step"),
        ({"parts": [{"code": "1.1", "label": {"vi": "a", "en": "a"}, "max": 4, "min": 1}], "min": 2}, "min"),
        ({"parts": [{"code": "1.1", "label": {"vi": "a", "en": "a"}, "max": 5}]}, "max"),
    ],
)
def test_a_part_that_can_not_be_meant_is_refused(change: dict[str, object], place: str) -> None:
    document = yaml.safe_load(BASE)
    scorecard.parse(document)
    document["parts"][0] |= change
    with pytest.raises(DocumentError) as caught:
        scorecard.parse(document)
    assert place in caught.value.place.split("/")


def test_a_fourth_level_is_refused() -> None:
    document = yaml.safe_load(BASE)
    part = document["parts"][0]
    for code in ("1.1", "1.1.1", "1.1.1.1"):
        part["parts"] = [{"code": code, "label": {"vi": "a", "en": "a"}, "max": 4}]
        part = part["parts"][0]
    with pytest.raises(DocumentError, match="1.1.1"):
        scorecard.parse(document)


def test_shares_need_a_total_and_hold_their_leaves() -> None:
    document = yaml.safe_load(BASE) | {"shares": {"self": 4}}
    with pytest.raises(DocumentError, match="shares"):
        scorecard.parse(document)
    document["total"] = 4
    scorecard.parse(document)
    document |= {"shares": {"self": 3, "leaders": 1}}
    with pytest.raises(DocumentError, match="self"):
        scorecard.parse(document)


def test_unknown_maxima_leave_room_but_no_more_than_the_whole() -> None:
    document = yaml.safe_load(BASE) | {"total": 10}
    document["parts"].append({"code": "2", "label": {"vi": "Hai", "en": "Two"}, "max": None})
    scorecard.parse(document)
    document["parts"][1]["parts"] = [{"code": "2.1", "label": {"vi": "a", "en": "a"}, "max": 7}]
    with pytest.raises(DocumentError, match="total"):
        scorecard.parse(document)
